/** Grammars as shared nodes: terminals are regexes over bytes, rules may refer to one another. */

import { ConstraintError } from "./budget.ts";
import type { Regex, RegexStore } from "./regex-node.ts";

export type GrammarKind = "empty" | "terminal" | "seq" | "alt" | "repeat" | "rule";

/** Parts are made before what they are part of: ids ascend from the leaves. */
export interface GrammarNode {
  readonly id: number;
  readonly kind: GrammarKind;
  /** Of seq two, of alt any number, of repeat one. */
  readonly parts: readonly GrammarNode[];
  readonly regex: Regex | undefined;
  readonly lo: number;
  readonly hi: number;
  /** Of rule: its number. */
  readonly rule: number;
  /** Can be the empty text; least number of frames that it needs. Known once finished. */
  nullable: boolean;
  height: number;
}

/** Frames of nesting beyond which an answer cannot go: some 120 levels of JSON. */
export const MAX_STACK = 256;
const MAX_NODES = 100_000;
const MAX_RULES = 10_000;

/** Makes a grammar; nodes that are alike are one. */
export class GrammarBuilder {
  readonly store: RegexStore;
  private readonly nodes: GrammarNode[] = [];
  private shared = new Map<string, GrammarNode>();
  private readonly names: string[] = [];
  private readonly bodies: (GrammarNode | undefined)[] = [];
  private isFinished = false;
  readonly empty: GrammarNode;
  /** What no text matches. */
  readonly never: GrammarNode;

  constructor(store: RegexStore) {
    this.store = store;
    this.empty = this.make("empty", "", [], {});
    this.never = this.make("alt", "", [], {});
  }

  terminal(regex: Regex): GrammarNode {
    if (regex.kind === "none") return this.never;
    if (regex.kind === "empty") return this.empty;
    return this.make("terminal", String(regex.id), [], { regex });
  }

  /** Exactly this text. */
  text(text: string): GrammarNode {
    return this.terminal(this.store.literal(Buffer.from(text)));
  }

  seq(...parts: readonly GrammarNode[]): GrammarNode {
    let node = this.empty;
    for (let i = parts.length - 1; i >= 0; i--) node = this.pair(parts[i]!, node);
    return node;
  }

  private pair(a: GrammarNode, b: GrammarNode): GrammarNode {
    if (a === this.never || b === this.never) return this.never;
    if (a.kind === "empty") return b;
    if (b.kind === "empty") return a;
    const heads: GrammarNode[] = [];
    let last = a;
    for (; last.kind === "seq"; last = last.parts[1]!) heads.push(last.parts[0]!);
    heads.push(last);
    let node = b;
    for (let i = heads.length - 1; i >= 0; i--) {
      const head = heads[i]!;
      node = this.make("seq", `${head.id},${node.id}`, [head, node], {});
    }
    return node;
  }

  /** Alternatives that begin with the same part share it, so that they stay one state. */
  alt(parts: readonly GrammarNode[]): GrammarNode {
    const tails = new Map<GrammarNode, Set<GrammarNode>>();
    const add = (part: GrammarNode): void => {
      if (part.kind === "alt") {
        for (const inner of part.parts) add(inner);
        return;
      }
      const isSeq = part.kind === "seq";
      const head = isSeq ? part.parts[0]! : part;
      const found = tails.get(head) ?? new Set();
      found.add(isSeq ? part.parts[1]! : this.empty);
      tails.set(head, found);
    };
    for (const part of parts) add(part);
    const list = [...tails].map(([head, rests]) =>
      rests.size === 1 ? this.pair(head, [...rests][0]!) : this.pair(head, this.alt([...rests])),
    );
    if (list.length === 0) return this.never;
    if (list.length === 1) return list[0]!;
    this.store.budget.spend(list.length);
    return this.make("alt", list.map(({ id }) => id).join(), list, {});
  }

  optional(part: GrammarNode): GrammarNode {
    return this.alt([part, this.empty]);
  }

  repeat(part: GrammarNode, lo: number, hi = Infinity): GrammarNode {
    if (hi <= 0 || part.kind === "empty") return this.empty;
    if (part === this.never) return lo > 0 ? this.never : this.empty;
    if (lo === 1 && hi === 1) return part;
    return this.make("repeat", `${part.id},${lo},${hi}`, [part], { lo, hi });
  }

  /** Declares a rule, for its body to be given later. */
  declare(name: string): number {
    if (this.names.length >= MAX_RULES) {
      throw new ConstraintError(`a grammar has more than ${MAX_RULES} rules; write fewer`);
    }
    this.bodies.push(undefined);
    return this.names.push(name) - 1;
  }

  define(rule: number, body: GrammarNode): void {
    this.bodies[rule] = body;
  }

  ref(rule: number): GrammarNode {
    return this.make("rule", String(rule), [], { rule });
  }

  body(rule: number): GrammarNode {
    return this.bodies[rule]!;
  }

