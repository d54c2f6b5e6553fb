/** Activations with kernels of their own, and gated ones. */

import { MICROSOFT, onnx } from "../onnx/contract.ts";
import { apply, type Op, type Tensor } from "../tensor.ts";
import { add, exp, mul, sigmoid, square, sub, tanh } from "./elementwise.ts";
import { erf } from "./math.ts";

const siluOp: Op<Record<never, never>> = {
  name: "silu",
  infer: ([{ dtype, shape }]) => [{ dtype, shape }],
  lower: (to, inputs, { inputs: [x] }) =>
    x.dtype === "f32"
      ? [to.emit("QuickGelu", inputs, { alpha: onnx.float(1) }, MICROSOFT)]
      : undefined,
  expand: ([x]) => [mul(x, sigmoid(x))],
  // y' = s + x s (1 - s) = s + y (1 - s)
  grad({ inputs: [x], outputs: [y] }, [g]) {
    const s = sigmoid(x);
    return [mul(g!, add(s, mul(y, sub(1, s))))];
  },
};

/** x · sigmoid(x), also called swish. */
export const silu = (x: Tensor): Tensor => apply(siluOp, [x], {})[0];

/** silu(gate) · up (Shazeer, 2020). */
export const swiglu = (gate: Tensor, up: Tensor): Tensor => mul(silu(gate), up);

type Approximation = "none" | "tanh";

/** sqrt(2/π), and the factor of the cube in the tanh form. */
const [TANH_SCALE, TANH_CUBE] = [Math.sqrt(2 / Math.PI), 0.044715];

/** Φ(x) = (1 + erf(x / √2)) / 2 */
const normalCdf = (x: Tensor): Tensor => mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);

const tanhPart = (x: Tensor): Tensor =>
  tanh(mul(mul(x, add(mul(square(x), TANH_CUBE), 1)), TANH_SCALE));

const geluOp: Op<{ approximate: Approximation }> = {
  name: "gelu",
  infer: ([{ dtype, shape }]) => [{ dtype, shape }],
  lower(to, inputs, { inputs: [x], attrs: { approximate } }) {
    if (x.dtype !== "f32") return undefined;
    return [to.emit(approximate === "tanh" ? "FastGelu" : "Gelu", inputs, {}, MICROSOFT)];
  },
  expand: ([x], { approximate }) => [
    approximate === "tanh" ? mul(mul(x, 0.5), add(tanhPart(x), 1)) : mul(x, normalCdf(x)),
  ],
  grad({ inputs: [x], attrs: { approximate } }, [g]) {
    if (approximate === "none") {
      // Φ(x) + x φ(x) = (1 + erf(u) + u 2/√π exp(-u²)) / 2 at u = x / √2: the factor sits in the
      // exponent, and a half of g is free where g is a product.
      const u = mul(x, Math.SQRT1_2);
      const bell = exp(sub(Math.log(2 / Math.sqrt(Math.PI)), square(u)));
      return [mul(mul(g!, 0.5), add(add(erf(u), mul(u, bell)), 1))];
    }
    const t = tanhPart(x);
    const inner = mul(add(mul(square(x), 3 * TANH_CUBE), 1), TANH_SCALE); // derivative of its input
    const slope = mul(mul(mul(x, 0.5), sub(1, square(t))), inner);
    return [mul(g!, add(mul(add(t, 1), 0.5), slope))];
  },
};

/** x · Φ(x) (Hendrycks and Gimpel, 2016), exactly or with their tanh form of Φ. */
export const gelu = (x: Tensor, approximate: Approximation = "none"): Tensor =>
  apply(geluOp, [x], { approximate })[0];
