/**
 * `onefold/model`: a model in the process, without a server.
 *
 * @example
 * import { load } from "onefold/model";
 *
 * using model = await load("models/onefold-mini");
 * for await (const part of model.stream("What is 12 + 30?")) {
 *   if (part.type === "content") process.stdout.write(part.text);
 * }
 */

import { compileJsonSchema } from "./constrain/json-schema.ts";
import { constrainAnswer } from "./constrain-answer.ts";
import { startAnswers } from "./engine-answer.ts";
import {
  type LanguageModel,
  type LanguageModelOptions,
  loadLanguageModel,
} from "./language-model.ts";
import {
  createLoadedModel,
  type LoadedModel,
  type Turn,
  type TurnRequest,
} from "./loaded-model.ts";
import { planConversation, stopTokensOf } from "./plan.ts";

export type {
  AnswerSettings,
  LoadedModel,
  ModelAnswer,
  ModelPart,
  ModelStream,
  StreamOptions,
} from "./loaded-model.ts";
export { type Tool, type ToolSet, tool } from "./tool.ts";

/**
 * Loads a model; many answers can be asked of it at a time.
 *
 * @param spec a folder, or a hub id that was pulled
 */
export async function load(spec: string, options: LanguageModelOptions = {}): Promise<LoadedModel> {
  const model = await loadLanguageModel(spec, options);
  return createLoadedModel(
    model.name,
    (request) => takeTurn(model, request),
    () => model[Symbol.dispose](),
  );
}

async function* takeTurn(model: LanguageModel, request: TurnRequest): Turn {
  const { messages, tools, schema, seed, maxTokens, stop, ...rest } = request;
  const { thinking, thinkingBudget, signal, ...sampling } = rest;
  const options = { endTokens: stopTokensOf(model) };
  const plan = planConversation(model, {
    messages,
    tools,
    thinking,
    thinkingBudget,
    sampling,
    seed,
    maxTokens,
    stop,
    signal,
    constraint: (start) => {
      if (schema === undefined) return undefined;
      const compiled = compileJsonSchema(schema, model.tokenizer, options);
      return constrainAnswer(compiled.start(), model.tokenizer, start);
    },
  });
  const [answer] = startAnswers(model.engine, plan);
  let next = await answer!.next();
  try {
    for (; !next.done; next = await answer!.next()) yield* next.value.parts;
    return next.value;
  } finally {
    if (!next.done) await answer!.return(undefined as never); // given up; nobody reads the value
  }
}
