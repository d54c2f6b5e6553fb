/** Norms of the residual stream: RMSNorm, and what has been proposed in its place. */

import { silu } from "../graph/ops/activation.ts";
import {
  add,
  maximum,
  minimum,
  mul,
  neg,
  sigmoid,
  sqrt,
  square,
  tanh,
} from "../graph/ops/elementwise.ts";
import { mean } from "../graph/ops/reduce.ts";
import { shapeError, type Tensor } from "../graph/tensor.ts";
import { linear } from "./linear.ts";
import { rmsNorm } from "./norm.ts";
import { normal, ones, type Scope, zeros } from "./scope.ts";

/**
 * - `pre-affine`: RMSNorm of lambda1 · x (PreAffine): what made channels large moves into lambda1.
 * - `gated`: RMSNorm, then · scale · sigmoid(up silu(down y)) (GatedNorm). A fresh gate gives one
 *   half, so with scale 2 (and `up` at zero, as here) it starts as RMSNorm; the paper's scale is 1.
 * - `clipped`: RMSNorm of x cut to ±limit times its root mean square: outliers cut, norm kept.
 * - `tanh`: weight · tanh(alpha x) + bias without any norm ("DyT", Zhu et al. 2025).
 *
 * The first two: "A Unified View of Attention and Residual Sinks" (arXiv 2601.22966).
 */
export type NormVariant =
  | { readonly kind: "pre-affine" }
  | { readonly kind: "gated"; readonly rank: number; readonly scale: number }
  | { readonly kind: "clipped"; readonly limit: number }
  | { readonly kind: "tanh"; readonly alpha: number };

export interface ResidualNormOptions {
  readonly epsilon: number;
  /** Scale by 1 + weight (`rmsNorm`). */
  readonly offset?: boolean;
  /** Left out: RMSNorm. */
  readonly variant?: NormVariant;
}

/**
 * A norm of the residual stream, with `weight` [width] and what its variant adds: `lambda1`
 * [width]; `down_proj.weight` [rank, width] and `up_proj.weight` [width, rank]; `alpha` [1] and
 * `bias` [width].
 *
 * @param x [..., width]
 * @example
 * const y = residualNorm(p.in("norm"), x, {
 *   epsilon: 1e-6, variant: { kind: "gated", rank: 16, scale: 2 },
 * });
 */
export function residualNorm(p: Scope, x: Tensor, options: ResidualNormOptions): Tensor {
  const { epsilon, offset, variant } = options;
  const width = x.shape[x.shape.length - 1];
  if (typeof width !== "number") throw shapeError("residualNorm", "last axis is not a number", [x]);
  const norm = (input: Tensor): Tensor => rmsNorm(p, input, epsilon, { offset });
  switch (variant?.kind) {
    case undefined:
      return norm(x);
    case "pre-affine":
      return norm(p.trace(() => mul(x, p.parameter("lambda1", [width], ones))));
    case "clipped":
      return norm(p.trace(() => clipped(x, variant.limit, epsilon)));
    case "gated": {
      const y = norm(x);
      const inner = silu(linear(p.in("down_proj"), y, variant.rank, { init: normal(0.02) }));
      const logits = linear(p.in("up_proj"), inner, width, { init: zeros });
      return p.trace(() => mul(y, mul(sigmoid(logits), variant.scale)));
    }
    case "tanh":
      return p.trace(() => {
        const alpha = p.parameter("alpha", [1], { kind: "constant", value: variant.alpha });
        const weight = p.parameter("weight", [width], offset ? zeros : ones);
        const scaled = mul(tanh(mul(x, alpha)), offset ? add(weight, 1) : weight);
        return add(scaled, p.parameter("bias", [width], zeros));
      });
  }
}

function clipped(x: Tensor, limit: number, epsilon: number): Tensor {
  const size = sqrt(add(mean(square(x), { axes: [-1], keepDims: true }), epsilon));
  const bound = mul(size, limit); // [..., 1]
  return minimum(maximum(x, neg(bound)), bound);
}
