/** Grammars in EBNF, as llama.cpp (GBNF) and Lark write them, as constraints. */

import type { Tokenizer } from "../../media/text/types.ts";
import { ConstraintError } from "./budget.ts";
import { plain } from "./code-points.ts";
import {
  type CompiledConstraint,
  type ConstraintOptions,
  compileConstraint,
} from "./constraint.ts";
import { type EbnfToken, lexEbnf } from "./ebnf-lex.ts";
import type { GrammarBuilder, GrammarNode } from "./grammar.ts";
import { foldRegular } from "./grammar-fold.ts";
import { compileTree } from "./regex-compile.ts";
import { parseRegex } from "./regex-parse.ts";

/**
 * Compiles a grammar whose rule `root` (or `start`) the whole answer has to match.
 *
 * A rule is `name ::= …` (GBNF) or `name: …` (Lark; a leading `?` or `!` of the name
 * says nothing). A body has alternatives with `|`, over several lines where
 * they begin with `|` or stand in parentheses; literals "…" or '…' (with i behind them: in either
 * case), classes [a-z], regexes /…/, ranges "a".."z", rules by name,
 * groups (…), [ ] is always a class; repetitions *, +, ?, {m,n} or ~ m..n. `#` and `//` begin
 * comments, `-> alias` says nothing. Directives (%import, %ignore) are refused, and so are rules
 * that begin with themselves.
 *
 * @throws ConstraintError naming the line, or the rule
 * @example
 * const sum = 'root ::= term ("+" term)*\nterm ::= [0-9]+ | "(" root ")"';
 * const constraint = compileGrammar(sum, tokenizer).start();
 */
export function compileGrammar(
  source: string,
  tokenizer: Tokenizer,
  options: ConstraintOptions = {},
): CompiledConstraint {
  return compileConstraint("the grammar", source, tokenizer, options, (grammar) =>
    new EbnfParser(grammar, lexEbnf(source)).parse(),
  );
}

const MAX_DEPTH = 200;
const MAX_COUNT = 100_000;

class EbnfParser {
  private at = 0;
  private depth = 0;
  private readonly grammar: GrammarBuilder;
  private readonly tokens: readonly EbnfToken[];
  private readonly rules = new Map<string, { rule: number; line: number; isDefined: boolean }>();

  constructor(grammar: GrammarBuilder, tokens: readonly EbnfToken[]) {
    this.grammar = grammar;
    this.tokens = tokens;
  }

  parse(): GrammarNode {
    for (this.skipLines(); this.at < this.tokens.length; this.skipLines()) this.rule();
    for (const [name, { isDefined, line }] of this.rules) {
      if (!isDefined) throw wrong(line, `names the rule ${name}, which is nowhere defined`);
    }
    const root = this.rules.get("root") ?? this.rules.get("start");
    if (!root) throw new ConstraintError("the grammar has no rule named root or start");
    foldRegular(
      this.grammar,
      [...this.rules.values()].map(({ rule }) => rule),
    );
    return this.grammar.ref(root.rule);
  }

  private get token(): EbnfToken | undefined {
    return this.tokens[this.at];
  }

  private is(text: string): boolean {
    return this.token?.kind === "sign" && this.token.text === text;
  }

  private take(text: string): boolean {
    if (!this.is(text)) return false;
    this.at++;
    return true;
  }

  private skipLines(): void {
    while (this.is("\n") || this.is(";")) this.at++;
  }

  private line(): number {
    return (this.token ?? this.tokens.at(-1))?.line ?? 1;
  }

  private rule(): void {
    const { token } = this;
    const line = this.line();
    if (token?.kind !== "name") {
      const isDirective = this.is("%");
      throw wrong(line, isDirective ? "has a directive, which is not supported" : "begins no rule");
    }
    this.at++;
    this.priority();
    if (!(this.take("::=") || this.take(":") || this.take("="))) {
      throw wrong(line, `has no ::= behind the rule name ${token.text}`);
    }
    const known = this.lookUp(token.text, line);
    if (known.isDefined) throw wrong(line, `defines the rule ${token.text} a second time`);
    known.isDefined = true;
    this.skipLines();
    this.grammar.define(known.rule, this.alternatives(false));
    if (this.token && !this.is("\n") && !this.is(";")) {
      throw wrong(this.line(), `has ${JSON.stringify(this.token.text)} where a rule should end`);
    }
  }

  /** `.2` behind a Lark terminal's name. */
  private priority(): void {
    if (!this.is(".")) return;
    throw wrong(this.line(), "has a priority, which is not supported");
  }

