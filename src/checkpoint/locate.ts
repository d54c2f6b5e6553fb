/** Which file of a folder holds the weights. */

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileError } from "./json.ts";

const INDEX_SUFFIX = ".safetensors.index.json";

/**
 * The `.safetensors` file or shard index that `source` means. A folder is searched in the order
 * of transformers: model.safetensors, its index, then the only other file of either kind; where
 * there is none, pytorch_model.bin.
 */
export async function findWeights(source: string): Promise<string> {
  let isDirectory: boolean;
  try {
    isDirectory = (await stat(source)).isDirectory();
  } catch (error) {
    throw fileError(error, source);
  }
  if (!isDirectory) {
    if (source.endsWith(".json") && !source.endsWith(INDEX_SUFFIX)) {
      throw new Error(`${source}: expected a .safetensors file, its ${INDEX_SUFFIX} or a folder`);
    }
    return source;
  }
  const files = (await readdir(source)).sort();
  for (const name of ["model.safetensors", `model${INDEX_SUFFIX}`]) {
    if (files.includes(name)) return join(source, name);
  }
  const indexes = files.filter((name) => name.endsWith(INDEX_SUFFIX));
  const singles = files.filter((name) => name.endsWith(".safetensors"));
  const candidates = indexes.length > 0 ? indexes : singles;
  if (candidates.length === 1) return join(source, candidates[0]);
  if (candidates.length > 1) {
    throw new Error(
      `${source}: which weights? The folder has ${candidates.join(", ")}; name one of these files`,
    );
  }
  if (files.includes("pytorch_model.bin")) return join(source, "pytorch_model.bin");
  const pickles = files.filter((name) => /\.(bin|pt|pth)$/.test(name));
  const found =
    pickles.length > 0
      ? `, only ${pickles.join(", ")}; name the one that holds the model, or convert it to safetensors`
      : "; expected model.safetensors or model.safetensors.index.json";
  throw new Error(`${source}: the folder holds no safetensors weights${found}`);
}
