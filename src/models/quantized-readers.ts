/**
 * Checkpoints that others quantised (GPTQ, AWQ, FP8), seen as one of our own kind: a view of the
 * checkpoint in which each of their weights has the parts that the model asks for, made when read.
 */

import type { Checkpoint, TensorInfo } from "../checkpoint/checkpoint.ts";
import { convertArray } from "../checkpoint/convert.ts";
import { scaleBlocks } from "../checkpoint/fp8.ts";
import {
  awqNumbers,
  blocksOfGroups,
  gptqWeights,
  gptqZeros,
  orderOfGroups,
} from "../checkpoint/packed-words.ts";
import { type DType, dtypes } from "../graph/dtype.ts";
import { type NDArray, sizeOf } from "../graph/ndarray.ts";
import { blockShapes } from "../graph/ops/quantized-linear.ts";
import type { WeightFormat, WeightFormats } from "../nn/scope.ts";
import { ConfigReader, type JsonObject } from "./config-reader.ts";

export interface ForeignCheckpoint {
  readonly checkpoint: Checkpoint;
  /** Of weights that stay quantised; none for FP8, which is read as f32. */
  readonly formats?: WeightFormats;
}

/** A tensor that is made from others when it is read. */
interface Virtual {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly make: () => NDArray;
  /** Tensors that it is made from; the first stands for it in errors. */
  readonly from: readonly string[];
}

/**
 * The view of a checkpoint that `quantization_config` asks for; undefined for a plain one.
 *
 * @param file path of config.json, for errors
 * @throws Error naming the setting that is not supported
 */
export function readForeign(
  file: string,
  config: unknown,
  checkpoint: Checkpoint,
): ForeignCheckpoint | undefined {
  if (typeof config !== "object" || config === null) return undefined;
  const values: JsonObject = { ...config };
  const settings = new ConfigReader(`${file}: quantization_config`, values);
  const method = settings.text("quant_method");
  if (method === "onefold") return undefined;
  if (method === "gptq") return gptq(settings, values, checkpoint);
  if (method === "awq") return awq(settings, values, checkpoint);
  if (method === "fp8") return fp8(settings, checkpoint);
  throw settings.error("quant_method", '"gptq", "awq", "fp8" or "onefold"', method);
}

const withSuffix = (checkpoint: Checkpoint, suffix: string): string[] =>
  checkpoint.names.filter((n) => n.endsWith(suffix)).map((n) => n.slice(0, -suffix.length));

/** Blocks lie within groups: the largest power of two, 16 to 256, that divides both sizes. */
function blockIn(group: number, inputs: number): number | undefined {
  return [256, 128, 64, 32, 16].find((b) => group % b === 0 && inputs % b === 0);
}

interface PackedKind {
  readonly bits: 4 | 8;
  readonly hasZeros: boolean;
  /** [inputs, outputs] of a weight from the shape of its `qweight`. */
  sizes(shape: readonly number[]): readonly [number, number];
  /** Group size as written; -1: one group. */
  readonly group: number;
  readonly isOrdered: boolean;
  numbers(words: NDArray): (k: number, n: number) => number;
  zeros(words: NDArray): (group: number, n: number) => number;
}

function gptq(
  settings: ConfigReader,
  values: JsonObject,
  checkpoint: Checkpoint,
): ForeignCheckpoint {
  const bits = settings.count("bits");
  if (bits !== 4 && bits !== 8) throw settings.error("bits", "4 or 8", bits);
  const offset = settings.text("checkpoint_format", "gptq") === "gptq_v2" ? 0 : 1;
  return packedView(settings, checkpoint, {
    bits,
    hasZeros: !settings.flag("sym", true),
    group: groupSize(settings, values, "group_size"),
    isOrdered: settings.flag("desc_act", false),
    sizes: ([words, outputs]) => [(words! * 32) / bits, outputs!],
    numbers: (words) => gptqWeights(words, bits),
    zeros: (words) => gptqZeros(words, bits, offset),
  });
}