  private lookUp(name: string, line: number): { rule: number; line: number; isDefined: boolean } {
    let found = this.rules.get(name);
    if (!found) {
      found = { rule: this.grammar.declare(`the rule ${name}`), line, isDefined: false };
      this.rules.set(name, found);
    }
    return found;
  }

  private alternatives(isGroup: boolean): GrammarNode {
    if (++this.depth > MAX_DEPTH) throw wrong(this.line(), `nests over ${MAX_DEPTH} groups`);
    const parts = [this.sequence(isGroup)];
    while (this.nextAlternative(isGroup)) parts.push(this.sequence(isGroup));
    this.depth--;
    return this.grammar.alt(parts);
  }

  /** A `|` here, or at the beginning of the next lines. */
  private nextAlternative(isGroup: boolean): boolean {
    const before = this.at;
    this.skipBlank();
    if (this.take("|")) {
      this.skipBlank();
      return true;
    }
    if (!isGroup) this.at = before;
    return false;
  }

  private skipBlank(): void {
    while (this.is("\n")) this.at++;
  }

  private sequence(isGroup: boolean): GrammarNode {
    const parts: GrammarNode[] = [];
    for (;;) {
      if (isGroup) this.skipBlank();
      const { token } = this;
      if (!token || (token.kind === "sign" && token.text !== "(")) break;
      parts.push(this.repeated(this.atom(token)));
    }
    if (this.take("->") && this.token?.kind === "name") this.at++;
    return this.grammar.seq(...parts);
  }

  private atom(token: EbnfToken): GrammarNode {
    this.at++;
    const { grammar } = this;
    if (token.kind === "name") return grammar.ref(this.lookUp(token.text, token.line).rule);
    if (token.kind === "sign") {
      const inner = this.alternatives(true);
      if (!this.take(")")) throw wrong(token.line, "has a ( without its )");
      return inner;
    }
    if (token.kind === "literal") {
      if (this.take("..")) return this.range(token);
      if (!token.ignoresCase) return grammar.text(token.text);
      return this.regex(Array.from(token.text, eitherCase).join(""), token.line);
    }
    if (token.ignoresCase) throw wrong(token.line, "has a regex in either case, not supported");
    return this.regex(token.text, token.line);
  }

  private range(from: EbnfToken): GrammarNode {
    const to = this.token;
    this.at++;
    const [a, b] = [[...from.text], [...(to?.text ?? "")]];
    if (to?.kind !== "literal" || a.length !== 1 || b.length !== 1) {
      throw wrong(from.line, "has a range that is not between two characters");
    }
    const hex = (char: string): string => `\\u{${char.codePointAt(0)!.toString(16)}}`;
    return this.regex(`[${hex(a[0]!)}-${hex(b[0]!)}]`, from.line);
  }

  private regex(source: string, line: number): GrammarNode {
    const { store } = this.grammar;
    try {
      const regex = compileTree(store, parseRegex(source), { spelling: plain, match: "whole" });
      return store.isLive(regex) ? this.grammar.terminal(regex) : this.grammar.never;
    } catch (error) {
      if (!(error instanceof ConstraintError)) throw error;
      throw wrong(line, `is wrong: ${error.message}`);
    }
  }

  private repeated(part: GrammarNode): GrammarNode {
    let node = part;
    for (let token = this.token; token?.kind === "sign"; token = this.token) {
      const counts = countsOf(token);
      if (!counts) break;
      this.at++;
      node = this.grammar.repeat(node, ...counts);
    }
    return node;
  }
}

function countsOf({ text, line }: EbnfToken): [number, number] | undefined {
  if (text === "*") return [0, Infinity];
  if (text === "+") return [1, Infinity];
  if (text === "?") return [0, 1];
  const found = /^(?:\{|~\s*)(\d+)(?:\s*(,|\.\.)\s*(\d*))?\}?$/.exec(text);
  if (!found) return undefined;
  const lo = Number(found[1]);
  const hi = found[2] === undefined ? lo : found[3] === "" ? Infinity : Number(found[3]);
  if (lo > MAX_COUNT || (hi > MAX_COUNT && hi !== Infinity) || hi < lo) {
    throw wrong(line, `has the count ${text}; counts ascend and are at most ${MAX_COUNT}`);
  }
  return [lo, hi];
}

function eitherCase(char: string): string {
  const hex = (text: string): string =>
    Array.from(text, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`).join("");
  return `(?:${[...new Set([char, char.toLowerCase(), char.toUpperCase()])].map(hex).join("|")})`;
}

const wrong = (line: number, what: string): ConstraintError =>
  new ConstraintError(`line ${line} of the grammar ${what}`);
