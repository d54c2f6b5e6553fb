/** Parts of a grammar without recursion as single terminals, whose masks are found at once. */

import type { GrammarBuilder, GrammarNode } from "./grammar.ts";
import type { Regex } from "./regex-node.ts";

/** Rewrites rules so that what is regular in them is one terminal each. */
export function foldRegular(grammar: GrammarBuilder, rules: Iterable<number>): void {
  const { store } = grammar;
  const regular = new Map<GrammarNode, Regex | undefined>();
  const isOpen = new Set<number>();

  const regexOf = (node: GrammarNode): Regex | undefined => {
    if (regular.has(node)) return regular.get(node);
    const regex = find(node);
    regular.set(node, regex);
    return regex;
  };
  const find = (node: GrammarNode): Regex | undefined => {
    if (node.kind === "empty") return store.empty;
    if (node.kind === "terminal") return node.regex;
    if (node.kind === "rule") {
      // A rule that comes back to itself is not regular, as far as this looks.
      if (isOpen.has(node.rule)) return undefined;
      isOpen.add(node.rule);
      const regex = regexOf(grammar.body(node.rule));
      isOpen.delete(node.rule);
      return regex;
    }
    const parts: Regex[] = [];
    for (const part of node.parts) {
      const regex = regexOf(part);
      if (!regex) return undefined;
      parts.push(regex);
    }
    if (node.kind === "seq") return store.seq(...parts);
    return node.kind === "alt" ? store.alt(parts) : store.repeat(parts[0]!, node.lo, node.hi);
  };
  const fold = (node: GrammarNode): GrammarNode => {
    const regex = regexOf(node);
    if (regex) return grammar.terminal(regex);
    const parts = node.parts.map(fold);
    if (node.kind === "seq") return grammar.seq(...parts);
    if (node.kind === "alt") return grammar.alt(parts);
    return node.kind === "repeat" ? grammar.repeat(parts[0]!, node.lo, node.hi) : node;
  };
  const folded = Array.from(rules, (rule) => [rule, fold(grammar.body(rule))] as const);
  for (const [rule, body] of folded) grammar.define(rule, body);
}