function awq(
  settings: ConfigReader,
  values: JsonObject,
  checkpoint: Checkpoint,
): ForeignCheckpoint {
  const key = settings.has("bits") ? "bits" : "w_bit";
  if (settings.count(key, 4) !== 4) throw settings.error(key, "4", settings.count(key));
  const version = settings.text("version", "gemm").toLowerCase();
  if (version !== "gemm") throw settings.error("version", '"gemm"', version);
  return packedView(settings, checkpoint, {
    bits: 4,
    hasZeros: settings.flag("zero_point", true),
    group: groupSize(settings, values, settings.has("group_size") ? "group_size" : "q_group_size"),
    isOrdered: false,
    sizes: ([inputs, words]) => [inputs!, words! * 8],
    numbers: awqNumbers,
    zeros: awqNumbers,
  });
}

/** The group size; -1 stands for all inputs, which `ConfigReader.count` refuses. */
function groupSize(settings: ConfigReader, values: JsonObject, key: string): number {
  return values[key] === -1 ? -1 : settings.count(key, 128);
}

function packedView(
  settings: ConfigReader,
  checkpoint: Checkpoint,
  kind: PackedKind,
): ForeignCheckpoint {
  const virtual = new Map<string, Virtual>();
  const formats = new Map<string, WeightFormat>();
  for (const path of withSuffix(checkpoint, ".qweight")) {
    const stored = checkpoint.info(`${path}.qweight`);
    const [inputs, outputs] = kind.sizes(stored.shape);
    const group = kind.group === -1 ? inputs : kind.group;
    const block = blockIn(group, inputs);
    if (!block) {
      throw settings.error("group_size", `a multiple of 16 that divides ${inputs} inputs`, group);
    }
    const { bits, hasZeros } = kind;
    const isOrdered = kind.isOrdered && checkpoint.has(`${path}.g_idx`);
    const groups = Math.ceil(inputs / group);
    const expected: readonly [string, readonly number[]][] = [
      ["scales", [groups, outputs]],
      ["qzeros", [groups, Math.ceil((outputs * bits) / 32)]],
      ...(isOrdered ? [["g_idx", [inputs]] as [string, readonly number[]]] : []),
    ];
    for (const [name, shape] of expected) requireShape(checkpoint, `${path}.${name}`, shape);

    const order = (): NDArray | undefined => {
      if (!isOrdered) return undefined;
      const indices = checkpoint.readAs(`${path}.g_idx`, "i32").data as Int32Array;
      const found = orderOfGroups(indices, group);
      if (found) return found;
      throw new Error(`${stored.file}: ${path}.g_idx does not have ${group} inputs in each group`);
    };
    // Made at the first part that is read, forgotten at the last: they are read once each.
    let made: ReturnType<typeof blocksOfGroups> | undefined;
    let left = 0;
    const parts = () => {
      if (made === undefined) left = hasZeros ? 3 : 2;
      made ??= blocksOfGroups(
        {
          inputs,
          outputs,
          group,
          number: kind.numbers(checkpoint.read(`${path}.qweight`)),
          zero: hasZeros ? kind.zeros(checkpoint.read(`${path}.qzeros`)) : undefined,
          scales: convertArray(checkpoint.read(`${path}.scales`), "f32").data as Float32Array,
          order: isOrdered ? Array.from(order()!.data as BigInt64Array, Number) : undefined,
        },
        { bits, block },
      );
      const result = made;
      if (--left === 0) made = undefined;
      return result;
    };
    const shapes = blockShapes(outputs, inputs, { bits, block });
    const from = [`${path}.qweight`, `${path}.scales`, `${path}.qzeros`, `${path}.g_idx`];
    const add = (end: string, dtype: DType, shape: readonly number[], make: () => NDArray) =>
      virtual.set(`${path}.weight${end}`, { dtype, shape, make, from });
    add("_packed", "u8", shapes.packed, () => parts().packed);
    add("_scales", "f32", shapes.scales, () => parts().scales);
    if (hasZeros) add("_zeros", "u8", shapes.zeros, () => parts().zeros!);
    if (isOrdered) add("_order", "i64", [inputs], () => order()!);
    const ordered = isOrdered && { isOrdered };
    formats.set(`${path}.weight`, { kind: "blocks", bits, block, hasZeros, ...ordered });
  }
  return { checkpoint: withVirtual(checkpoint, virtual), formats };
}

