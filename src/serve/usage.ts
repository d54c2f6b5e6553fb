/** Counts of tokens in OpenAI's form. */

import type { AnswerEnd } from "../generate/engine-answer.ts";

export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details: { readonly cached_tokens: number };
  readonly completion_tokens_details: { readonly reasoning_tokens: number };
}

/** Of answers to one prompt, which counts once. */
export function usageOf(ends: readonly AnswerEnd[]): Usage {
  const sum = (key: "completionTokens" | "reasoningTokens"): number =>
    ends.reduce((total, end) => total + end[key], 0);
  const prompt = ends[0]?.promptTokens ?? 0;
  const completion = sum("completionTokens");
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: ends.length === 0 ? 0 : Math.min(...ends.map((end) => end.cachedTokens)),
    },
    completion_tokens_details: { reasoning_tokens: sum("reasoningTokens") },
  };
}

export function sumUsage(all: readonly Usage[]): Usage {
  const sum = (count: (usage: Usage) => number): number =>
    all.reduce((total, usage) => total + count(usage), 0);
  return {
    prompt_tokens: sum((usage) => usage.prompt_tokens),
    completion_tokens: sum((usage) => usage.completion_tokens),
    total_tokens: sum((usage) => usage.total_tokens),
    prompt_tokens_details: {
      cached_tokens: sum((usage) => usage.prompt_tokens_details.cached_tokens),
    },
    completion_tokens_details: {
      reasoning_tokens: sum((usage) => usage.completion_tokens_details.reasoning_tokens),
    },
  };
}
