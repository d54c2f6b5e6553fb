/**
 * Regular expressions over bytes as shared nodes, with derivatives (Brzozowski 1964; Owens, Reppy
 * and Turon 2009): the automaton is made state by state, as far as an answer walks it. Conjunction
 * and negation come for free, counted repetition costs a number.
 */

import { Budget, ConstraintError } from "./budget.ts";
import { type ByteClasses, type ByteSet, byteClasses, hasByte, unionSet } from "./byte-set.ts";
import { isLive, withoutDead } from "./regex-live.ts";
import type { TerminalMask } from "./terminal-mask.ts";

export type RegexKind =
  | "none"
  | "empty"
  | "set"
  | "seq"
  | "alt"
  | "and"
  | "not"
  | "repeat"
  | "multiple";

/** One node: a language, and a state of the automaton. */
export class Regex {
  readonly id: number;
  readonly kind: RegexKind;
  /** Of seq two, of alt and and several, of not and repeat one. */
  readonly parts: readonly Regex[];
  /** Of set. */
  readonly set: ByteSet | undefined;
  /** Of repeat: fewest and most; of multiple: divisor and remainder so far. */
  readonly lo: number;
  readonly hi: number;
  /** The empty text is in the language. */
  readonly nullable: boolean;
  /** Has a part whose language may turn out empty. */
  readonly isUncertain: boolean;
  firsts: readonly Regex[] | undefined;
  classes: ByteClasses | undefined;
  /** By class of byte: what follows, and what follows before the dead is taken out. */
  next: (Regex | undefined)[] = [];
  raw: (Regex | undefined)[];
  /** Without the parts that no text completes. */
  pruned: Regex | undefined;
  /** Some text follows. Undefined: not known yet. */
  isLive: boolean | undefined;
  clamped: Regex | undefined;
  mask: TerminalMask | null | undefined;

  constructor(id: number, kind: RegexKind, parts: readonly Regex[], init: Partial<Regex>) {
    this.id = id;
    this.kind = kind;
    this.parts = parts;
    this.set = init.set;
    this.lo = init.lo ?? 0;
    this.hi = init.hi ?? 0;
    this.nullable = init.nullable ?? false;
    this.isUncertain = init.isUncertain ?? parts.some((part) => part.isUncertain);
    this.isLive = undefined;
    this.raw = this.isUncertain ? [] : this.next;
    this.pruned = undefined;
    this.firsts = undefined;
    this.classes = undefined;
    this.clamped = undefined;
    this.mask = undefined;
  }
}

/** Alternatives side by side beyond which a pattern is refused. */
const MAX_PARTS = 2000;
/** Nodes beyond which sharing starts afresh; old nodes live as long as something uses them. */
const MAX_NODES = 300_000;

/** Makes nodes, equal ones once, and walks them. */
export class RegexStore {
  readonly budget = new Budget();
  private count = 0;
  private shared = new Map<string, Regex>();
  private readonly classMaps = new Map<string, ByteClasses>();
  readonly none = new Regex(this.count++, "none", [], {});
  readonly empty = new Regex(this.count++, "empty", [], { nullable: true });
  /** Every text. */
  readonly all = this.not(this.none);

  set(set: ByteSet): Regex {
    if (set.every((word) => word === 0)) return this.none;
    return this.make("set", set.join(), [], { set });
  }

  /** The bytes one after the other. */
  literal(bytes: ArrayLike<number>): Regex {
    let node = this.empty;
    for (let i = bytes.length - 1; i >= 0; i--) {
      const set: ByteSet = new Uint32Array(8);
      set[bytes[i]! >> 5] = 1 << (bytes[i]! & 31);
      node = this.pair(this.set(set), node);
    }
    return node;
  }

  seq(...parts: readonly Regex[]): Regex {
    let node = this.empty;
    for (let i = parts.length - 1; i >= 0; i--) node = this.pair(parts[i]!, node);
    return node;
  }

  /** A sequence leans to the right, so that its first part is never a sequence. */
  private pair(a: Regex, b: Regex): Regex {
    if (a.kind === "none" || b.kind === "none") return this.none;
    if (a.kind === "empty") return b;
    if (b.kind === "empty") return a;
    const heads: Regex[] = [];
    let last = a;
    while (last.kind === "seq") {
      heads.push(last.parts[0]!);
      last = last.parts[1]!;
    }
    heads.push(last);
    let node = b;
    for (let i = heads.length - 1; i >= 0; i--) {
      const head = heads[i]!;
      const joined = this.joined(head, node);
      if (joined) {
        node = joined;
        continue;
      }
      const nullable = head.nullable && node.nullable;
      node = this.make("seq", `${head.id},${node.id}`, [head, node], { nullable });
    }
    return node;
  }

