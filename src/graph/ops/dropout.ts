/** Dropout with explicit keys. */

import { isFloat } from "../dtype.ts";
import { shapeError, type Tensor } from "../tensor.ts";
import { mul, where } from "./elementwise.ts";
import { bernoulli } from "./random.ts";

/**
 * Sets elements to 0 with probability `rate` and divides the others by 1 - rate, so that the
 * expectation stays (Srivastava et al., 2014). The same key drops the same elements.
 *
 * @param key u32 [2], e.g. `foldKey(stepKey, layer)`
 * @throws where the rate is not in [0, 1).
 * @example
 * const key = input("key", "u32", [2]);
 * const x = input("x", "f32", [dim("batch"), 64]);
 * const y = dropout(x, 0.1, foldKey(key, 3));
 */
export function dropout(x: Tensor, rate: number, key: Tensor): Tensor {
  if (!(rate >= 0 && rate < 1)) throw new Error(`dropout: the rate ${rate} is not in [0, 1)`);
  if (!isFloat(x.dtype)) throw shapeError("dropout", "needs floats", [x]);
  if (rate === 0) return x;
  return where(bernoulli(key, 1 - rate, x.shape), mul(x, 1 / (1 - rate)), 0);
}
