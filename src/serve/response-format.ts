/** What a request demands of an answer's form, as a constraint of its tokens. */

import { afterThinking } from "../generate/after-thinking.ts";
import { ConstraintError } from "../generate/constrain/budget.ts";
import type { CompiledConstraint } from "../generate/constrain/constraint.ts";
import { compileJsonObject, compileJsonSchema } from "../generate/constrain/json-schema.ts";
import { compileRegex } from "../generate/constrain/regex.ts";
import type { TokenConstraint } from "../generate/constrain/types.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import type { ThinkingStart } from "../generate/thinking.ts";
import { HttpError } from "./errors.ts";
import { stopTokensOf } from "./sampling.ts";
import type { ChatBody } from "./schemas/chat.ts";

/** @throws HttpError 400 for a schema, regex or grammar that is wrong or too large */
export function constraintOf(
  model: LanguageModel,
  format: ChatBody["response_format"],
  start: ThinkingStart,
): TokenConstraint | undefined {
  if (!format || format.type === "text") return undefined;
  const stopTokens = stopTokensOf(model);
  try {
    const compiled = compile(model, format, stopTokens);
    return afterThinking(compiled.start(), model.tokenizer, start, stopTokens);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const isOurs = error instanceof ConstraintError || error instanceof RangeError;
    const param = "response_format";
    throw isOurs
      ? new HttpError(400, `${param}: ${error.message}`, { param, cause: error })
      : error;
  }
}

function compile(
  { tokenizer }: LanguageModel,
  format: Exclude<NonNullable<ChatBody["response_format"]>, { type: "text" }>,
  endTokens: readonly number[],
): CompiledConstraint {
  switch (format.type) {
    case "json_object":
      return compileJsonObject(tokenizer, { endTokens });
    case "json_schema":
      return compileJsonSchema(format.json_schema.schema ?? {}, tokenizer, { endTokens });
    case "regex":
      return compileRegex(format.pattern, tokenizer, { endTokens });
  }
}
