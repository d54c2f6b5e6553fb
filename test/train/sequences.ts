/** A decoder small enough to train in milliseconds, and sequences for it. */

import type { DecoderConfig } from "../../src/models/decoder.ts";
import { createRandom } from "../../src/nn/random.ts";
import type { Sequence } from "../../src/train/index.ts";

export const tiny: DecoderConfig = {
  modelType: "qwen3",
  vocabSize: 24,
  hiddenSize: 16,
  intermediateSize: 24,
  layers: 2,
  heads: 2,
  kvHeads: 1,
  headDim: 8,
  normEpsilon: 1e-6,
  tiedHead: true,
  maxPositions: 64,
  rope: { type: "default", theta: 10_000, width: 8 },
  windows: [0, 0],
  qkvBias: true,
  outputBias: true,
  qkNorm: true,
  initializerRange: 0.2,
};

/** Random sequences, most of their tokens learned. */
export function randomSequences(count: number, stream: string, vocab = tiny.vocabSize): Sequence[] {
  const random = createRandom(11, stream);
  return Array.from({ length: count }, () => {
    const length = 3 + random.below(8);
    const tokens = Array.from({ length }, () => random.below(vocab));
    const learned = tokens.map((_, t) => (t === length - 1 || random.uniform() < 0.6 ? 1 : 0));
    return { tokens, learned };
  });
}
