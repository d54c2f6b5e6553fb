/** Bytes of an image and what to call it, within limits that are checked before anything is read. */

import { checkBytes, DEFAULT_MAX_BYTES } from "./limits.ts";

export interface ImageSourceOptions {
  /** What errors call the image; the path, or "image", otherwise. */
  readonly name?: string;
  /** Largest file; 200 MB by default. */
  readonly maxBytes?: number;
}

export interface ImageSource {
  readonly bytes: Uint8Array;
  readonly name: string;
}

/** @throws where a path is no readable file, or the bytes are more than `maxBytes` */
export async function readSource(
  source: string | Uint8Array,
  { name, maxBytes = DEFAULT_MAX_BYTES }: ImageSourceOptions,
): Promise<ImageSource> {
  if (typeof source !== "string") {
    const called = name ?? "image";
    checkBytes(source.length, maxBytes, called);
    return { bytes: source, name: called };
  }
  const called = name ?? source;
  const { readFile, stat } = await import("node:fs/promises");
  try {
    const file = await stat(source);
    if (!file.isFile()) throw new Error(`${called}: not a file`);
    checkBytes(file.size, maxBytes, called);
    return { bytes: await readFile(source), name: called };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === undefined) throw error;
    const reason = code === "ENOENT" ? "there is no such file" : `cannot be read (${String(code)})`;
    throw new Error(`${called}: ${reason}`, { cause: error });
  }
}
