/** `*.safetensors.index.json`: which shard of a folder holds which tensor. */

import { basename, dirname, join } from "node:path";
import { isObject, kindOf, readJsonObject, show } from "./json.ts";

export interface ShardIndex {
  readonly file: string;
  /** Tensor name to shard name (a plain file name). */
  readonly shardOf: ReadonlyMap<string, string>;
  /** Shard names in order of first mention. */
  readonly shards: readonly string[];
  /** Where a shard lies. */
  path(shard: string): string;
}

/** An index of the largest models (100,000s of tensors) has some tens of megabytes. */
const MAX_INDEX_BYTES = 256 * 2 ** 20;

/**
 * Reads and checks a shard index.
 *
 * @throws Error when weight_map is missing or points anywhere but to files beside the index
 */
export async function readShardIndex(file: string): Promise<ShardIndex> {
  const root = await readJsonObject(file, { maxBytes: MAX_INDEX_BYTES });
  const map = root.weight_map;
  if (!isObject(map)) {
    throw new Error(`${file}: weight_map must be an object, found ${kindOf(map)}`);
  }
  const shardOf = new Map<string, string>();
  for (const [name, shard] of Object.entries(map)) {
    if (typeof shard !== "string" || !isPlainName(shard)) {
      throw new Error(
        `${file}: weight_map of tensor ${show(name)} must name a file of the ` +
          `same folder, found ${show(shard)}`,
      );
    }
    shardOf.set(name, shard);
  }
  if (shardOf.size === 0) throw new Error(`${file}: weight_map is empty, it must name tensors`);
  const directory = dirname(file);
  return {
    file,
    shardOf,
    shards: [...new Set(shardOf.values())],
    path: (shard) => join(directory, shard),
  };
}

/** A file name that stays in its folder on every operating system. */
function isPlainName(name: string): boolean {
  return (
    name !== "" &&
    name !== "." &&
    name !== ".." &&
    basename(name) === name &&
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are refused.
    !/[/\\:\u0000-\u001f]/.test(name)
  );
}
