/** Normalisation over the last axis. */

import { onnx } from "../onnx/contract.ts";
import { type Dim, dimEquals } from "../shape.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import { add, div, mul, neg, rsqrt, sub } from "./elementwise.ts";
import { dimSize } from "./leaf.ts";
import { matmul } from "./matmul.ts";
import { mean, sum } from "./reduce.ts";
import { expandDims, reshape, sumTo } from "./reshape.ts";
import { scaledSum } from "./scaled-sum.ts";

const LAST = { axes: [-1], keepDims: true };

const lastSize = (x: Tensor): Tensor => dimSize([x.shape[x.shape.length - 1]], x.dtype);

/** Mean over the last axis of x · weight, [..., 1]: a product that reads x and writes no more. */
const weightedMean = (x: Tensor, weight: Tensor): Tensor =>
  div(matmul(x, expandDims(weight, 1)), lastSize(x));

/** Sum over all rows of x [..., width] by factors [..., 1], in the same way. */
const sumOfRows = (x: Tensor, factors: Tensor, width: Dim): Tensor =>
  reshape(matmul(reshape(factors, [-1, 1]), reshape(x, [-1, width]), { transposeA: true }), [
    width,
  ]);

/** Factors of x (centred) in its gradient: -<g weight, normal> / width / scale². */
const againstNormal = (inverse: Tensor, along: Tensor): Tensor =>
  neg(mul(inverse, mul(inverse, mul(inverse, along))));

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
  // n = x / rms, y = n w: dx = (g w - n mean(g w n)) / rms, dw = sum(g n), without n itself.
  grad({ inputs: [x, weight], outputs: [, inverse] }, [g, gInverse]) {
    const product = mul(g!, x);
    const along = weightedMean(product, weight);
    const direct = scaledSum([mul(g!, weight), inverse], [x, againstNormal(inverse, along)]);
    const dx = gInverse ? add(direct, inverseGrad(gInverse, mul(x, inverse), inverse, x)) : direct;
    return [dx, sumOfRows(product, inverse, weight.shape[0])];
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
  // As above, with x - mean(x) for x and g w - mean(g w) for g w.
  grad({ inputs: [x, weight, bias], outputs: [, average, inverse] }, [g, gAverage, gInverse]) {
    const centred = sub(x, average);
    const product = mul(g!, centred);
    const along = weightedMean(product, weight);
    let dx = scaledSum(
      [sub(mul(g!, weight), weightedMean(g!, weight)), inverse],
      [centred, againstNormal(inverse, along)],
    );
    if (gAverage) dx = add(dx, div(gAverage, lastSize(x)));
    if (gInverse) dx = add(dx, inverseGrad(gInverse, mul(centred, inverse), inverse, x));
    return [dx, sumOfRows(product, inverse, weight.shape[0]), sumTo(g!, bias.shape)];
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
