/** One run of the score program: which places are scored, and what comes out for each. */

import { fromValues, type NDArray, zeros } from "../../graph/ndarray.ts";
import type { NDArrays, Session } from "../../runtime/index.ts";
import type { CacheArrays } from "../cache.ts";

interface ScoreRun {
  /** `tokens`, `past` and what else the program takes beside the cache. */
  readonly inputs: NDArrays;
  readonly cache: Pick<CacheArrays, "inputs" | "outputs">;
  readonly vocabSize: number;
  /** Places among the run's tokens; none: the run only fills the cache. */
  readonly picked: readonly number[];
  /** Tokens, each with the index of its place in `picked`. */
  readonly wanted: readonly { readonly row: number; readonly target: number }[];
  readonly signal: AbortSignal | undefined;
}

/** In the order of `wanted`. */
interface Scores {
  /** Natural logarithms of the tokens' probabilities. */
  readonly logprobs: ArrayLike<number>;
  /** The likeliest token of each place. */
  readonly isBest: readonly boolean[];
}

export async function runScores(
  session: Session,
  { inputs, cache, vocabSize, picked, wanted, signal }: ScoreRun,
): Promise<Scores> {
  const isFilling = picked.length === 0; // the program wants one row at least
  const targets = wanted.map(({ row, target }) => row * vocabSize + target);
  const [rows, flat] = isFilling ? [ids([0]), ids([0])] : [ids(picked), ids(targets)];
  const logprobs = zeros("f32", flat.shape);
  const best = zeros("i64", rows.shape);
  await session.run(
    { ...inputs, ...cache.inputs, picked: rows, targets: flat },
    { outputs: { logprobs, best, ...cache.outputs }, signal },
  );
  if (isFilling) return { logprobs: [], isBest: [] };
  const likeliest = best.data as BigInt64Array;
  return {
    logprobs: logprobs.data as Float32Array,
    isBest: wanted.map(({ row, target }) => Number(likeliest[row]) === target),
  };
}

/** i64 [n]. */
export const ids = (values: readonly number[]): NDArray =>
  fromValues("i64", [values.length], values.map(BigInt));
