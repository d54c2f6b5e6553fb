/**
 * Models quantised at load, kept on disk beside the hub's cache: a folder for each checkpoint and
 * setting, named by the hash of both. A folder is complete or not there.
 */

import { createHash } from "node:crypto";
import { readdir, realpath, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { saveDirectoryAtomically } from "../checkpoint/atomic.ts";
import { type Checkpoint, openCheckpoint } from "../checkpoint/checkpoint.ts";
import { hubCacheDir } from "../checkpoint/hub-cache.ts";
import { saveSharded } from "../checkpoint/save.ts";
import type { WeightFormats } from "../nn/scope.ts";
import {
  type FloatSource,
  formatMetadata,
  quantizedTensors,
  storedFormats,
} from "./quantized-tensors.ts";

/** To be raised when the same settings give other bytes. */
const VERSION = 2;

/** A shard's tensors are held in memory until it is written. */
const SHARD_BYTES = 256 << 20;

/** Where quantised models are kept by default. */
export const quantizedCacheDir = (): string => join(dirname(hubCacheDir()), "onefold", "quantized");

/** Writes a quantised checkpoint into a folder. */
export const saveQuantized = (
  dir: string,
  source: FloatSource,
  formats: WeightFormats,
): Promise<void> =>
  saveSharded(dir, quantizedTensors(source, formats), {
    maxShardBytes: SHARD_BYTES,
    metadata: formatMetadata(formats),
  });

/**
 * The quantised form of a checkpoint: from the cache, or made now and put there.
 *
 * @param dir the model's folder
 * @param source called where it is not in the cache
 * @param settings of the quantisation, as text
 */
export async function openQuantized(
  dir: string,
  source: () => Promise<FloatSource>,
  formats: WeightFormats,
  { settings, cacheDir = quantizedCacheDir() }: { settings: string; cacheDir?: string },
): Promise<Checkpoint> {
  const folder = join(cacheDir, await keyOf(dir, settings));
  const cached = await openCached(folder, formats);
  if (cached) return cached;
  await rm(folder, { recursive: true, force: true });
  const floats = await source();
  await saveDirectoryAtomically(folder, (temporary) => saveQuantized(temporary, floats, formats));
  return openCheckpoint(folder);
}

/** What is in the cache, if it is whole and says what was planned. */
async function openCached(folder: string, formats: WeightFormats): Promise<Checkpoint | undefined> {
  let checkpoint: Checkpoint | undefined;
  try {
    checkpoint = await openCheckpoint(folder);
    const stored = storedFormats(checkpoint);
    const text = (map: WeightFormats | undefined) => JSON.stringify([...(map ?? [])]);
    if (text(stored) === text(formats)) return checkpoint;
  } catch {
    // Absent or damaged: made anew.
  }
  checkpoint?.[Symbol.dispose]();
  return undefined;
}

/** Hash of the settings and of the weights' files: where they really are, sizes and times. */
export async function keyOf(dir: string, settings: string): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify([VERSION, settings]));
  const isFile = (await stat(dir)).isFile();
  const names = isFile ? [""] : (await readdir(dir)).sort();
  for (const name of names.filter((n) => isFile || /\.(safetensors|json|gguf)$/.test(n))) {
    const path = await realpath(join(dir, name));
    const { size, mtimeMs } = await stat(path);
    hash.update(JSON.stringify([name, path, size, mtimeMs]));
  }
  return hash.digest("hex").slice(0, 32);
}
