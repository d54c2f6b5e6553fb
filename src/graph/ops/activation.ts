/** Gated activations. */

import { MICROSOFT, onnx } from "../onnx/lowering.ts";
import { apply, type Op, type Tensor } from "../tensor.ts";
import { add, mul, sigmoid, sub } from "./elementwise.ts";

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
