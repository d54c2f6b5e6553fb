/** Elementwise arithmetic with NumPy broadcasting. A plain number takes the other side's dtype. */

import { type DType, dtypes, isFloat } from "../dtype.ts";
import type { Lowering } from "../onnx/contract.ts";
import { onnx } from "../onnx/contract.ts";
import { broadcastShapes } from "../shape.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import { emitCast, emitKernel } from "./kernel.ts";
import { scalar } from "./leaf.ts";
import { sumTo } from "./reshape.ts";

export type Operand = Tensor | number;
type None = Record<never, never>;
type BinaryGrad = (g: Tensor, a: Tensor, b: Tensor, y: Tensor) => [Tensor?, Tensor?];
type UnaryGrad = (g: Tensor, x: Tensor, y: Tensor) => Tensor;
type Kernel = (to: Lowering, inputs: readonly string[], dtype: DType) => string;

/** What an op accepts. */
type Domain = "any" | "number" | "float" | "bool";

const DOMAIN_TEXT = { number: "numbers, not bool", float: "floats", bool: "bool" };

export function checkDomain(name: string, domain: Domain, inputs: readonly Tensor[]): void {
  for (const { dtype } of inputs) {
    const { kind } = dtypes[dtype];
    const fits = domain === "any" || (domain === "number" ? kind !== "bool" : kind === domain);
    if (!fits) throw shapeError(name, `needs ${DOMAIN_TEXT[domain as "float"]}`, inputs);
  }
}

/** Kernel that is missing for some dtypes; a comparison gives bool. */
const kernel =
  (onnxType: string, missing: readonly DType[], result?: DType): Kernel =>
  (to, inputs, dtype) =>
    emitKernel(to, onnxType, inputs, dtype, { missing, result });

interface BinaryOp {
  readonly domain: Domain;
  readonly kernel: Kernel;
  readonly grad?: BinaryGrad;
  /** dtype of the result where it is not that of the operands. */
  readonly result?: DType;
}

function binary(name: string, { domain, kernel, grad, result }: BinaryOp) {
  const op: Op<None> = {
    name,
    infer([a, b]) {
      if (a.dtype !== b.dtype) throw shapeError(name, "dtypes differ", [a, b]);
      checkDomain(name, domain, [a, b]);
      const shape = broadcastShapes(a.shape, b.shape);
      if (!shape) throw shapeError(name, "shapes do not broadcast", [a, b]);
      return [{ dtype: result ?? a.dtype, shape }];
    },
    lower: (to, inputs, node) => [kernel(to, inputs, node.inputs[0].dtype)],
    grad({ inputs: [a, b], outputs: [y] }, [g]) {
      if (!grad || !isFloat(y.dtype)) return [];
      const [ga, gb] = grad(g!, a, b, y);
      return [ga && sumTo(ga, a.shape), gb && sumTo(gb, b.shape)];
    },
  };
  return (a: Operand, b: Operand): Tensor => apply(op, operands(name, a, b), {})[0];
}

function operands(name: string, a: Operand, b: Operand): [Tensor, Tensor] {
  if (typeof a === "number") {
    if (typeof b === "number") throw new Error(`${name}: one operand must be a tensor`);
    return [scalar(a, b.dtype), b];
  }
  return [a, typeof b === "number" ? scalar(b, a.dtype) : b];
}

export interface UnaryOp {
  readonly domain: Domain;
  readonly kernel: Kernel;
  readonly grad?: UnaryGrad;
  readonly result?: DType;
}

/** Declares an op on one tensor whose result has its shape. */
export function unary(name: string, { domain, kernel, grad, result }: UnaryOp) {
  const op: Op<None> = {
    name,
    infer([x]) {
      checkDomain(name, domain, [x]);
      return [{ dtype: result ?? x.dtype, shape: x.shape }];
    },
    lower: (to, inputs, node) => [kernel(to, inputs, node.inputs[0].dtype)],
    grad: ({ inputs: [x], outputs: [y] }, [g]) => [isFloat(y.dtype) ? grad?.(g!, x, y) : undefined],
  };
  return (x: Tensor): Tensor => apply(op, [x], {})[0];
}

const arithmetic = (onnxType: string, grad: BinaryGrad): BinaryOp => ({
  domain: "number",
  kernel: kernel(onnxType, ["bf16"]),
  grad,
});

