/** How many tokens a decoder can attend over, and the error for asking for more. */

import type { DecoderConfig } from "../models/decoder.ts";

/**
 * Longest sequence of a model. Scaled rotary embeddings reach `factor` times the trained length:
 * published configs in the Qwen2.5 form leave `max_position_embeddings` at the original.
 */
export function contextLimit({ rope, maxPositions }: DecoderConfig): number {
  switch (rope.type) {
    case "default":
      return maxPositions;
    case "linear":
      return Math.floor(maxPositions * rope.factor);
    default:
      return Math.max(maxPositions, Math.floor(rope.originalLength * rope.factor));
  }
}

/** @throws RangeError where `tokens` do not fit into the context */
export function checkContext(tokens: number, limit: number): void {
  if (tokens <= limit) return;
  throw new RangeError(
    `${tokens} tokens do not fit into the model's context of ${limit}; ` +
      `leave out at least ${tokens - limit}, or start a new conversation`,
  );
}

/** @throws RangeError naming the first id that is not in the vocabulary */
export function checkTokens(tokens: ArrayLike<number>, vocabSize: number): void {
  for (let i = 0; i < tokens.length; i++) {
    const id = tokens[i]!;
    if (!(Number.isInteger(id) && id >= 0 && id < vocabSize)) {
      throw new RangeError(
        `token ${i} is ${id}, but ids of this model are integers from 0 to ${vocabSize - 1}`,
      );
    }
  }
}
