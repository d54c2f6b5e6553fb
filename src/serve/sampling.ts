/** From a request's settings to those of an answer. */

import { resolveSampling } from "../generate/chat-options.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import type { Sampling } from "../generate/sampling.ts";
import { checked } from "./errors.ts";
import type { Sampled } from "./schemas/common.ts";

/** The request's settings, then the checkpoint's, then the library's. */
export function samplingOf(
  { defaults }: LanguageModel,
  body: Sampled,
  isThinking: boolean,
): Sampling {
  const { temperature, top_p, top_k, min_p, presence_penalty, frequency_penalty } = body;
  const given: Partial<Sampling> = {
    temperature,
    topP: top_p,
    topK: top_k === -1 ? 0 : top_k, // vLLM's word for all
    minP: min_p,
    presencePenalty: presence_penalty,
    frequencyPenalty: frequency_penalty,
    repetitionPenalty: body.repetition_penalty,
  };
  return checked(() => resolveSampling(given, defaults, isThinking));
}

/** Ids that end an answer. */
export function stopTokensOf({ defaults, tokenizer: { eosId } }: LanguageModel): number[] {
  return [...defaults.stopTokens, ...(eosId === undefined ? [] : [eosId])];
}
