/** Elementwise arithmetic with NumPy broadcasting. A plain number takes the other side's dtype. */

import type { DType } from "../dtype.ts";
import { dtypes } from "../dtype.ts";
import { onnx } from "../onnx/lowering.ts";
import { broadcastShapes } from "../shape.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import { scalar } from "./leaf.ts";
import { sumTo } from "./reshape.ts";

export type Operand = Tensor | number;
type None = Record<never, never>;
type BinaryGrad = (g: Tensor, a: Tensor, b: Tensor, y: Tensor) => [Tensor?, Tensor?];
type UnaryGrad = (g: Tensor, x: Tensor, y: Tensor) => Tensor;

function binaryOp(name: string, onnxType: string, grad?: BinaryGrad, out?: DType): Op<None> {
  return {
    name,
    infer([a, b]) {
      if (a.dtype !== b.dtype) throw shapeError(name, "dtypes differ", [a, b]);
      const shape = broadcastShapes(a.shape, b.shape);
      if (!shape) throw shapeError(name, "shapes do not broadcast", [a, b]);
      return [{ dtype: out ?? a.dtype, shape }];
    },
    lower: (to, inputs) => [to.emit(onnxType, inputs)],
    grad({ inputs: [a, b], outputs: [y] }, [g]) {
      if (!grad) return [];
      const [ga, gb] = grad(g!, a, b, y);
      return [ga && sumTo(ga, a.shape), gb && sumTo(gb, b.shape)];
    },
  };
}

function binary(
  name: string,
  onnxType: string,
  grad?: BinaryGrad,
  out?: DType,
): (a: Operand, b: Operand) => Tensor {
  const op = binaryOp(name, onnxType, grad, out);
  return (a, b) => apply(op, operands(name, a, b), {})[0];
}

function operands(name: string, a: Operand, b: Operand): [Tensor, Tensor] {
  if (typeof a === "number") {
    if (typeof b === "number") throw new Error(`${name}: one operand must be a tensor`);
    return [scalar(a, b.dtype), b];
  }
  return [a, typeof b === "number" ? scalar(b, a.dtype) : b];
}

function unary(name: string, onnxType: string, grad?: UnaryGrad): (x: Tensor) => Tensor {
  const op: Op<None> = {
    name,
    infer: ([{ dtype, shape }]) => [{ dtype, shape }],
    lower: (to, inputs) => [to.emit(onnxType, inputs)],
    grad: ({ inputs: [x], outputs: [y] }, [g]) => [grad?.(g!, x, y)],
  };
  return (x) => apply(op, [x], {})[0];
}

export const add = binary("add", "Add", (g) => [g, g]);
export const sub = binary("sub", "Sub", (g) => [g, neg(g)]);
export const mul = binary("mul", "Mul", (g, a, b) => [mul(g, b), mul(g, a)]);
/** Quotient; integers truncate toward zero. */
export const div = binary("div", "Div", (g, _a, b, y) => [div(g, b), neg(div(mul(g, y), b))]);
/** a to the power b; the gradient by b needs a > 0. */
export const pow = binary("pow", "Pow", (g, a, b, y) => [
  mul(g, mul(b, pow(a, sub(b, 1)))),
  // 0 where a is 0, as PyTorch has it: the limit of y log a.
  mul(g, where(greater(a, 0), mul(y, log(where(greater(a, 0), a, 1))), 0)),
]);
/** Larger value; a tie gives each side half of the gradient. */
export const maximum = binary("maximum", "Max", (g, a, b) => [
  mul(g, tieShare(a, b)),
  mul(g, tieShare(b, a)),
]);
/** Smaller value; a tie gives each side half of the gradient. */
export const minimum = binary("minimum", "Min", (g, a, b) => [
  mul(g, tieShare(b, a)),
  mul(g, tieShare(a, b)),
]);

/** 1 where a > b, 1/2 where equal, 0 elsewhere. */
const tieShare = (a: Tensor, b: Tensor): Tensor =>
  where(equal(a, b), scalar(0.5, a.dtype), cast(greater(a, b), a.dtype));