export const add = binary(
  "add",
  arithmetic("Add", (g) => [g, g]),
);
export const sub = binary(
  "sub",
  arithmetic("Sub", (g) => [g, neg(g)]),
);
export const mul = binary(
  "mul",
  arithmetic("Mul", (g, a, b) => [mul(g, b), mul(g, a)]),
);
/** Quotient; integers truncate toward zero. */
export const div = binary(
  "div",
  arithmetic("Div", (g, _a, b, y) => [div(g, b), neg(div(mul(g, y), b))]),
);

/** a to the power b; the gradient by b needs a > 0. */
export const pow = binary("pow", {
  domain: "number",
  kernel: kernel("Pow", ["bf16", "i8", "i16", "u8", "u16", "u32"]),
  grad: (g, a, b, y) => [
    // 0 where b is 0, also at a = 0, where b · a^(b-1) would be 0 · infinity.
    mul(g, where(equal(b, 0), 0, mul(b, pow(a, sub(b, 1))))),
    // 0 where a is 0, as PyTorch has it: the limit of y log a.
    mul(g, where(greater(a, 0), mul(y, log(where(greater(a, 0), a, 1))), 0)),
  ],
});

const extremum = (onnxType: string, grad: BinaryGrad): BinaryOp => ({
  domain: "number",
  kernel: kernel(onnxType, ["bf16", "i16", "u16"]),
  grad,
});

/** Larger value, NaN where either is; a tie gives each side half of the gradient. */
export const maximum = binary(
  "maximum",
  extremum("Max", (g, a, b) => [mul(g, tieShare(a, b)), mul(g, tieShare(b, a))]),
);
/** Smaller value, NaN where either is; a tie gives each side half of the gradient. */
export const minimum = binary(
  "minimum",
  extremum("Min", (g, a, b) => [mul(g, tieShare(b, a)), mul(g, tieShare(a, b))]),
);

/** 1 where a > b, 1/2 where equal, 0 elsewhere. */
const tieShare = (a: Tensor, b: Tensor): Tensor =>
  where(equal(a, b), scalar(0.5, a.dtype), cast(greater(a, b), a.dtype));

/** Remainder with the sign of the divisor, as in Python and NumPy: mod(-1, 3) = 2. */
export const mod = binary("mod", {
  domain: "number",
  kernel(to, [a, b], dtype) {
    if (!isFloat(dtype)) return to.emit("Mod", [a, b]);
    if (dtype === "bf16") {
      const [wideA, wideB] = [a, b].map((name) => emitCast(to, name, "f32"));
      return emitCast(to, floatMod(to, wideA, wideB, "f32"), "bf16");
    }
    return floatMod(to, a, b, dtype);
  },
  grad: (g, a, b) => [g, neg(mul(g, floor(div(a, b))))],
});

/** The kernel's remainder has the sign of the dividend. */
function floatMod(to: Lowering, a: string, b: string, dtype: DType): string {
  const rest = to.emit("Mod", [a, b], { fmod: onnx.int(1) });
  const zero = to.constant(dtype, [], [0]);
  const [negative, divisorNegative] = [rest, b].map((name) => to.emit("Less", [name, zero]));
  const exact = to.emit("Equal", [rest, zero]);
  const wrongSign = to.emit("Xor", [negative, divisorNegative]);
  const keep = to.emit("Or", [exact, to.emit("Not", [wrongSign])]);
  return to.emit("Where", [keep, rest, to.emit("Add", [rest, b])]);
}

const comparison = (onnxType: string, missing: readonly DType[]): BinaryOp => ({
  domain: "any",
  kernel: kernel(onnxType, missing, "bool"),
  result: "bool",
});

export const equal = binary("equal", comparison("Equal", ["bf16"]));
export const less = binary("less", comparison("Less", ["bf16", "bool"]));
export const lessEqual = binary("lessEqual", comparison("LessOrEqual", ["bf16", "bool"]));
export const greater = binary("greater", comparison("Greater", ["bf16", "bool"]));
export const greaterEqual = binary("greaterEqual", comparison("GreaterOrEqual", ["bf16", "bool"]));

const logical = (onnxType: string): BinaryOp => ({ domain: "bool", kernel: kernel(onnxType, []) });

export const logicalAnd = binary("logicalAnd", logical("And"));
export const logicalOr = binary("logicalOr", logical("Or"));
export const logicalXor = binary("logicalXor", logical("Xor"));
export const logicalNot = unary("logicalNot", { domain: "bool", kernel: kernel("Not", []) });
export const notEqual = (a: Operand, b: Operand): Tensor => logicalNot(equal(a, b));

