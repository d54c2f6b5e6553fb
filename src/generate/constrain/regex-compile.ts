/** From a parsed regex to nodes over bytes. */

import { ConstraintError } from "./budget.ts";
import { anyCodePoint, type Spelling } from "./code-points.ts";
import type { Regex, RegexStore } from "./regex-node.ts";
import type { RegexTree } from "./regex-parse.ts";

export interface RegexCompileOptions {
  /** How characters are written in the text. */
  readonly spelling: Spelling;
  /** "search": the pattern may match anywhere, as JSON Schema has it; "whole": it is all there is. */
  readonly match: "whole" | "search";
}

/**
 * Compiles from the end: each part knows the language of all that follows it, so that `$` and
 * lookaheads are conditions on it.
 */
export function compileTree(
  store: RegexStore,
  tree: RegexTree,
  { spelling, match }: RegexCompileOptions,
): Regex {
  const any = spelling(store, anyCodePoint);
  const anything = store.repeat(any, 0);
  const compile = (node: RegexTree, rest: Regex, isStart: boolean): Regex => {
    switch (node.kind) {
      case "set":
        return store.seq(spelling(store, node.points), rest);
      case "seq": {
        const starts: boolean[] = [];
        let isFirst = isStart;
        for (const part of node.parts) {
          starts.push(isFirst);
          isFirst &&= isZeroWidth(part);
        }
        return node.parts.reduceRight((after, part, i) => compile(part, after, starts[i]!), rest);
      }
      case "alt":
        return store.alt(node.parts.map((part) => compile(part, rest, isStart)));
      case "repeat": {
        if (hasCondition(node.part)) return unrolled(node, rest, isStart);
        return store.seq(
          store.repeat(compile(node.part, store.empty, false), node.lo, node.hi),
          rest,
        );
      }
      case "start":
        return isStart ? rest : store.none;
      case "end":
        return rest.nullable ? store.empty : store.none;
      case "ahead": {
        const seen = compile(node.part, anything, isStart);
        return store.and([node.isNegative ? store.not(seen) : seen, rest]);
      }
    }
  };
  /** `(…)?` with a condition inside; other counts would need it at every turn. */
  const unrolled = (node: RegexTree & { kind: "repeat" }, rest: Regex, isStart: boolean): Regex => {
    if (node.lo === 0 && node.hi === 1) return store.alt([compile(node.part, rest, isStart), rest]);
    throw new ConstraintError("a regex has ^, $ or a lookahead inside a repetition, not supported");
  };

  const isWhole = match === "whole";
  const rest = isWhole ? store.empty : anything;
  const here = compile(tree, rest, true);
  if (isWhole) return here;
  const later = compile(tree, rest, false);
  return store.alt([here, store.seq(any, anything, later)]);
}

const isZeroWidth = (tree: RegexTree): boolean =>
  tree.kind === "start" ||
  tree.kind === "end" ||
  tree.kind === "ahead" ||
  ((tree.kind === "seq" || tree.kind === "alt") && tree.parts.every(isZeroWidth));

function hasCondition(tree: RegexTree): boolean {
  switch (tree.kind) {
    case "set":
      return false;
    case "seq":
    case "alt":
      return tree.parts.some(hasCondition);
    case "repeat":
      return hasCondition(tree.part);
    default:
      return true;
  }
}
