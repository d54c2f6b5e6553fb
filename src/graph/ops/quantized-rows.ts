/**
 * Products in 8-bit integers on both sides: each row of activations (a token) has a scale of its
 * own, each output of the weight another. On x86 with VNNI this is the fastest product there is, if
 * activations are unsigned with zero point 128; signed ones have no fast kernel. Processors without
 * VNNI may saturate sums of two products in 16 bits, which costs accuracy there.
 */

import { fromValues } from "../ndarray.ts";
import { MICROSOFT, onnx } from "../onnx/contract.ts";
import { dimEquals } from "../shape.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import { abs, add, cast, div, maximum, mul, round, sub } from "./elementwise.ts";
import { matmul } from "./matmul.ts";
import { late, orderToken } from "./order.ts";
import { max } from "./reduce.ts";

/** Keeps a row of zeros from dividing by zero. */
const TINY = 1e-30;
const ZERO = 128;

/** Inputs: x [..., width]. Outputs: u8 [..., width] around 128, f32 scales [..., 1]. */
const quantizeRowsOp: Op<Record<never, never>> = {
  name: "quantizeRows",
  infer([x]) {
    return [
      { dtype: "u8", shape: x.shape },
      { dtype: "f32", shape: [...x.shape.slice(0, -1), 1] },
    ];
  },
  lower(to, [x], { inputs: [{ shape }] }) {
    const axis = shape.length - 1;
    const width = shape[axis];
    if (typeof width !== "number" || width === 0) return undefined;
    const reduce = (op: string): string =>
      to.emit(op, [x, to.constant("i64", [1], [axis])], { keepdims: onnx.int(1) });
    // Both ends in two readings: |x| would be written out and read again.
    const [top, bottom] = [reduce("ReduceMax"), reduce("ReduceMin")];
    const least = to.constant("f32", [], [127 * TINY]);
    const largest = to.emit("Max", [top, to.emit("Neg", [bottom]), least]);
    const scales = to.emit("Mul", [largest, to.constant("f32", [], [1 / 127])]);
    const zeros = to.shared(`rows of ${ZERO}: ${shape.slice(0, -1)}`, () =>
      to.emit("ConstantOfShape", [to.shape([...shape.slice(0, -1), 1])], {
        value: { tensor: fromValues("u8", [1], [ZERO]) },
      }),
    );
    // One pass over x divides, rounds, shifts and narrows; a row is one block.
    const blocks = { axis: onnx.int(axis), block_size: onnx.int(width) };
    return [to.emit("QuantizeLinear", [x, scales, zeros], blocks), scales];
  },
  expand([x]) {
    const largest = max(abs(x), { axes: [-1], keepDims: true });
    const scales = maximum(mul(largest, 1 / 127), TINY);
    return [cast(add(round(div(x, scales)), ZERO), "u8"), scales];
  },
};

/** Inputs: x [..., width] (for the gradient), q, its scales, weight i8 [width, outputs], scales. */
const rowMatmulOp: Op<Record<never, never>> = {
  name: "rowMatmul",
  infer([x, , , weight, scales]) {
    const [inputs, outputs] = weight.shape;
    const fits =
      weight.dtype === "i8" &&
      dimEquals(x.shape[x.shape.length - 1], inputs) &&
      scales.shape.length === 1 &&
      dimEquals(scales.shape[0], outputs);
    if (!fits) throw shapeError("rowMatmul", "operands do not fit", [x, weight, scales]);
    return [{ dtype: "f32", shape: [...x.shape.slice(0, -1), outputs] }];
  },
  lower(to, [, q, rowScales, weight, scales]) {
    const zero = to.constant("u8", [], [ZERO]);
    const one = to.constant("f32", [], [1]);
    const y = to.emit("MatMulIntegerToFloat", [q, weight, one, scales, zero], {}, MICROSOFT);
    return [to.emit("Mul", [y, rowScales])];
  },
  expand([, q, rowScales, weight, scales]) {
    const y = matmul(sub(cast(q, "f32"), ZERO), cast(weight, "f32"));
    return [mul(mul(y, scales), rowScales)];
  },
  // As if nothing had been rounded: the derivative of the product in numbers.
  // The weight in floats lives no longer than its product.
  grad: ({ inputs: [, , , weight, scales] }, [g]) => {
    const floats = cast(late(weight, weight.shape, orderToken(g!)), "f32");
    return [matmul(mul(g!, scales), floats, { transposeB: true })];
  },
};

/** One quantisation of each tensor, whoever multiplies it: q, k and v share theirs. */
const quantized = new WeakMap<Tensor, readonly [q: Tensor, scales: Tensor]>();

function quantizeRows(x: Tensor): readonly [q: Tensor, scales: Tensor] {
  let parts = quantized.get(x);
  if (!parts) {
    const [q, scales] = apply(quantizeRowsOp, [x], {});
    parts = [q, scales];
    quantized.set(x, parts);
  }
  return parts;
}

/**
 * x W in 8-bit integers, x rounded to 8 bits row by row. The gradient by x passes the rounding as
 * if it were not there.
 *
 * @param x f32 [..., inputs]
 * @param weight i8 [inputs, outputs]
 * @param scales f32 [outputs]
 * @returns f32 [..., outputs]
 * @throws {ShapeError} where an operand does not fit
 */
export function rowMatmul(x: Tensor, weight: Tensor, scales: Tensor): Tensor {
  if (x.dtype !== "f32" || x.shape.length === 0) {
    throw shapeError("rowMatmul", "x is not f32 [..., inputs]", [x]);
  }
  return apply(rowMatmulOp, [x, ...quantizeRows(x), weight, scales], {})[0];
}