  /** Repetitions of one part, one behind the other, as a single one: `a*a*` is `a*`. */
  private joined(head: Regex, rest: Regex): Regex | undefined {
    if (head.kind !== "repeat") return undefined;
    const isSeq = rest.kind === "seq";
    const second = isSeq ? rest.parts[0]! : rest;
    if (second.kind !== "repeat" || second.parts[0] !== head.parts[0]) return undefined;
    const both = this.repeat(head.parts[0]!, head.lo + second.lo, head.hi + second.hi);
    return isSeq ? this.pair(both, rest.parts[1]!) : both;
  }

  alt(parts: readonly Regex[]): Regex {
    const found = new Map<number, Regex>();
    let set: ByteSet | undefined;
    const add = (part: Regex): void => {
      if (part.kind === "none") return;
      if (part.kind === "alt") for (const inner of part.parts) add(inner);
      else if (part.set) set = set ? unionSet(set, part.set) : part.set;
      else found.set(part.id, part);
    };
    for (const part of parts) add(part);
    if (found.has(this.all.id)) return this.all;
    if (set) {
      const node = this.set(set);
      found.set(node.id, node);
    }
    const list = [...found.values()];
    if (list.length === 0) return this.none;
    // The empty text is in the language already where another part takes it.
    const rest =
      found.has(this.empty.id) && list.some((part) => part.nullable && part !== this.empty)
        ? list.filter((part) => part !== this.empty)
        : list;
    if (rest.length === 1) return rest[0]!;
    return this.many(
      "alt",
      rest,
      rest.some((part) => part.nullable),
      undefined,
    );
  }

  and(parts: readonly Regex[]): Regex {
    const found = new Map<number, Regex>();
    const add = (part: Regex): void => {
      if (part.kind === "and") for (const inner of part.parts) add(inner);
      else if (part !== this.all) found.set(part.id, part);
    };
    for (const part of parts) add(part);
    const list = [...found.values()];
    if (list.length === 0) return this.all;
    if (list.some((part) => part.kind === "none")) return this.none;
    if (list.length === 1) return list[0]!;
    const nullable = list.every((part) => part.nullable);
    if (found.has(this.empty.id)) return nullable ? this.empty : this.none;
    return this.many("and", list, nullable, true);
  }

  not(part: Regex): Regex {
    if (part.kind === "not") return part.parts[0]!;
    // The negation of nothing is everything, and certainly not empty.
    const isUncertain = part.kind !== "none";
    return this.make("not", String(part.id), [part], { nullable: !part.nullable, isUncertain });
  }

  repeat(part: Regex, lo: number, hi = Infinity): Regex {
    if (hi <= 0 || part.kind === "empty") return this.empty;
    if (part.kind === "none") return lo > 0 ? this.none : this.empty;
    if (lo === 1 && hi === 1) return part;
    const from = part.nullable ? 0 : lo;
    if (part.kind === "repeat" && part.hi === Infinity && part.lo <= 1) {
      // (x*){…} is x*, and (x+){…} is x{lo,}: without end, only the fewest count.
      return this.repeat(part.parts[0]!, part.lo === 0 ? 0 : from);
    }
    if (from === 0 && hi === Infinity) {
      const once = this.starred(part);
      if (once !== part) return this.repeat(once, 0);
    }
    const key = `${part.id},${from},${hi}`;
    return this.make("repeat", key, [part], { lo: from, hi, nullable: from === 0 });
  }

  /** A part with the same star: `(x{0,9})*` is `x*`, `(x|y*)*` is `(x|y)*`. */
  private starred(part: Regex): Regex {
    if (part.kind === "repeat" && part.lo <= 1) return part.parts[0]!;
    if (part.kind !== "alt") return part;
    const inner = part.parts.map((one) => (one === this.empty ? this.none : this.starred(one)));
    if (inner.every((one, i) => one === part.parts[i])) return part;
    return this.alt(inner);
  }

  optional(part: Regex): Regex {
    return this.alt([part, this.empty]);
  }

  /** Decimal digits that, behind digits of this remainder, are a multiple of `divisor`. */
  multiple(divisor: number, remainder = 0): Regex {
    return this.make("multiple", `${divisor},${remainder}`, [], {
      lo: divisor,
      hi: remainder,
      nullable: remainder === 0,
      isUncertain: true,
    });
  }

  private many(
    kind: "alt" | "and",
    list: Regex[],
    nullable: boolean,
    isUncertain: boolean | undefined,
  ): Regex {
    if (list.length > MAX_PARTS) {
      throw new ConstraintError(
        `a pattern has more than ${MAX_PARTS} alternatives that begin alike; write fewer of them`,
      );
    }
    this.budget.spend(list.length >> 2);
    list.sort((a, b) => a.id - b.id);
    const key = list.map((part) => part.id).join();
    const init = isUncertain === undefined ? { nullable } : { nullable, isUncertain };
    return this.make(kind, key, list, init);
  }

