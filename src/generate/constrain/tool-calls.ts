/** Calls of functions as the only thing that may be answered. */

import type { Tokenizer } from "../../media/text/types.ts";
import type { AnswerFormat, ToolFunction } from "../parse/types.ts";
import { ConstraintError } from "./budget.ts";
import {
  type CompiledConstraint,
  type ConstraintOptions,
  compileConstraint,
} from "./constraint.ts";
import { schemaNode, sourceOf } from "./json-schema.ts";

/**
 * Compiles a demand to call: one of the functions, with arguments that its parameters allow; more
 * calls may follow.
 *
 * @param format only calls written as JSON can be demanded
 * @throws ConstraintError for a schema that is not supported, or another format
 */
export function compileToolCalls(
  tools: readonly ToolFunction[],
  { toolCalls }: AnswerFormat,
  tokenizer: Tokenizer,
  { isParallel = true, ...options }: ConstraintOptions & { readonly isParallel?: boolean } = {},
): CompiledConstraint {
  if (toolCalls !== "json") {
    throw new ConstraintError("the model writes calls in a form that cannot be demanded of it");
  }
  const wanted = tools.map(({ name, parameters }) => ({ name, parameters }));
  const source = sourceOf({ wanted, isParallel });
  return compileConstraint("the tools", source, tokenizer, options, (grammar) => {
    const calls = tools.map(({ name, parameters = { type: "object" } }) =>
      grammar.seq(
        grammar.text(`<tool_call>\n{"name": ${JSON.stringify(name)}, "arguments": `),
        schemaNode(grammar, parameters),
        grammar.text("}\n</tool_call>"),
      ),
    );
    const call = grammar.alt(calls);
    if (!isParallel) return call;
    return grammar.seq(call, grammar.repeat(grammar.seq(grammar.text("\n"), call), 0));
  });
}
