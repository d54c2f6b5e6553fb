/** Files that people name for a modality: there, and of its kind by their first bytes. */

import { open, stat } from "node:fs/promises";
import { FILE_HEAD, type FileKind, fileKinds } from "../../media/index.ts";

const known: Readonly<Record<FileKind, string>> = {
  image: "an image (JPEG, PNG, WebP, GIF, TIFF, AVIF or BMP)",
  audio: "a recording (WAV, FLAC, MP3, Ogg, AAC or M4A)",
  video: "a video (MP4, MOV, WebM, MKV, GIF, WebP or a folder of images)",
  motion: "a motion (BVH)",
};

/** @example nameOf("audio") // "a recording" */
export const nameOf = (kind: FileKind): string => known[kind].replace(/ \(.*/, "");

/**
 * @param given as it was typed, e.g. `--image cat.png`, for errors
 * @param fix what to do with a file of another kind
 * @throws Error where the file is missing, empty, or of another kind
 */
export async function checkMediaFile(
  given: string,
  path: string,
  wanted: FileKind,
  fix: (found: readonly FileKind[]) => string,
): Promise<void> {
  const facts = await stat(path).catch(() => undefined);
  if (!facts) throw new Error(`${given}: no such file`);
  if (facts.isDirectory()) {
    if (wanted === "video") return; // a folder of images
    throw new Error(`${given}: it is a folder; expected ${known[wanted]}`);
  }
  if (!facts.isFile()) throw new Error(`${given}: it is no file`);
  if (facts.size === 0) throw new Error(`${given}: it is empty; expected ${known[wanted]}`);
  const kinds = fileKinds(await readHead(path));
  if (kinds.includes(wanted)) return;
  const [first] = kinds;
  if (!first) throw new Error(`${given}: it is not ${known[wanted]}`);
  throw new Error(`${given}: it is ${nameOf(first)}; ${fix(kinds)}`);
}

async function readHead(path: string): Promise<Uint8Array> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(new Uint8Array(FILE_HEAD), 0, FILE_HEAD, 0);
  return buffer.subarray(0, bytesRead);
}