function requireShape(checkpoint: Checkpoint, name: string, shape: readonly number[]): void {
  const info = checkpoint.info(name);
  if (`${info.shape}` === `${shape}`) return;
  throw new Error(`${info.file}: tensor "${name}" has shape [${info.shape}], expected [${shape}]`);
}

function fp8(settings: ConfigReader, checkpoint: Checkpoint): ForeignCheckpoint {
  const format = settings.text("fmt", "e4m3");
  if (format !== "e4m3") throw settings.error("fmt", '"e4m3"', format);
  const [rows, columns] = (settings.list("weight_block_size") ?? [128, 128]) as unknown[];
  const isSize = (size: unknown): size is number => Number.isInteger(size) && Number(size) > 0;
  if (!isSize(rows) || !isSize(columns)) {
    throw settings.error("weight_block_size", "two positive integers", [rows, columns]);
  }
  const virtual = new Map<string, Virtual>();
  for (const path of withSuffix(checkpoint, ".weight_scale_inv")) {
    const { shape } = checkpoint.info(`${path}.weight`);
    const [outputs, inputs] = shape as readonly [number, number];
    const scaleShape = [Math.ceil(outputs / rows), Math.ceil(inputs / columns)];
    requireShape(checkpoint, `${path}.weight_scale_inv`, scaleShape);
    const make = (): NDArray => {
      const weight = checkpoint.readAs(`${path}.weight`, "f32");
      const scales = checkpoint.readAs(`${path}.weight_scale_inv`, "f32").data as Float32Array;
      scaleBlocks(weight.data as Float32Array, inputs, scales, [rows, columns]);
      return weight;
    };
    const from = [`${path}.weight`, `${path}.weight_scale_inv`];
    virtual.set(`${path}.weight`, { dtype: "f32", shape, make, from });
  }
  return { checkpoint: withVirtual(checkpoint, virtual) };
}

/** A checkpoint in which some tensors stand for others. */
function withVirtual(checkpoint: Checkpoint, virtual: ReadonlyMap<string, Virtual>): Checkpoint {
  let last: { readonly name: string; readonly array: NDArray } | undefined;
  const hidden = new Set([...virtual.values()].flatMap(({ from }) => from));
  const isOwn = (name: string): boolean => checkpoint.has(name) && !hidden.has(name);
  const info = (name: string): TensorInfo => {
    const { dtype, shape, from } = virtual.get(name)!;
    const byteLength = sizeOf(shape) * dtypes[dtype].bytes;
    return { ...checkpoint.info(from[0]!), dtype, shape, byteLength };
  };
  return {
    ...checkpoint,
    names: [...checkpoint.names.filter((name) => !hidden.has(name)), ...virtual.keys()],
    has: (name) => virtual.has(name) || isOwn(name),
    info: (name) => (virtual.has(name) ? info(name) : checkpoint.info(name)),
    read: (name) => virtual.get(name)?.make() ?? checkpoint.read(name),
    readAs(name, dtype, into) {
      const made = virtual.get(name)?.make();
      if (!made) return checkpoint.readAs(name, dtype, into);
      const array = convertArray(made, dtype);
      if (!into) return array;
      (into as Float32Array).set(array.data as Float32Array);
      return { ...array, data: into };
    },
    readRows(name, first, count) {
      const make = virtual.get(name)?.make;
      if (!make) return checkpoint.readRows(name, first, count);
      // Who reads rows goes on with the next ones, and lets go of the tensor at the end.
      if (last?.name !== name) last = { name, array: convertArray(make(), "f32") };
      const { shape, data } = last.array;
      const [, ...rest] = shape;
      const width = sizeOf(rest);
      const rows = data.subarray(first * width, (first + count) * width);
      return { dtype: "f32", shape: [count, ...rest], data: rows };
    },
    release(name) {
      if (last?.name === name) last = undefined;
      for (const real of virtual.get(name)?.from ?? [name]) {
        if (checkpoint.has(real)) checkpoint.release(real);
      }
    },
  };
}
