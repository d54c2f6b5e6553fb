/** From a request's settings to those of an answer. */

import type { Sampling } from "../generate/sampling.ts";
import type { Sampled } from "./schemas/common.ts";

/** What the request sets. */
export function givenSampling(body: Sampled): Partial<Sampling> {
  return {
    temperature: body.temperature,
    topP: body.top_p,
    topK: body.top_k === -1 ? 0 : body.top_k, // vLLM's word for all
    minP: body.min_p,
    presencePenalty: body.presence_penalty,
    frequencyPenalty: body.frequency_penalty,
    repetitionPenalty: body.repetition_penalty,
  };
}
