/** What tells one checkpoint from another: the key of everything that is cached about it. */

import { createHash } from "node:crypto";
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { LanguageModelOptions } from "../../generate/index.ts";

/** Larger files are told by their first and last piece of this size, their length and their time. */
const PIECE = 1 << 20;

/**
 * SHA-256 over a model's files and the options that change its answers.
 *
 * @param path a folder, or a file
 */
export async function modelDigest(
  path: string,
  { quant, kvCache, adapter, template, context }: LanguageModelOptions,
): Promise<string> {
  const hash = createHash("sha256");
  const options = { quant, kvCache, template, context };
  hash.update(JSON.stringify(options));
  for (const root of [path, ...[adapter ?? []].flat()]) {
    for (const file of await filesOf(root)) {
      const { size, mtimeMs } = await stat(file);
      const isLarge = size > 2 * PIECE;
      hash.update(JSON.stringify([file.slice(root.length), size, isLarge ? mtimeMs : 0]));
      await using handle = await open(file);
      for (const start of isLarge ? [0, size - PIECE] : [0]) {
        const bytes = Buffer.alloc(isLarge ? PIECE : size);
        await handle.read(bytes, 0, bytes.length, start);
        hash.update(bytes);
      }
    }
  }
  return hash.digest("hex");
}

async function filesOf(path: string): Promise<string[]> {
  if ((await stat(path)).isFile()) return [path];
  const entries = await readdir(path);
  return entries
    .filter((name) => /\.(json|safetensors|jinja|tiktoken|txt|model)$/.test(name))
    .sort()
    .map((name) => join(path, name));
}
