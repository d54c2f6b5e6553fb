/** Rotary position embedding. */

import { onnx } from "../onnx/contract.ts";
import { dimMul } from "../shape.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import { add, mul, neg, sub } from "./elementwise.ts";
import { concat, slice, split } from "./join.ts";
import { expandDims } from "./reshape.ts";

const rotaryOp: Op<Record<never, never>> = {
  name: "rotary",
  infer([x, cos, sin]) {
    const half = cos.shape[cos.shape.length - 1];
    const width = x.shape[3];
    const fits =
      x.shape.length === 4 &&
      cos.shape.length === 3 &&
      `${cos.shape}` === `${sin.shape}` &&
      typeof half === "number" &&
      typeof width === "number" &&
      2 * half <= width;
    if (!fits) throw shapeError("rotary", "cos and sin do not fit", [x, cos, sin]);
    return [x];
  },
  lower(to, [x, cos, sin], { inputs: [tensor, angles] }) {
    const [batch, seq, heads, width] = tensor.shape;
    const half = angles.shape[2] as number;
    if (tensor.dtype !== "f32" || typeof heads !== "number") return undefined;
    if (typeof width !== "number") return undefined;
    const flat = to.joinHeads(x, heads * width);
    const same = `${angles.shape[0]}` === `${batch}`;
    const spread = (name: string): string =>
      same ? name : to.emit("Expand", [name, to.shape([batch, seq, half])]);
    const y = to.emit("RotaryEmbedding", [flat, spread(cos), spread(sin)], {
      num_heads: onnx.int(heads),
      rotary_embedding_dim: onnx.int(dimMul(half, 2) === width ? 0 : 2 * half),
    });
    return [to.splitHeads(y, heads, width)];
  },
  expand([x, cos, sin]) {
    const half = cos.shape[2] as number;
    const [c, s] = [expandDims(cos, 2), expandDims(sin, 2)]; // [batch, seq, 1, half]
    const [a, b] = split(slice(x, 3, 0, 2 * half), [half, half], 3);
    const rotated = [sub(mul(a, c), mul(b, s)), add(mul(b, c), mul(a, s))];
    if (x.shape[3] !== 2 * half) rotated.push(slice(x, 3, 2 * half));
    return [concat(rotated, 3)];
  },
  // The transpose of a rotation is the rotation by the opposite angle.
  grad: ({ inputs: [, cos, sin] }, [g]) => [rotary(g!, cos, neg(sin)), undefined, undefined],
};

/**
 * Rotates pairs (i, i + half) of each head by position-dependent angles (RoFormer, Su et al.
 * 2021; the "rotate half" layout of GPT-NeoX and Qwen). Channels beyond 2·half pass through
 * (partial rotary). Angles are constants to differentiation.
 *
 * @param x [batch, seq, heads, width]
 * @param cos [batch or 1, seq, half], already scaled where the method scales (YaRN)
 * @param sin as cos
 */
export const rotary = (x: Tensor, cos: Tensor, sin: Tensor): Tensor =>
  apply(rotaryOp, [x, cos, sin], {})[0];