  private make(
    kind: GrammarKind,
    key: string,
    parts: readonly GrammarNode[],
    init: Partial<GrammarNode>,
  ): GrammarNode {
    this.store.budget.spend();
    const name = kind + key;
    const known = this.shared.get(name);
    if (known) return known;
    if (this.isFinished) {
      if (this.shared.size >= MAX_NODES) this.shared = new Map();
    } else if (this.nodes.length >= MAX_NODES) {
      throw new ConstraintError("a grammar has too many parts; write a smaller one");
    }
    const { regex, lo = 0, hi = 0, rule = -1 } = init;
    const node: GrammarNode = {
      id: this.nextId++,
      kind,
      parts,
      regex,
      lo,
      hi,
      rule,
      nullable: false,
      height: Infinity,
    };
    if (this.isFinished) this.measure(node);
    else this.nodes.push(node);
    this.shared.set(name, node);
    return node;
  }
  private nextId = 0;

  /**
   * Checks the grammar, which is then ready to be walked.
   *
   * @throws ConstraintError where a rule is left-recursive or can never end
   */
  finish(root: GrammarNode): void {
    for (let hasChanged = true; hasChanged; ) {
      hasChanged = false;
      this.store.budget.spend(this.nodes.length);
      for (const node of this.nodes) if (this.measure(node)) hasChanged = true;
    }
    const reachable = this.reachable(root);
    for (const rule of reachable) {
      if (this.bodies[rule]!.height === Infinity) {
        throw new ConstraintError(
          `${this.names[rule]} can never end: all its alternatives lead back to it, or match nothing`,
        );
      }
    }
    if (root.height === Infinity) {
      throw new ConstraintError("no text matches the grammar or schema as a whole");
    }
    if (root.height > MAX_STACK) {
      throw new ConstraintError(
        `the shortest answer nests ${root.height} frames deep, at most ${MAX_STACK} are allowed`,
      );
    }
    this.refuseLeftRecursion(reachable);
    this.isFinished = true;
    this.nodes.length = 0;
  }

  /** @returns whether something was found out */
  private measure(node: GrammarNode): boolean {
    const [nullable, height] = this.measured(node);
    const hasChanged = nullable !== node.nullable || height !== node.height;
    node.nullable = nullable;
    node.height = height;
    return hasChanged;
  }

  private measured({ kind, parts, regex, lo, rule }: GrammarNode): [boolean, number] {
    switch (kind) {
      case "empty":
        return [true, 0];
      case "terminal":
        return [regex!.nullable, 0];
      case "seq": {
        const [a, b] = [parts[0]!, parts[1]!];
        return [a.nullable && b.nullable, Math.max(a.height + 1, b.height)];
      }
      case "alt": {
        let height = Infinity;
        for (const part of parts) height = Math.min(height, part.height);
        return [parts.some((part) => part.nullable), height];
      }
      case "repeat":
        return [lo === 0 || parts[0]!.nullable, lo > 0 ? parts[0]!.height + 1 : 0];
      case "rule": {
        const body = this.bodies[rule];
        return body ? [body.nullable, body.height] : [false, Infinity];
      }
    }
  }

  private reachable(root: GrammarNode): Set<number> {
    const rules = new Set<number>();
    const seen = new Set([root]);
    for (const node of seen) {
      for (const part of node.parts) seen.add(part);
      if (node.kind !== "rule") continue;
      rules.add(node.rule);
      seen.add(this.bodies[node.rule]!);
    }
    return rules;
  }

  private refuseLeftRecursion(rules: ReadonlySet<number>): void {
    const done = new Set<number>();
    for (const start of rules) {
      const path: { rule: number; left: Iterator<number> }[] = [];
      const isOpen = new Set<number>();
      const open = (rule: number): void => {
        if (isOpen.has(rule)) {
          throw new ConstraintError(
            `${this.names[rule]} is left-recursive: it begins with itself; write the repetition with ` +
              "* or +, or put the recursion behind something",
          );
        }
        if (done.has(rule)) return;
        isOpen.add(rule);
        path.push({ rule, left: this.leftRules(rule)[Symbol.iterator]() });
      };
      open(start);
      while (path.length > 0) {
        const { rule, left } = path.at(-1)!;
        const next = left.next();
        if (!next.done) open(next.value);
        else {
          path.pop();
          isOpen.delete(rule);
          done.add(rule);
        }
      }
    }
  }

  /** Rules that a rule can begin with. */
  private leftRules(rule: number): Set<number> {
    const found = new Set<number>();
    const seen = new Set([this.bodies[rule]!]);
    for (const node of seen) {
      this.store.budget.spend();
      if (node.kind === "rule") found.add(node.rule);
      else if (node.kind === "seq") {
        seen.add(node.parts[0]!);
        if (node.parts[0]!.nullable) seen.add(node.parts[1]!);
      } else for (const part of node.parts) seen.add(part);
    }
    return found;
  }
}
