/** Sessions over made-up networks: scores are a function of the tokens so far. */

import type { SearchStart, TargetSession } from "../../../src/generate/index.ts";
import { createRandom } from "../../../src/nn/random.ts";

export interface FakeSession extends TargetSession {
  /** Tokens of each row. */
  readonly texts: readonly (readonly number[])[];
  /** Rows fed in all steps. */
  readonly fed: number;
}

export type ScoresOf = (tokens: readonly number[]) => ArrayLike<number>;

/** Every call overwrites the scores of the one before, as a real session may. */
export function startOf(
  vocabSize: number,
  scoresOf: ScoresOf,
): SearchStart & { session: FakeSession } {
  let texts: number[][] = [[]];
  let fed = 0;
  const buffer = new Float32Array(64 * vocabSize);
  const session: FakeSession = {
    vocabSize,
    get rows() {
      return texts.length;
    },
    get texts() {
      return texts;
    },
    get fed() {
      return fed;
    },
    async step(tokens) {
      await Promise.resolve();
      if (tokens.length !== texts.length) throw new Error("one token a row");
      buffer.fill(Number.NaN);
      fed += texts.length;
      for (let row = 0; row < texts.length; row++) {
        texts[row]!.push(tokens[row]!);
        buffer.set(scoresOf(texts[row]!), row * vocabSize);
      }
      return buffer.subarray(0, texts.length * vocabSize);
    },
    async reorder(from) {
      await Promise.resolve();
      texts = from.map((row) => [...texts[row]!]);
    },
  };
  return { session, scores: Float32Array.from(scoresOf([])) };
}

/** Scores drawn once for each text. */
export function randomScores(vocabSize: number, seed: number, spread = 2): ScoresOf {
  return (tokens) => {
    const random = createRandom(seed, tokens.join(","));
    return Float32Array.from({ length: vocabSize }, () => spread * random.normal());
  };
}

export function logSoftmax(scores: ArrayLike<number>): number[] {
  const row = Array.from(scores);
  const most = Math.max(...row);
  const sum = most + Math.log(row.reduce((total, x) => total + Math.exp(x - most), 0));
  return row.map((x) => x - sum);
}
