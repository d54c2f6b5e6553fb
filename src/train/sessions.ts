/** Sessions of training programs. */

import type { WeightSource } from "../graph/program.ts";
import type { WeightFormats } from "../nn/scope.ts";
import type { NDArrays, Session, SessionOptions } from "../runtime/types.ts";

export interface FrozenWeights {
  /** Left out: all weights are inputs. */
  readonly weights?: WeightSource;
  /** Of those that are quantised. */
  readonly formats?: WeightFormats;
  readonly threads?: number;
}

/**
 * The kernels' own copies of frozen weights in floats, one for each pass, would take twice the
 * memory of the base, which many rows do not repay. Packed ones are small, and slow without.
 */
export const sessionOptions = ({ weights, formats, threads }: FrozenWeights): SessionOptions => ({
  weights,
  threads,
  prepack: formats !== undefined,
});

/** Of all arrays, those that the session's program reads. */
export function inputsFor(session: Session, arrays: NDArrays): NDArrays {
  const known = new Set(session.inputs.map(({ name }) => name));
  return Object.fromEntries(Object.entries(arrays).filter(([name]) => known.has(name)));
}
