/** Which quantisation `quant: "auto"` takes: the fastest one that fits, where speed matters. */

import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { dtypes } from "../graph/dtype.ts";
import { sizeOf } from "../graph/ndarray.ts";
import type { WeightFormat } from "../nn/scope.ts";
import { freeMemory } from "../runtime/free-memory.ts";
import { planFormats, quantizationSettings } from "./quantization.ts";

/** What is chosen; `kind` undefined: the weights as they are. */
export interface QuantizationChoice {
  readonly kind: "mixed" | "int8" | "int4" | undefined;
  /** One line. */
  readonly why: string;
}

/** Models below this answer quickly in f32, too, and small ones suffer most from rounding. */
const SMALL = 50e6;
/** Of the free memory, what weights may take: the rest is for the cache and for others. */
const SHARE = 0.6;

/**
 * Chooses for a checkpoint in floats: f32 for small models, else what fits into the memory that is
 * free of mixed, int8 and int4.
 *
 * @param free bytes
 */
export function chooseQuantization(
  checkpoint: Pick<Checkpoint, "names" | "info">,
  free = freeMemory(),
): QuantizationChoice {
  const shapes = new Map(checkpoint.names.map((name) => [name, checkpoint.info(name).shape]));
  const numbers = [...shapes.values()].reduce((sum, shape) => sum + sizeOf(shape), 0);
  const of = (bytes: number): string =>
    `${gigabytes(bytes)} of ${gigabytes(free)} free memory for ${millions(numbers)} weights`;
  if (numbers < SMALL && 4 * numbers < SHARE * free) {
    return { kind: undefined, why: `auto: f32, exact and fast enough; ${of(4 * numbers)}` };
  }
  const kinds = ["int8", "int4"] as const;
  const [int8, int4] = kinds.map((kind) => residentBytes(checkpoint, shapes, kind));
  if (int8 + int4 < SHARE * free) {
    return { kind: "mixed", why: `auto: mixed, the fastest throughout; ${of(int8 + int4)}` };
  }
  if (int8 < SHARE * free) {
    return { kind: "int8", why: `auto: int8, the fastest for prompts; ${of(int8)}` };
  }
  const fits = int4 < SHARE * free;
  const reason = fits ? "the largest that fits" : "the smallest there is, and a tight fit";
  return { kind: "int4", why: `auto: int4, ${reason}; ${of(int4)}` };
}

function residentBytes(
  checkpoint: Pick<Checkpoint, "info">,
  shapes: ReadonlyMap<string, readonly number[]>,
  kind: "int8" | "int4",
): number {
  const formats = planFormats(shapes, quantizationSettings({ kind, calibration: false }));
  let bytes = 0;
  for (const [name, shape] of shapes) {
    const { dtype } = checkpoint.info(name);
    // Floats are widened to f32; other numbers are used as they are stored.
    const plain = dtypes[dtype].kind === "float" ? 4 : dtypes[dtype].bytes;
    bytes += sizeOf(shape) * bytesOf(formats.get(name), plain);
  }
  return bytes;
}

/** Of one weight while the model is loaded: the file's pages and the engine's packed copy. */
function bytesOf(format: WeightFormat | undefined, plain: number): number {
  if (!format) return plain;
  return format.kind === "per-token" ? 2 : 2 * (format.bits / 8 + 4 / format.block);
}

const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
const millions = (count: number): string => `${(count / 1e6).toFixed(count < 1e7 ? 1 : 0)} M`;