export const equal = binary("equal", "Equal", undefined, "bool");
export const less = binary("less", "Less", undefined, "bool");
export const lessEqual = binary("lessEqual", "LessOrEqual", undefined, "bool");
export const greater = binary("greater", "Greater", undefined, "bool");
export const greaterEqual = binary("greaterEqual", "GreaterOrEqual", undefined, "bool");
export const logicalAnd = binary("logicalAnd", "And");
export const logicalOr = binary("logicalOr", "Or");
export const logicalXor = binary("logicalXor", "Xor");
export const logicalNot = unary("logicalNot", "Not");
export const notEqual = (a: Operand, b: Operand): Tensor => logicalNot(equal(a, b));

export const neg = unary("neg", "Neg", (g) => neg(g));
export const exp = unary("exp", "Exp", (g, _, y) => mul(g, y));
export const log = unary("log", "Log", (g, x) => div(g, x));
export const sqrt = unary("sqrt", "Sqrt", (g, _, y) => div(mul(g, 0.5), y));
export const reciprocal = unary("reciprocal", "Reciprocal", (g, _, y) => neg(mul(g, mul(y, y))));
export const abs = unary("abs", "Abs", (g, x) => mul(g, sign(x)));
export const sign = unary("sign", "Sign", (g) => mul(g, 0));
export const sin = unary("sin", "Sin", (g, x) => mul(g, cos(x)));
export const cos = unary("cos", "Cos", (g, x) => neg(mul(g, sin(x))));
export const tanh = unary("tanh", "Tanh", (g, _, y) => mul(g, sub(1, mul(y, y))));
export const sigmoid = unary("sigmoid", "Sigmoid", (g, _, y) => mul(g, mul(y, sub(1, y))));
export const floor = unary("floor", "Floor", (g) => mul(g, 0));
export const ceil = unary("ceil", "Ceil", (g) => mul(g, 0));
/** Nearest integer, ties to even. */
export const round = unary("round", "Round", (g) => mul(g, 0));
export const relu = unary("relu", "Relu", (g, x) => mul(g, cast(greater(x, 0), g.dtype)));
export const erf = unary("erf", "Erf", (g, x) =>
  mul(g, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI))),
);

export const square = (x: Tensor): Tensor => mul(x, x);
export const rsqrt = (x: Tensor): Tensor => reciprocal(sqrt(x));

const whereOp: Op<None> = {
  name: "where",
  infer([condition, a, b]) {
    if (condition.dtype !== "bool") throw shapeError("where", "condition is not bool", [condition]);
    if (a.dtype !== b.dtype) throw shapeError("where", "dtypes differ", [a, b]);
    const values = broadcastShapes(a.shape, b.shape);
    const shape = values && broadcastShapes(condition.shape, values);
    if (!shape) throw shapeError("where", "shapes do not broadcast", [condition, a, b]);
    return [{ dtype: a.dtype, shape }];
  },
  lower: (to, inputs) => [to.emit("Where", inputs)],
  grad: ({ inputs: [condition, a, b] }, [g]) => [
    undefined,
    sumTo(where(condition, g!, 0), a.shape),
    sumTo(where(condition, 0, g!), b.shape),
  ],
};

/** a where the condition holds, else b. Gradients do not leak through the side not taken. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  return apply(whereOp, [condition, ...operands("where", a, b)], {})[0];
}

const castOp: Op<{ to: DType }> = {
  name: "cast",
  infer: ([x], { to }) => [{ dtype: to, shape: x.shape }],
  lower: (to, inputs, { attrs }) => [
    to.emit("Cast", inputs, { to: onnx.int(dtypes[attrs.to].onnx) }),
  ],
  grad: ({ inputs: [x] }, [g]) => [cast(g!, x.dtype)],
};

/** Converts the elements; the identity where the dtype is the same. */
export const cast = (x: Tensor, to: DType): Tensor =>
  x.dtype === to ? x : apply(castOp, [x], { to })[0];

const stopGradientOp: Op<None> = {
  name: "stopGradient",
  infer: ([{ dtype, shape }]) => [{ dtype, shape }],
  lower: (_, [x]) => [x],
  grad: () => [undefined],
};

/** The value itself, as a constant to differentiation. */
export const stopGradient = (x: Tensor): Tensor => apply(stopGradientOp, [x], {})[0];
