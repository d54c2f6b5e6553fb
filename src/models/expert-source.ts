/** Stacks of experts (transformers 5's layout) as single matrices, for what goes weight by weight. */

import { zeros } from "../graph/ndarray.ts";
import type { FloatSource } from "./quantized-tensors.ts";

/** Rows of a stack that are one expert's matrix. */
interface Part {
  readonly stack: string;
  readonly first: number;
  readonly shape: readonly [outputs: number, inputs: number];
  readonly expert: number;
}

/**
 * The source with each `experts.gate_up_proj` [experts, 2 · inner, hidden] (gate rows, then up
 * rows) and `experts.down_proj` [experts, hidden, inner] under the names of published checkpoints:
 * `experts.3.gate_proj.weight`. Other weights pass through.
 */
export function singleExperts(source: FloatSource): FloatSource {
  const parts = new Map<string, Part>();
  const names = source.names.flatMap((name) => {
    const found = /^(.*\.experts)\.(gate_up_proj|down_proj)$/.exec(name);
    const shape = source.shape(name);
    if (!found || shape.length !== 3) return [name];
    const [experts, rows, inputs] = shape as readonly [number, number, number];
    const kinds = found[2] === "down_proj" ? ["down_proj"] : ["gate_proj", "up_proj"];
    const outputs = rows / kinds.length;
    const own: string[] = [];
    for (let expert = 0; expert < experts; expert++) {
      for (const [turn, kind] of kinds.entries()) {
        const single = `${found[1]}.${expert}.${kind}.weight`;
        parts.set(single, { stack: name, first: turn * outputs, shape: [outputs, inputs], expert });
        own.push(single);
      }
    }
    return own;
  });
  if (parts.size === 0) return source;
  const rows = (name: string, first: number, count: number): Float32Array => {
    const part = parts.get(name);
    if (!part) return source.rows(name, first, count);
    // A row of a stack is a whole expert.
    const width = part.shape[1];
    const start = (part.first + first) * width;
    return source.rows(part.stack, part.expert, 1).subarray(start, start + count * width);
  };
  return {
    ...source,
    names,
    shape: (name) => parts.get(name)?.shape ?? source.shape(name),
    rows,
    whole(name) {
      const part = parts.get(name);
      if (!part) return source.whole(name);
      return {
        name,
        dtype: "f32",
        shape: part.shape,
        load() {
          const array = zeros("f32", part.shape);
          (array.data as Float32Array).set(rows(name, 0, part.shape[0]));
          return array;
        },
      };
    },
    release(name) {
      // Experts of a stack follow each other: the last one lets go of it.
      const part = parts.get(name);
      if (!part) source.release(name);
      else if (part.expert === source.shape(part.stack)[0]! - 1) source.release(part.stack);
    },
  };
}