const float = (onnxType: string, grad: UnaryGrad, missing: readonly DType[] = []): UnaryOp => ({
  domain: "float",
  kernel: kernel(onnxType, ["bf16", ...missing]),
  grad,
});
const flat: UnaryGrad = (g) => mul(g, 0);

export const neg = unary("neg", {
  domain: "number",
  kernel: (to, [x], dtype) =>
    // Unsigned integers wrap around, as everywhere else.
    dtypes[dtype].kind === "uint"
      ? to.emit("Sub", [to.constant(dtype, [], [0]), x])
      : emitKernel(to, "Neg", [x], dtype, { missing: ["bf16"] }),
  grad: (g) => neg(g),
});
export const abs = unary("abs", {
  domain: "number",
  kernel: kernel("Abs", ["bf16"]),
  grad: (g, x) => mul(g, sign(x)),
});
/** -1, 0 or 1. */
export const sign = unary("sign", { domain: "number", kernel: kernel("Sign", []), grad: flat });

export const exp = unary(
  "exp",
  float("Exp", (g, _, y) => mul(g, y)),
);
export const log = unary(
  "log",
  float("Log", (g, x) => div(g, x)),
);
export const sqrt = unary(
  "sqrt",
  float("Sqrt", (g, _, y) => div(mul(g, 0.5), y)),
);
export const reciprocal = unary(
  "reciprocal",
  float("Reciprocal", (g, _, y) => neg(mul(g, mul(y, y)))),
);
export const sin = unary(
  "sin",
  float("Sin", (g, x) => mul(g, cos(x))),
);
export const cos = unary(
  "cos",
  float("Cos", (g, x) => neg(mul(g, sin(x)))),
);
export const tanh = unary(
  "tanh",
  float("Tanh", (g, _, y) => mul(g, sub(1, mul(y, y)))),
);
export const sigmoid = unary("sigmoid", {
  domain: "float",
  kernel(to, [x], dtype) {
    if (dtype !== "f64") return emitKernel(to, "Sigmoid", [x], dtype, { missing: ["bf16"] });
    // x · Sigmoid(x) would be fused to a kernel that does not exist in f64 (QuickGelu).
    const decay = to.emit("Exp", [to.emit("Neg", [x])]);
    return to.emit("Reciprocal", [to.emit("Add", [decay, to.constant("f64", [], [1])])]);
  },
  grad: (g, _, y) => mul(g, mul(y, sub(1, y))),
});
export const floor = unary("floor", float("Floor", flat));
export const ceil = unary("ceil", float("Ceil", flat));
/** Nearest integer, ties to even. */
export const round = unary("round", float("Round", flat));
export const relu = unary(
  "relu",
  float("Relu", (g, x) => mul(g, cast(greater(x, 0), g.dtype))),
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
  lower(to, [condition, a, b], { inputs: [, { dtype }] }) {
    const wide = WHERE_AS[dtype];
    if (!wide) return [to.emit("Where", [condition, a, b])];
    const [wideA, wideB] = [a, b].map((name) => emitCast(to, name, wide));
    return [emitCast(to, to.emit("Where", [condition, wideA, wideB]), dtype)];
  },
  grad: ({ inputs: [condition, a, b] }, [g]) => [
    undefined,
    sumTo(where(condition, g!, 0), a.shape),
    sumTo(where(condition, 0, g!), b.shape),
  ],
};

/** dtypes without a Where kernel, and what stands in (u64 keeps its bits in i64). */
const WHERE_AS: Readonly<Partial<Record<DType, DType>>> = {
  bf16: "f32",
  i8: "i32",
  i16: "i32",
  u16: "i32",
  u32: "i64",
  u64: "i64",
  bool: "u8",
};

/** a where the condition holds, else b. Gradients do not leak through the side not taken. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  return apply(whereOp, [condition, ...operands("where", a, b)], {})[0];
}

const castOp: Op<{ to: DType }> = {
  name: "cast",
  infer: ([x], { to }) => [{ dtype: to, shape: x.shape }],
  lower: (to, [x], { attrs }) => [emitCast(to, x, attrs.to)],
  grad: ({ inputs: [x] }, [g]) => [isFloat(x.dtype) ? cast(g!, x.dtype) : undefined],
};

/** Converts the elements; the identity where the dtype is the same. Floats truncate to integers. */
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
