/** Elementwise functions beyond the basic ones. */

import type { DType } from "../dtype.ts";
import { type Lowering, onnx } from "../onnx/contract.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import {
  abs,
  add,
  checkDomain,
  div,
  equal,
  exp,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  logicalAnd,
  maximum,
  mul,
  neg,
  sigmoid,
  sub,
  unary,
  where,
} from "./elementwise.ts";
import { emitCast, emitKernel } from "./kernel.ts";

type None = Record<never, never>;

/** Terms of the series of erf that matter for |x| <= 6, where erf is 1 to the last bit. */
const ERF_TERMS = 140;

/**
 * erf in f64, which has no kernel: 2x/√π · exp(-x²) · Σ (2x²)ⁿ / (2n+1)!!, whose terms are all
 * positive (Abramowitz and Stegun, 7.1.6). Slow, but exact to a few units in the last place;
 * f64 serves gradient checks.
 */
function erfSeries(to: Lowering, x: string): string {
  const coefficients = [2 / Math.sqrt(Math.PI)];
  for (let n = 1; n < ERF_TERMS; n++) coefficients.push((coefficients[n - 1] * 2) / (2 * n + 1));
  const limited = to.emit("Clip", [x, to.constant("f64", [], [-6]), to.constant("f64", [], [6])]);
  const t = to.emit("Mul", [limited, limited]);
  const column = to.emit("Reshape", [t, to.constant("i64", [2], [-1, 1])]);
  const exponents = to.constant(
    "f64",
    [ERF_TERMS],
    coefficients.map((_, n) => n),
  );
  const powers = to.emit("Pow", [column, exponents]);
  const terms = to.emit("Mul", [powers, to.constant("f64", [ERF_TERMS], coefficients)]);
  const sum = to.emit("ReduceSum", [terms, to.constant("i64", [1], [-1])], {
    keepdims: onnx.int(0),
  });
  const decay = to.emit("Exp", [to.emit("Neg", [t])]);
  const back = to.emit("Reshape", [sum, to.emit("Shape", [x])], { allowzero: onnx.int(1) });
  return to.emit("Mul", [limited, to.emit("Mul", [decay, back])]);
}

/** Gauss error function. */
export const erf = unary("erf", {
  domain: "float",
  kernel: (to, [x], dtype) =>
    dtype === "f64" ? erfSeries(to, x) : emitKernel(to, "Erf", [x], dtype, { missing: ["bf16"] }),
  grad: (g, x) => mul(g, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI))),
});

function composite(
  name: string,
  expand: (x: Tensor) => Tensor,
  grad: (g: Tensor, x: Tensor, y: Tensor) => Tensor,
  lower?: Op<None>["lower"],
): (x: Tensor) => Tensor {
  const op: Op<None> = {
    name,
    infer([x]) {
      checkDomain(name, "float", [x]);
      return [{ dtype: x.dtype, shape: x.shape }];
    },
    expand: ([x]) => [expand(x)],
    grad: ({ inputs: [x], outputs: [y] }, [g]) => [grad(g!, x, y)],
    ...(lower && { lower }),
  };
  return (x) => apply(op, [x], {})[0];
}

/** log(1 + x), exact near 0: the rounding of u = 1 + x cancels in log(u) · x / (u - 1). */
export const log1p = composite(
  "log1p",
  (x) => {
    const u = add(x, 1);
    const scaled = mul(log(u), div(x, sub(u, 1)));
    return where(equal(u, 1), x, where(equal(u, x), log(u), scaled));
  },
  (g, x) => div(g, add(x, 1)),
);

/** exp(x) - 1, exact near 0, by the same cancellation as `log1p`. */
export const expm1 = composite(
  "expm1",
  (x) => {
    const u = exp(x);
    const less1 = sub(u, 1);
    // Outside of (-40, 40) the 1 is lost in u, or u in the 1; the quotient might be infinite.
    const scaled = mul(less1, div(x, log(u)));
    const near = where(equal(u, 1), x, scaled);
    return where(less(abs(x), 40), near, less1);
  },
  (g, _, y) => mul(g, add(y, 1)),
);

/** log(1 + exp(x)) without overflow. */
export const softplus = composite(
  "softplus",
  (x) => add(maximum(x, 0), log1p(exp(neg(abs(x))))),
  (g, x) => mul(g, sigmoid(x)),
  (to, [x], { inputs: [{ dtype }] }) => (dtype === "f32" ? [to.emit("Softplus", [x])] : undefined),
);

/** x for x > 0, slope · x below. */
export const leakyRelu = (x: Tensor, slope = 0.01): Tensor =>
  where(greater(x, 0), x, mul(x, slope));

interface Bounds {
  readonly low: number;
  readonly high: number;
}

const clipOp: Op<Bounds> = {
  name: "clip",
  infer([x], { low, high }) {
    checkDomain("clip", "number", [x]);
    if (!(low <= high)) throw shapeError("clip", `bounds ${low} and ${high} are out of order`, [x]);
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  lower(to, [x], { inputs: [{ dtype }], attrs: { low, high } }) {
    const wide = ({ bf16: "f32", i16: "i32", u16: "i32" } as Record<string, DType>)[dtype];
    const bounds = [low, high].map((v) =>
      Number.isFinite(v) ? to.constant(wide ?? dtype, [], [v]) : "",
    );
    if (!wide) return [to.emit("Clip", [x, ...bounds])];
    return [emitCast(to, to.emit("Clip", [emitCast(to, x, wide), ...bounds]), dtype)];
  },
  grad({ inputs: [x], attrs: { low, high } }, [g]) {
    const inside = logicalAnd(greaterEqual(x, low), lessEqual(x, high));
    return [where(inside, g!, 0)];
  },
};

/** x limited to [low, high] (infinite: no limit); the gradient passes inside and at the bounds. */
export const clip = (x: Tensor, low: number, high: number): Tensor =>
  apply(clipOp, [x], { low, high })[0];

export const isNan = unary("isNan", {
  domain: "float",
  kernel: (to, inputs) => to.emit("IsNaN", inputs),
  result: "bool",
});
/** Infinite of either sign. */
export const isInf = unary("isInf", {
  domain: "float",
  kernel: (to, inputs) => to.emit("IsInf", inputs),
  result: "bool",
});
/** Neither infinite nor NaN. */
export const isFiniteNumber = unary("isFiniteNumber", {
  domain: "float",
  kernel: (to, [x]) =>
    to.emit("Not", [to.emit("Or", [to.emit("IsNaN", [x]), to.emit("IsInf", [x])])]),
  result: "bool",
});