  private make(kind: RegexKind, key: string, parts: readonly Regex[], init: Partial<Regex>): Regex {
    this.budget.spend();
    const name = kind + key;
    const known = this.shared.get(name);
    if (known) return known;
    if (this.shared.size >= MAX_NODES) this.shared = new Map();
    const node = new Regex(this.count++, kind, parts, init);
    this.shared.set(name, node);
    return node;
  }

  /** The language of what may follow a byte; `none` where nothing can complete it. */
  step(node: Regex, byte: number): Regex {
    const classes = node.classes ?? this.classify(node);
    const at = classes.of[byte]!;
    const known = node.next[at];
    if (known) return known;
    const next = withoutDead(this, this.derivative(node, byte));
    node.next[at] = next;
    return next;
  }

  /** As `step`, but what can no longer be completed stays unless that is known. */
  derivative(node: Regex, byte: number): Regex {
    const classes = node.classes ?? this.classify(node);
    const at = classes.of[byte]!;
    const known = node.raw[at];
    if (known) return known;
    const next = this.derive(node, byte);
    node.raw[at] = next;
    return next;
  }

  private derive(node: Regex, byte: number): Regex {
    this.budget.spend();
    const { kind, parts } = node;
    switch (kind) {
      case "none":
      case "empty":
        return this.none;
      case "set":
        return hasByte(node.set!, byte) ? this.empty : this.none;
      case "seq": {
        const [a, b] = [parts[0]!, parts[1]!];
        const first = this.pair(this.derivative(a, byte), b);
        return a.nullable ? this.alt([first, this.derivative(b, byte)]) : first;
      }
      case "alt":
        return this.alt(parts.map((part) => this.derivative(part, byte)));
      case "and":
        return this.and(parts.map((part) => this.derivative(part, byte)));
      case "not":
        return this.not(this.derivative(parts[0]!, byte));
      case "repeat": {
        const rest = this.repeat(parts[0]!, Math.max(node.lo - 1, 0), node.hi - 1);
        return this.pair(this.derivative(parts[0]!, byte), rest);
      }
      case "multiple": {
        const digit = byte - 0x30;
        const isDigit = digit >= 0 && digit <= 9;
        return isDigit ? this.multiple(node.lo, (node.hi * 10 + digit) % node.lo) : this.none;
      }
    }
  }

  /** Bytes that lead to the same state. */
  classify(node: Regex): ByteClasses {
    node.classes ??= this.classesBy(this.firstsOf(node));
    return node.classes;
  }

  /** Bytes that lead to the same states from all of several nodes. */
  classifyAll(nodes: readonly Regex[]): ByteClasses {
    if (nodes.length === 1) return this.classify(nodes[0]!);
    const firsts = new Map<number, Regex>();
    for (const node of nodes) for (const first of this.firstsOf(node)) firsts.set(first.id, first);
    return this.classesBy([...firsts.values()].sort((a, b) => a.id - b.id));
  }

  private classesBy(firsts: readonly Regex[]): ByteClasses {
    const key = firsts.map(({ id }) => id).join();
    let classes = this.classMaps.get(key);
    if (!classes) {
      this.budget.spend(firsts.length * 50);
      if (this.classMaps.size > 5000) this.classMaps.clear();
      classes = byteClasses(firsts.map(({ set }) => set!));
      this.classMaps.set(key, classes);
    }
    return classes;
  }

  /** Sets that decide on the first byte. */
  private firstsOf(node: Regex): readonly Regex[] {
    if (node.firsts) return node.firsts;
    const { kind, parts } = node;
    const found = new Map<number, Regex>();
    const add = (part: Regex): void => {
      const firsts = this.firstsOf(part);
      this.budget.spend(1 + (firsts.length >> 3));
      for (const first of firsts) found.set(first.id, first);
    };
    if (kind === "set") found.set(node.id, node);
    else if (kind === "multiple") {
      for (let digit = 0x30; digit <= 0x39; digit++) {
        const single = this.literal([digit]);
        found.set(single.id, single);
      }
    } else if (kind === "seq") {
      add(parts[0]!);
      if (parts[0]!.nullable) add(parts[1]!);
    } else for (const part of parts) add(part);
    node.firsts = [...found.values()].sort((a, b) => a.id - b.id);
    return node.firsts;
  }

  /** Some text completes the node's language: looked for where a conjunction makes it uncertain. */
  isLive(node: Regex): boolean {
    return isLive(this, node);
  }
}
