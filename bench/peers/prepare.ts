/** The same random weights in the form that each engine reads, written once and kept. */

import { execFileSync } from "node:child_process";
import { existsSync, renameSync, rmSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exportTransformersJs } from "../../src/models/export-folder.ts";
import { exportGguf, type GgufType } from "../../src/models/export-gguf.ts";
import type { EngineSpec } from "./types.ts";

export interface Shape {
  readonly shape: string;
  /** Fewer than the shape has: to try things out. */
  readonly layers?: string;
}

/** Folder of one shape's files. */
export const folderOf = (root: string, { shape, layers }: Shape): string =>
  join(root, `qwen3-${shape}${layers === undefined ? "" : `-${layers}-layers`}`);

/** Cache of what our engine makes of the weights. */
export const cacheOf = (folder: string): string => join(folder, "quantized");

/**
 * Makes what an engine reads, unless it is there.
 *
 * @returns its path
 */
export async function prepare(folder: string, shape: Shape, spec: EngineSpec): Promise<string> {
  const model = join(folder, "model");
  await mkdir(folder, { recursive: true });
  await once(model, (partial) => writeCheckpoint(partial, shape));
  const { family, type, kvCache } = spec;
  if (family === "onefold") {
    // Scales of an 8-bit cache are found by reading a text. Any tokenizer will do.
    if (kvCache) await copyFile(`${MINI}tokenizer.json`, join(model, "tokenizer.json"));
    return model;
  }
  if (family === "llama") {
    // The head in as many bits as the rest, as in our own quantised models.
    const gguf = { type: type as GgufType, headType: type as GgufType }; // see `engines`
    const file = join(folder, `${type}.gguf`);
    await once(file, (partial) => exportGguf(model, partial, gguf));
    return file;
  }
  const out = join(folder, `transformers-${type}`);
  await once(out, async (partial) => {
    await exportTransformersJs(model, partial, {
      quant: type === "q4" ? "int4" : "int8",
      quantCacheDir: cacheOf(folder),
      logits: "last", // as published files do for generating (num_logits_to_keep)
    });
  });
  return out;
}

const MINI = fileURLToPath(new URL("../../models/onefold-mini/", import.meta.url));

async function once(path: string, write: (partial: string) => Promise<void>): Promise<void> {
  if (existsSync(path)) return;
  process.stderr.write(`writing ${path}\n`);
  const partial = `${path}.partial`;
  rmSync(partial, { recursive: true, force: true });
  await write(partial);
  renameSync(partial, path);
}

async function writeCheckpoint(dir: string, { shape, layers }: Shape): Promise<void> {
  const script = fileURLToPath(new URL("../write-checkpoint.ts", import.meta.url));
  const flags = ["--shape", shape, "--dtype", "bf16"];
  if (layers !== undefined) flags.push("--layers", layers);
  execFileSync(process.execPath, ["--import", "tsx", script, dir, ...flags], {
    stdio: ["ignore", 2, 2],
  });
}
