/** Reads what quantised models ask for: the parts of a weight, or the floats they stand for. */

import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { dequantizeBlocks, dequantizeColumns } from "../checkpoint/quantize.ts";
import { type NDArray, ndarray, zeros } from "../graph/ndarray.ts";
import type { WeightSource } from "../graph/program.ts";
import type { WeightFormats } from "../nn/scope.ts";
import { type CheckedRead, readExperts } from "./expert-weights.ts";

const ROWS = "_rows";

/**
 * Weights of a checkpoint of our own quantised kind (see quantized-tensors.ts).
 *
 * @param next reads tensors that are stored as they are asked for
 */
export function quantizedWeights(
  checkpoint: Checkpoint,
  formats: WeightFormats,
  next: WeightSource,
): WeightSource {
  const own: WeightSource = (port) => {
    const { name, shape } = port;
    if (name.endsWith(ROWS)) {
      // A table and the weight of a head are one array under two shapes.
      const { dtype, data } = checkpoint.read(`${name.slice(0, -ROWS.length)}_packed`);
      return ndarray(dtype, shape as readonly number[], data);
    }
    const format = formats.get(name);
    if (!format) return next(port);
    const read = (end: string) => checkpoint.read(name + end);
    if (format.kind === "per-token") {
      return dequantizeColumns({ columns: read("_columns"), scales: read("_scales") });
    }
    const parts = {
      packed: read("_packed"),
      scales: read("_scales"),
      zeros: format.hasZeros ? read("_zeros") : undefined,
    };
    const floats = dequantizeBlocks(parts, shape[1] as number, format);
    return format.isOrdered ? reordered(floats, read("_order")) : floats;
  };
  // Who asks for stacks of experts in floats gets them from what their matrices stand for.
  const source = { has: (name: string) => checkpoint.has(name) || formats.has(name) };
  const read: CheckedRead = (port, into) => {
    const array = own(port);
    if (!into) return array;
    (into as Float32Array).set(array.data as Float32Array); // models ask for f32
    return { ...array, data: into };
  };
  const isQuantized = [...formats.keys()].some((name) => EXPERT.test(name));
  return (port) => (isQuantized ? readExperts(source, read, port) : undefined) ?? own(port);
}

const EXPERT = /\.experts\.\d+\./;

/** Columns back in the places of a model's inputs. */
function reordered({ shape, data }: NDArray, order: NDArray): NDArray {
  const result = zeros("f32", shape);
  const inputs = shape[1]!;
  order.data.forEach((from, k) => {
    for (let n = 0; n < shape[0]!; n++) {
      result.data[n * inputs + Number(from)] = data[n * inputs + k]!;
    }
  });
  return result;
}
