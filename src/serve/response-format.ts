/** What a request demands of an answer's form, as a constraint of its tokens. */

import { ConstraintError } from "../generate/constrain/budget.ts";
import type { CompiledConstraint } from "../generate/constrain/constraint.ts";
import { compileGrammar } from "../generate/constrain/ebnf.ts";
import { compileJsonObject, compileJsonSchema } from "../generate/constrain/json-schema.ts";
import { compileRegex } from "../generate/constrain/regex.ts";
import { compileToolCalls } from "../generate/constrain/tool-calls.ts";
import type { TokenConstraint } from "../generate/constrain/types.ts";
import { constrainAnswer } from "../generate/constrain-answer.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { formatOf, stopTokensOf } from "../generate/plan.ts";
import type { ThinkingStart } from "../generate/thinking.ts";
import { HttpError } from "./errors.ts";
import type { ChatBody } from "./schemas/chat.ts";

/** @throws HttpError 400 for a schema, regex or grammar that is wrong or too large */
export function constraintOf(
  model: LanguageModel,
  body: ChatBody,
  start: ThinkingStart,
): TokenConstraint | undefined {
  const isCall = body.tool_choice === "required" || typeof body.tool_choice === "object";
  const param = isCall ? "tool_choice" : "response_format";
  try {
    const compiled = isCall ? compileCall(model, body) : compileFormat(model, body.response_format);
    return compiled && constrainAnswer(compiled.start(), model.tokenizer, start);
  } catch (error) {
    if (!(error instanceof ConstraintError || error instanceof RangeError)) throw error;
    throw new HttpError(400, `${param}: ${error.message}`, { param, cause: error });
  }
}

function compileCall(model: LanguageModel, body: ChatBody): CompiledConstraint {
  const { tool_choice: choice, tools = [], parallel_tool_calls: isParallel } = body;
  const wanted = typeof choice === "object" ? choice.function.name : undefined;
  const functions = tools.map((tool) => tool.function);
  const allowed = functions.filter(({ name }) => wanted === undefined || name === wanted);
  if (allowed.length === 0) {
    const message = wanted ? `no tool is called "${wanted.slice(0, 100)}"` : "there are no tools";
    throw new HttpError(400, `tool_choice: ${message}`, { param: "tool_choice" });
  }
  const format = model.template ? formatOf(model.template) : { toolCalls: undefined };
  const endTokens = stopTokensOf(model);
  return compileToolCalls(allowed, format, model.tokenizer, { endTokens, isParallel });
}

function compileFormat(
  model: LanguageModel,
  format: ChatBody["response_format"],
): CompiledConstraint | undefined {
  const { tokenizer } = model;
  const options = { endTokens: stopTokensOf(model) };
  switch (format?.type) {
    case "json_object":
      return compileJsonObject(tokenizer, options);
    case "json_schema":
      return compileJsonSchema(format.json_schema.schema ?? {}, tokenizer, options);
    case "regex":
      return compileRegex(format.pattern, tokenizer, options);
    case "grammar":
      return compileGrammar(format.grammar, tokenizer, options);
    default:
      return undefined;
  }
}
