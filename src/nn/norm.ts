/** Normalisation layers that own their weights. */

import { add } from "../graph/ops/elementwise.ts";
import { layerNorm as layerNormOp, rmsNorm as rmsNormOp } from "../graph/ops/norm.ts";
import { shapeError, type Tensor } from "../graph/tensor.ts";
import { ones, type Scope, zeros } from "./scope.ts";

function lastSize(op: string, x: Tensor): number {
  const width = x.shape[x.shape.length - 1];
  if (typeof width !== "number") throw shapeError(op, "last axis is not a number", [x]);
  return width;
}

/**
 * RMSNorm over the last axis, with `weight` [width].
 *
 * @param options offset: scale by 1 + weight, which is then stored around 0 (Gemma, Qwen3-Next)
 */
export const rmsNorm = (
  p: Scope,
  x: Tensor,
  epsilon: number,
  { offset = false }: { readonly offset?: boolean } = {},
): Tensor =>
  p.trace(() => {
    const weight = p.parameter("weight", [lastSize("rmsNorm", x)], offset ? zeros : ones);
    return rmsNormOp(x, offset ? add(weight, 1) : weight, epsilon);
  });

/** LayerNorm over the last axis, with `weight` and `bias` [width]. */
export const layerNorm = (p: Scope, x: Tensor, epsilon: number): Tensor =>
  p.trace(() => {
    const width = lastSize("layerNorm", x);
    const [weight, bias] = [
      p.parameter("weight", [width], ones),
      p.parameter("bias", [width], zeros),
    ];
    return layerNormOp(x, weight, bias, epsilon);
  });
