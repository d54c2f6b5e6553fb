/** The error of a denoiser that predicts clean samples. */

import { abs, mul, sub, where } from "../../graph/ops/elementwise.ts";
import { mean } from "../../graph/ops/reduce.ts";
import { expandDims } from "../../graph/ops/reshape.ts";
import type { Tensor } from "../../graph/tensor.ts";

/**
 * |w · (x̂_0 - x_0)| of each frame, as a mean over its features: OFASys' diffusion criterion.
 *
 * @param predicted x̂_0 [batch, frames, features]
 * @param clean x_0 [batch, frames, features]
 * @param weights [batch]: `weights` of `noiseBatch`
 * @param valid bool [batch, frames]: false for padding and for known frames
 * @returns [batch, frames], 0 where not valid
 */
export function diffusionLoss(
  predicted: Tensor,
  clean: Tensor,
  weights: Tensor,
  valid: Tensor,
): Tensor {
  const errors = mean(abs(sub(predicted, clean)), { axes: [2] });
  return where(valid, mul(errors, expandDims(weights, 1)), 0);
}
