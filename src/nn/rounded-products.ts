/** Linear maps whose weights and inputs are rounded to a few bits, computed in f32. */

import { abs, div, maximum, minimum, mul, round } from "../graph/ops/elementwise.ts";
import { matmul } from "../graph/ops/matmul.ts";
import { max } from "../graph/ops/reduce.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type LinearAdapter, zeros } from "./scope.ts";

export interface RoundedProductsOptions {
  /** Bits of weights, with a scale for each output; left out: not rounded. */
  readonly weightBits?: number;
  /** Bits of inputs, with a scale for each token; left out: not rounded. */
  readonly activationBits?: number;
  /** Maps that are left alone (default: heads and routers). */
  readonly keeps?: (path: string) => boolean;
}

/**
 * What a model computes where its products are quantised, without kernels for them: symmetric,
 * round to nearest, scale = largest size / (2^(bits - 1) - 1). "W4A4" is 4 bits for both.
 *
 * @example
 * createParameters("f32", undefined, { adapter: roundedProducts({ weightBits: 4 }) });
 */
export function roundedProducts({
  weightBits,
  activationBits,
  keeps = (path) => /(^|\.)(lm_head|gate|shared_expert_gate)$/.test(path),
}: RoundedProductsOptions): LinearAdapter {
  return (p, x, y) => {
    if (keeps(p.path)) return y;
    const [outputs, inputs] = [y.shape.at(-1) as number, x.shape.at(-1) as number]; // linear's
    const weight = p.parameter("weight", [outputs, inputs], zeros); // known already
    const rows = activationBits === undefined ? x : rounded(x, activationBits);
    const matrix = weightBits === undefined ? weight : rounded(weight, weightBits);
    return matmul(rows, matrix, { transposeB: true });
  };
}

/** Each row of the last axis on a grid of its own. */
function rounded(x: Tensor, bits: number): Tensor {
  const top = 2 ** (bits - 1) - 1;
  const largest = max(abs(x), { axes: [-1], keepDims: true });
  const scale = div(maximum(largest, 1e-20), top); // a row of zeros stays one
  return mul(minimum(maximum(round(div(x, scale)), -top - 1), top), scale);
}
