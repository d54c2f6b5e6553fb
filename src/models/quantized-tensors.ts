/**
 * A quantised checkpoint of our own kind: safetensors in which a quantised `x.weight` is replaced
 * by the parts of nn/quantized.ts, and whose metadata key `onefold_quantization` holds, as JSON,
 * `{ "version": 1, "formats": { "x.weight": { "kind": … } } }`. All other tensors are as they were.
 */

import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import {
  createBlocks,
  createColumns,
  quantizeBlocks,
  quantizeColumns,
} from "../checkpoint/quantize.ts";
import type { NamedTensor } from "../checkpoint/save.ts";
import type { NDArray } from "../graph/ndarray.ts";
import { blockShapes } from "../graph/ops/quantized-linear.ts";
import type { WeightFormat, WeightFormats } from "../nn/scope.ts";

export const METADATA_KEY = "onefold_quantization";

/** What a quantised checkpoint's files say of themselves. */
export const formatMetadata = (formats: WeightFormats): Record<string, string> => ({
  format: "pt",
  [METADATA_KEY]: JSON.stringify({ version: 1, formats: Object.fromEntries(formats) }),
});

/** Where the numbers of a model come from, before they are quantised. */
export interface FloatSource {
  readonly names: readonly string[];
  shape(name: string): readonly number[];
  /** f32 [count, inputs]: rows of a matrix. */
  rows(name: string, first: number, count: number): Float32Array;
  /** f32: all of a tensor. */
  vector(name: string): Float32Array;
  /** A tensor to save as it is. */
  whole(name: string): NamedTensor;
  /** How much an error in each column of a matrix counts, [inputs]; left out: all the same. */
  importance?(name: string): Float32Array | undefined;
  /** The tensor is not needed again. */
  release(name: string): void;
}

/** The numbers of a checkpoint in floats. */
export function floatSource(checkpoint: Checkpoint): FloatSource {
  return {
    names: checkpoint.names,
    shape: (name) => checkpoint.info(name).shape,
    rows: (name, first, count) => checkpoint.readRows(name, first, count).data as Float32Array,
    vector: (name) => checkpoint.readAs(name, "f32").data as Float32Array,
    whole(name) {
      const { dtype, shape } = checkpoint.info(name);
      return { name, dtype, shape, load: () => checkpoint.read(name) };
    },
    release: (name) => checkpoint.release(name),
  };
}

/** Floats that are widened at a time. */
const PIECE = 1 << 20;

/** The parts of a quantised weight by the ends of their names. */
function quantize(
  source: FloatSource,
  name: string,
  format: WeightFormat,
): Readonly<Record<string, NDArray>> {
  const [outputs, inputs] = source.shape(name) as readonly [number, number];
  const count = Math.max(1, Math.floor(PIECE / inputs));
  const eachPiece = (f: (rows: Float32Array, first: number) => void): void => {
    for (let first = 0; first < outputs; first += count) {
      f(source.rows(name, first, Math.min(count, outputs - first)), first);
    }
    source.release(name);
  };
  if (format.kind === "per-token") {
    const target = createColumns(outputs, inputs);
    eachPiece((rows, first) => quantizeColumns(rows, inputs, target, first));
    return { _columns: target.columns, _scales: target.scales };
  }
  const target = createBlocks(outputs, inputs, format, format.hasZeros);
  const weights = source.importance?.(name);
  eachPiece((rows, first) => quantizeBlocks(rows, inputs, target, first, format, weights));
  const { packed, scales, zeros } = target;
  return { _packed: packed, _scales: scales, ...(zeros && { _zeros: zeros }) };
}

/** dtypes and shapes of what `quantize` gives. */
function partsOf([outputs, inputs]: readonly number[], format: WeightFormat) {
  if (format.kind === "per-token") {
    return [
      { end: "_columns", dtype: "i8", shape: [inputs!, outputs!] },
      { end: "_scales", dtype: "f32", shape: [outputs!] },
    ] as const;
  }
  const { packed, scales, zeros } = blockShapes(outputs!, inputs!, format);
  return [
    { end: "_packed", dtype: "u8", shape: packed },
    { end: "_scales", dtype: "f32", shape: scales },
    ...(format.hasZeros ? [{ end: "_zeros", dtype: "u8", shape: zeros } as const] : []),
  ] as const;
}

/**
 * The tensors of the quantised checkpoint. A weight is quantised when the first of its parts is
 * written, and forgotten when the last one is.
 */
export function quantizedTensors(source: FloatSource, formats: WeightFormats): NamedTensor[] {
  return source.names.flatMap((name) => {
    const format = formats.get(name);
    if (!format) return [source.whole(name)];
    const parts = partsOf(source.shape(name), format);
    let made: Readonly<Record<string, NDArray>> | undefined;
    let left = parts.length;
    return parts.map(
      ({ end, dtype, shape }): NamedTensor => ({
        name: name + end,
        dtype,
        shape,
        load: () => {
          made ??= quantize(source, name, format);
          const part = made[end]!;
          if (--left === 0) made = undefined;
          return part;
        },
      }),
    );
  });
}

/**
 * The formats that a checkpoint of our own kind names; undefined for any other checkpoint.
 *
 * @throws Error naming the file and what of the formats is not understood
 */
export function storedFormats(checkpoint: Checkpoint): WeightFormats | undefined {
  const text = checkpoint.metadata.get(METADATA_KEY);
  if (text === undefined) return undefined;
  const where = `${checkpoint.source}: metadata "${METADATA_KEY}"`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${where} is not JSON; quantise the model again`, { cause: error });
  }
  const { version, formats } = (value ?? {}) as { version?: unknown; formats?: unknown };
  if (version !== 1 || typeof formats !== "object" || formats === null) {
    throw new Error(`${where} is not of version 1; quantise the model again`);
  }
  return new Map(
    Object.entries(formats).map(([name, format]) => [name, checkFormat(where, name, format)]),
  );
}

function checkFormat(where: string, name: string, format: unknown): WeightFormat {
  const { kind, bits, block, hasZeros } = (format ?? {}) as Record<string, unknown>;
  if (kind === "per-token") return { kind };
  const isBlock = typeof block === "number" && [16, 32, 64, 128, 256].includes(block);
  if (kind === "blocks" && (bits === 4 || bits === 8) && isBlock && typeof hasZeros === "boolean") {
    return { kind, bits, block, hasZeros };
  }
  const text = JSON.stringify(format).slice(0, 200);
  throw new Error(`${where}: "${name}" has a format that is not known: ${text}`);
}
