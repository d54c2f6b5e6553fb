/** What a repository holds, and which of it a pull takes. */

import { isCommit } from "./hub-cache.ts";

export interface HubFile {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  readonly size: number;
  /** Name of the blob: SHA-256 for LFS files, git's SHA-1 for others. */
  readonly hash: string;
  readonly algorithm: "sha256" | "git-sha1";
}

/** Weights in forms that are not read; most repositories repeat the safetensors in them. */
const OTHER_FORMATS =
  /\.(bin|pt|pth|ckpt|h5|msgpack|onnx|onnx_data|gguf|ot|tflite|mlmodel|pkl|npz)$|^(original|onnx|openvino|coreml|\.git)\//;

/** Whether a pull without `include` takes the file. */
export const isWanted = (path: string): boolean => !OTHER_FORMATS.test(path);

/** Shell patterns as huggingface_hub has them: `*` and `?` match slashes too. */
export function matchesAny(path: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
    return new RegExp(`^${escaped.replace(/\*+/g, ".*").replaceAll("?", ".")}$`).test(path);
  });
}

/**
 * Checks an entry of the hub's listing: its path and hash become file names here.
 *
 * @throws Error when the path would leave the snapshot's folder on any operating system
 */
export function checkEntry(
  id: string,
  entry: {
    path: string;
    size: number;
    oid?: string;
    lfs?: { oid: string; size: number };
  },
): HubFile {
  const path = String(entry.path);
  const shown = JSON.stringify(path.slice(0, 200));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are refused.
  const bad = (part: string) => /^\.{0,2}$|[\\:\u0000-\u001f]/.test(part);
  if (path.split("/").some(bad)) {
    throw new Error(`${id}: the repository has a file named ${shown}, which is refused as unsafe`);
  }
  const lfs = entry.lfs;
  const hash = String(lfs ? lfs.oid : entry.oid);
  if (lfs ? !/^[0-9a-f]{64}$/.test(hash) : !isCommit(hash)) {
    throw new Error(`${id}: the hub gives no valid hash for ${shown}; try again later`);
  }
  const size = lfs ? lfs.size : entry.size;
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new Error(`${id}: the hub gives no valid size for ${shown}; try again later`);
  }
  return { path, size, hash, algorithm: lfs ? "sha256" : "git-sha1" };
}
