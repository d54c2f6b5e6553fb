/** The tensors of a first-generation Qwen under the names that the shared decoder asks for. */

import type { Checkpoint, TensorInfo } from "../checkpoint/checkpoint.ts";
import { convertArray } from "../checkpoint/convert.ts";
import type { DType, TypedArray } from "../graph/dtype.ts";
import { type NDArray, ndarray, zeros } from "../graph/ndarray.ts";
import type { NamedWeight } from "./expert-weights.ts";

/** Where the decoder's tensor is stored: whole, or as one of three equal groups of rows. */
interface Place {
  readonly stored: string;
  readonly third?: number;
}

const OUTSIDE: Readonly<Record<string, string>> = {
  "model.embed_tokens.weight": "transformer.wte.weight",
  "model.norm.weight": "transformer.ln_f.weight",
};

/** Within a layer. The MLP is c_proj(w1 x · silu(w2 x)): w2 is the gate. */
const LAYER = new Map<string, Place>([
  ["input_layernorm.weight", { stored: "ln_1.weight" }],
  ["self_attn.q_proj.weight", { stored: "attn.c_attn.weight", third: 0 }],
  ["self_attn.k_proj.weight", { stored: "attn.c_attn.weight", third: 1 }],
  ["self_attn.v_proj.weight", { stored: "attn.c_attn.weight", third: 2 }],
  ["self_attn.q_proj.bias", { stored: "attn.c_attn.bias", third: 0 }],
  ["self_attn.k_proj.bias", { stored: "attn.c_attn.bias", third: 1 }],
  ["self_attn.v_proj.bias", { stored: "attn.c_attn.bias", third: 2 }],
  ["self_attn.o_proj.weight", { stored: "attn.c_proj.weight" }],
  ["post_attention_layernorm.weight", { stored: "ln_2.weight" }],
  ["mlp.gate_proj.weight", { stored: "mlp.w2.weight" }],
  ["mlp.up_proj.weight", { stored: "mlp.w1.weight" }],
  ["mlp.down_proj.weight", { stored: "mlp.c_proj.weight" }],
]);

function placeOf(name: string): Place {
  const [, layer, inner] = /^model\.layers\.(\d+)\.(.+)$/.exec(name) ?? [];
  const place = LAYER.get(inner);
  if (place) return { ...place, stored: `transformer.h.${layer}.${place.stored}` };
  return { stored: OUTSIDE[name] ?? name };
}

/** The decoder's names for a stored tensor. */
function namesOf(stored: string): string[] {
  const [, layer, inner] = /^transformer\.h\.(\d+)\.(.+)$/.exec(stored) ?? [];
  const found = [...LAYER].filter(([, place]) => place.stored === inner);
  if (found.length > 0) return found.map(([name]) => `model.layers.${layer}.${name}`);
  const outside = Object.entries(OUTSIDE).find(([, place]) => place === stored);
  return [outside?.[0] ?? stored];
}

/** Weights under the stored names, q, k and v packed again: the reverse of `renameQwen`. */
export function packQwen(weights: Iterable<readonly [string, NDArray]>): NamedWeight[] {
  const parts = new Map<string, NDArray[]>();
  for (const [name, array] of weights) {
    const { stored, third = 0 } = placeOf(name);
    const group = parts.get(stored) ?? [];
    group[third] = array;
    parts.set(stored, group);
  }
  return Array.from(parts, ([name, group]): NamedWeight => {
    const [rows, ...rest] = group[0].shape;
    const shape = [rows * group.length, ...rest];
    const load = (): NDArray => {
      if (group.length === 1) return group[0];
      const packed = zeros(group[0].dtype, shape);
      const target = packed.data as Float32Array; // one element type in all
      for (const [third, { data }] of group.entries()) {
        target.set(data as Float32Array, third * data.length);
      }
      return packed;
    };
    return { name, shape, load };
  });
}

/** A first-generation checkpoint as if it were a Qwen2 one; closing it closes the original. */
export function renameQwen(checkpoint: Checkpoint): Checkpoint {
  const info = (name: string): TensorInfo => {
    const { stored, third } = placeOf(name);
    const whole = checkpoint.info(stored);
    if (third === undefined) return whole;
    const [rows, ...rest] = whole.shape;
    if (rows % 3 !== 0) {
      throw new Error(
        `${whole.file}: tensor "${stored}" has ${rows} rows, expected three equal groups: ` +
          "query, key and value",
      );
    }
    const byteLength = whole.byteLength / 3;
    const offset = whole.offset + third * byteLength;
    return { ...whole, shape: [rows / 3, ...rest], offset, byteLength };
  };
  const read = (name: string): NDArray => {
    const { stored, third } = placeOf(name);
    const whole = checkpoint.read(stored);
    if (third === undefined) return whole;
    const { dtype, shape } = info(name);
    const size = whole.data.length / 3;
    return ndarray(dtype, shape, whole.data.subarray(third * size, (third + 1) * size));
  };
  return {
    ...checkpoint,
    names: checkpoint.names.flatMap(namesOf),
    has: (name) => checkpoint.has(placeOf(name).stored),
    info,
    read,
    readAs(name: string, dtype: DType, into?: TypedArray): NDArray {
      const { stored, third } = placeOf(name);
      if (third === undefined) return checkpoint.readAs(stored, dtype, into);
      const part = read(name);
      const array = part.dtype === dtype ? part : convertArray(part, dtype);
      if (!into) return array;
      (into as Float32Array).set(array.data as Float32Array); // same element type on both sides
      return { ...array, data: into };
    },
    readRows(name: string, first: number, count: number): NDArray {
      const { stored, third } = placeOf(name);
      const rows = info(name).shape[0]!;
      return checkpoint.readRows(stored, (third ?? 0) * rows + first, count);
    },
    release: (name) => checkpoint.release(placeOf(name).stored),
  };
}
