/** Short causal convolution of each channel over time, with a state for decoding. */

import { MICROSOFT, onnx } from "../onnx/contract.ts";
import { dimAdd, dimEquals, shapeEquals } from "../shape.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import { silu } from "./activation.ts";
import { add, mul } from "./elementwise.ts";
import { concat, pad, slice } from "./join.ts";
import { reshape } from "./reshape.ts";

export interface CausalConvOptions {
  /** [channels] */
  readonly bias?: Tensor;
  /** Applied to the result. */
  readonly activation?: "silu";
  /** The `kernel - 1` inputs before x, [batch, kernel - 1, channels]; zeros where left out. */
  readonly state?: Tensor;
}

interface CausalConvAttrs {
  readonly activation: "silu" | undefined;
  /** Which optional inputs follow x and weight, in this order. */
  readonly has: { readonly bias: boolean; readonly state: boolean };
}

function parts([x, weight, ...rest]: readonly Tensor[], { has }: CausalConvAttrs) {
  const bias = has.bias ? rest.shift() : undefined;
  return { x, weight, bias, state: rest[0] as Tensor | undefined };
}

/** Outputs: result [batch, seq, channels], the last kernel - 1 inputs. */
const causalConvOp: Op<CausalConvAttrs> = {
  name: "causalConv",
  infer(inputs, attrs) {
    const { x, weight, bias, state } = parts(inputs, attrs);
    const [batch, , channels] = x.shape;
    const [own, kernel] = weight.shape;
    const fits =
      x.shape.length === 3 &&
      weight.shape.length === 2 &&
      typeof kernel === "number" &&
      dimEquals(own, channels) &&
      inputs.every((t) => t.dtype === x.dtype) &&
      (!bias || shapeEquals(bias.shape, [channels]));
    if (!fits) throw shapeError("causalConv", "x, weight and bias do not fit", inputs);
    const after = [batch, kernel - 1, channels];
    if (state && !shapeEquals(state.shape, after)) {
      throw shapeError("causalConv", `the state is not [${after.join(", ")}]`, [state]);
    }
    return [x, { dtype: x.dtype, shape: after }];
  },
  lower(to, inputs, { inputs: tensors, attrs: { activation, has } }) {
    const [x, weight] = tensors;
    const kernel = weight.shape[1];
    if (x.dtype !== "f32" || kernel === 1) return undefined;
    const names = inputs.slice(2);
    const bias = has.bias ? names.shift()! : "";
    const filter = to.emit("Unsqueeze", [inputs[1], to.constant("i64", [1], [1])]);
    return to.emitMany(
      "CausalConvWithState",
      [inputs[0], filter, bias, names[0] ?? ""],
      { activation: onnx.string(activation ?? "none"), channels_last: onnx.int(1) },
      2,
      MICROSOFT,
    );
  },
  expand(inputs, attrs) {
    const { x, weight, bias, state } = parts(inputs, attrs);
    const seq = x.shape[1];
    const kernel = weight.shape[1] as number;
    // [batch, kernel - 1 + seq, channels]
    const whole = state ? concat([state, x], 1) : pad(x, 1, kernel - 1, 0);
    let y: Tensor | undefined;
    for (let i = 0; i < kernel; i++) {
      const tap = reshape(slice(weight, 1, i, i + 1), [-1]);
      const term = mul(slice(whole, 1, i, dimAdd(seq, i)), tap);
      y = y ? add(y, term) : term;
    }
    if (bias) y = add(y!, bias);
    return [attrs.activation ? silu(y!) : y!, slice(whole, 1, seq)];
  },
};

export interface CausalConvResult {
  /** [batch, seq, channels] */
  readonly output: Tensor;
  /** [batch, kernel - 1, channels]: `state` of the call that continues the sequence. */
  readonly state: Tensor;
}

/**
 * y[t, c] = Σ_i weight[c, i] · x[t - kernel + 1 + i, c]: each channel sees itself now and in the
 * `kernel - 1` steps before (the short convolution of Mamba and of the gated delta net).
 *
 * @param x [batch, seq, channels]
 * @param weight [channels, kernel], the last tap for the present; PyTorch's conv1d.weight without
 *   its middle axis
 * @throws {ShapeError} where the operands do not fit.
 */
export function causalConv(
  x: Tensor,
  weight: Tensor,
  { bias, activation, state }: CausalConvOptions = {},
): CausalConvResult {
  const inputs = [x, weight];
  if (bias) inputs.push(bias);
  if (state) inputs.push(state);
  const has = { bias: !!bias, state: !!state };
  const [output, after] = apply(causalConvOp, inputs, { activation, has });
  return { output, state: after };
}
