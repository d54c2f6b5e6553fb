/** The bidirectional layer of adaptors: what lies beside what, before a body reads it in order. */

import { attention } from "../../graph/ops/attention.ts";
import { add, where } from "../../graph/ops/elementwise.ts";
import { scalar } from "../../graph/ops/leaf.ts";
import { expandDims, reshape } from "../../graph/ops/reshape.ts";
import { shapeError, type Tensor } from "../../graph/tensor.ts";
import { linear } from "../../nn/linear.ts";
import { gatedMlp } from "../../nn/mlp.ts";
import { rmsNorm } from "../../nn/norm.ts";
import { normal, type Scope, zeros } from "../../nn/scope.ts";

export const EPSILON = 1e-6;
const HEAD_WIDTH = 32;
/** Low enough that its exponent is zero; finite, so that a row of padding is no NaN. */
const HIDDEN = -1e9;

/** Of fresh matrices, as wide as those of the small bodies beside them. */
export const adaptorInit = normal(0.05);

/**
 * Pre-norm attention of all positions to all, and a gated MLP. A fresh one changes nothing.
 *
 * @param x [batch, length, width], width a multiple of 32
 * @param valid bool [batch, length]; left out: all count
 */
export function encoderBlock(p: Scope, x: Tensor, valid?: Tensor): Tensor {
  const [batch, length] = x.shape;
  const width = x.shape[2] as number;
  const heads = width / HEAD_WIDTH;
  if (!Number.isInteger(heads)) {
    throw shapeError("encoderBlock", `expected a width that is a multiple of ${HEAD_WIDTH}`, [x]);
  }
  const normed = rmsNorm(p.in("attention_norm"), x, EPSILON);
  const project = (name: string): Tensor =>
    reshape(linear(p.in("attention", name), normed, width, { init: adaptorInit }), [
      batch,
      length,
      heads,
      HEAD_WIDTH,
    ]);
  // [batch, 1, 1, length]
  const bias =
    valid && expandDims(expandDims(where(valid, scalar(0, "f32"), scalar(HIDDEN, "f32")), 1), 1);
  const { output } = attention(project("query"), project("key"), project("value"), {
    causal: false,
    bias,
  });
  const mixed = linear(p.in("attention", "out"), reshape(output, [batch, length, width]), width, {
    init: zeros,
  });
  const y = add(x, mixed);
  return add(
    y,
    gatedMlp(p.in("mlp"), rmsNorm(p.in("mlp_norm"), y, EPSILON), 2 * width, adaptorInit),
  );
}

/** Blocks one after the other: [batch, length, width]. */
export function encoderBlocks(p: Scope, x: Tensor, layers: number, valid?: Tensor): Tensor {
  let y = x;
  for (let i = 0; i < layers; i++) y = encoderBlock(p.in("layers", i), y, valid);
  return y;
}

/** A norm, and a linear map into the body's width. */
export const encoderEnd = (p: Scope, x: Tensor, width: number): Tensor =>
  linear(p.in("out"), rmsNorm(p.in("norm"), x, EPSILON), width, { init: adaptorInit });
