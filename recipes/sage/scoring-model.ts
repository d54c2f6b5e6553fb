/** Weights in memory as a model under test that scores: the verifier. */

import type { EvalModel } from "../../src/evaluate/index.ts";
import { createTokenScorer } from "../../src/generate/index.ts";
import type { WeightSource } from "../../src/graph/program.ts";
import type { Tokenizer } from "../../src/media/text/index.ts";
import type { DecoderConfig } from "../../src/models/index.ts";

export async function scoringModel(
  name: string,
  config: DecoderConfig,
  weights: WeightSource,
  tokenizer: Tokenizer,
): Promise<EvalModel> {
  const scorer = await createTokenScorer({ config, weights }, { engine: { threads: 1 } });
  const usage = { requests: 0, promptTokens: 0, completionTokens: 0, retries: 0 };
  return {
    name,
    identity: name,
    concurrency: 1, // axis by axis, what a verdict shares stays in the cache
    async logLikelihoods(requests, { signal } = {}) {
      const pairs = requests.map(({ context, continuation }) => ({
        context: tokenizer.encode(context),
        continuation: tokenizer.encode(continuation), // words are tokens: nothing joins
      }));
      usage.requests += requests.length;
      usage.promptTokens += pairs[0]?.context.length ?? 0;
      const scores = await scorer.score(pairs, signal);
      return scores.map(({ logprobs, isBest }) => ({
        logLikelihood: logprobs.reduce((sum, each) => sum + each, 0),
        isGreedy: isBest.every(Boolean),
        tokens: logprobs.length,
      }));
    },
    generate: () => Promise.reject(new Error(`${name} only scores`)),
    usage: () => ({ ...usage }),
    [Symbol.dispose]: () => scorer[Symbol.dispose](),
  };
}
