/** A regex as a constraint. */

import type { Tokenizer } from "../../media/text/types.ts";
import { ConstraintError } from "./budget.ts";
import { plain } from "./code-points.ts";
import {
  type CompiledConstraint,
  type ConstraintOptions,
  compileConstraint,
} from "./constraint.ts";
import { compileTree } from "./regex-compile.ts";
import { parseRegex } from "./regex-parse.ts";

/**
 * Compiles a regex that the whole answer has to match. The syntax is ECMAScript's with the u flag:
 * classes, `\p{…}`, groups, counts, `^`, `$` and lookaheads outside of repetitions. Backreferences,
 * lookbehinds and `\b` are refused.
 *
 * @throws ConstraintError what is wrong or not supported
 * @example
 * const constraint = compileRegex("(yes|no), because .{1,80}", tokenizer).start();
 */
export function compileRegex(
  pattern: string,
  tokenizer: Tokenizer,
  options: ConstraintOptions = {},
): CompiledConstraint {
  return compileConstraint("the regex", pattern, tokenizer, options, (grammar) => {
    const { store } = grammar;
    const regex = compileTree(store, parseRegex(pattern), { spelling: plain, match: "whole" });
    if (!store.isLive(regex)) throw new ConstraintError("the regex matches no text");
    return grammar.terminal(regex);
  });
}
