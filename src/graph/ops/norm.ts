/** Normalisation over the last axis. */

import { onnx } from "../onnx/contract.ts";
import { dimEquals } from "../shape.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import { add, div, mul, neg, rsqrt, sub } from "./elementwise.ts";
import { dimSize } from "./leaf.ts";
import { mean, sum } from "./reduce.ts";
import { sumTo } from "./reshape.ts";

const LAST = { axes: [-1], keepDims: true };

const lastSize = (x: Tensor): Tensor => dimSize([x.shape[x.shape.length - 1]], x.dtype);

/** Gradient through 1/rms (or 1/deviation), met only in second derivatives. */
const inverseGrad = (g: Tensor, normal: Tensor, inverse: Tensor, x: Tensor): Tensor =>
  neg(div(mul(mul(g, mul(inverse, inverse)), normal), lastSize(x)));

/** Outputs: y, and 1/rms [..., 1] for the gradient. */
const rmsNormOp: Op<{ epsilon: number }> = {
  name: "rmsNorm",
  infer([x, weight]) {
    const width = x.shape[x.shape.length - 1];
    if (weight.shape.length !== 1 || !dimEquals(weight.shape[0], width)) {
      throw shapeError("rmsNorm", "weight does not fit the last axis", [x, weight]);
    }
    return [x, { dtype: x.dtype, shape: [...x.shape.slice(0, -1), 1] }];
  },
  lower: (to, inputs, { inputs: [x], attrs: { epsilon } }) =>
    x.dtype !== "f32"
      ? undefined
      : to.emitMany(
          "SimplifiedLayerNormalization",
          inputs,
          { axis: onnx.int(-1), epsilon: onnx.float(epsilon), stash_type: onnx.int(1) },
          2,
        ),
  expand([x, weight], { epsilon }) {
    const inverse = rsqrt(add(mean(mul(x, x), LAST), epsilon));
    return [mul(mul(x, inverse), weight), inverse];
  },
  grad({ inputs: [x, weight], outputs: [, inverse] }, [g, gInverse]) {
    const normal = mul(x, inverse);
    const gNormal = mul(g!, weight);
    const direct = mul(inverse, sub(gNormal, mul(normal, mean(mul(gNormal, normal), LAST))));
    const dx = gInverse ? add(direct, inverseGrad(gInverse, normal, inverse, x)) : direct;
    return [dx, sumTo(mul(g!, normal), weight.shape)];
  },
};

/**
 * x / sqrt(mean(x²) + epsilon) · weight over the last axis (Zhang and Sennrich, 2019).
 *
 * @param x [..., width]
 * @param weight [width]
 */
export const rmsNorm = (x: Tensor, weight: Tensor, epsilon = 1e-6): Tensor =>
  apply(rmsNormOp, [x, weight], { epsilon })[0];

const layerNormOp: Op<{ epsilon: number }> = {
  name: "layerNorm",
  infer([x, weight, bias]) {
    const width = x.shape[x.shape.length - 1];
    for (const p of [weight, bias]) {
      if (p.shape.length !== 1 || !dimEquals(p.shape[0], width)) {
        throw shapeError("layerNorm", "weight and bias do not fit the last axis", [
          x,
          weight,
          bias,
        ]);
      }
    }
    const one = { dtype: x.dtype, shape: [...x.shape.slice(0, -1), 1] };
    return [x, one, one];
  },
  lower: (to, inputs, { inputs: [x], attrs: { epsilon } }) =>
    x.dtype !== "f32"
      ? undefined
      : to.emitMany(
          "LayerNormalization",
          inputs,
          { axis: onnx.int(-1), epsilon: onnx.float(epsilon), stash_type: onnx.int(1) },
          3,
        ),
  expand([x, weight, bias], { epsilon }) {
    const average = mean(x, LAST);
    const centred = sub(x, average);
    const inverse = rsqrt(add(mean(mul(centred, centred), LAST), epsilon));
    return [add(mul(mul(centred, inverse), weight), bias), average, inverse];
  },
  grad({ inputs: [x, weight, bias], outputs: [, average, inverse] }, [g, gAverage, gInverse]) {
    const normal = mul(sub(x, average), inverse);
    const gNormal = mul(g!, weight);
    const correction = add(mean(gNormal, LAST), mul(normal, mean(mul(gNormal, normal), LAST)));
    let dx = mul(inverse, sub(gNormal, correction));
    if (gAverage) dx = add(dx, div(gAverage, lastSize(x)));
    if (gInverse) dx = add(dx, inverseGrad(gInverse, normal, inverse, x));
    return [dx, sumTo(mul(g!, normal), weight.shape), sumTo(g!, bias.shape)];
  },
};

/**
 * (x - mean) / sqrt(variance + epsilon) · weight + bias over the last axis (Ba et al., 2016).
 *
 * @param x [..., width]
 * @param weight [width]
 * @param bias [width]
 */
export const layerNorm = (x: Tensor, weight: Tensor, bias: Tensor, epsilon = 1e-5): Tensor =>
  apply(layerNormOp, [x, weight, bias], { epsilon })[0];

/** x / max(|x|, tiny) over the last axis. */
export const l2Norm = (x: Tensor, epsilon = 1e-6): Tensor =>
  mul(x, rsqrt(add(sum(mul(x, x), LAST), epsilon)));
