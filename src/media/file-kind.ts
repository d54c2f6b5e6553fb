/** What a file may be taken for, by its first bytes: names say nothing. */

import { codecOf } from "./audio/codec.ts";
import { isWav } from "./audio/wav.ts";
import { sniffFormat } from "./image/formats.ts";
import { sniffContainer } from "./video/ffmpeg.ts";

export type FileKind = "image" | "video" | "audio" | "motion";

/** Bytes that tell. */
export const FILE_HEAD = 4096;

/**
 * Kinds that bytes begin like: GIF and WebP are images and videos, and text is none.
 * @param head the first `FILE_HEAD` bytes, or all
 * @example
 * fileKinds(await readFile("clip.gif")); // ["image", "video"]
 */
export function fileKinds(head: Uint8Array): readonly FileKind[] {
  const format = sniffFormat(head);
  if (format === "gif" || format === "webp") return ["image", "video"];
  if (format) return ["image"];
  const start = String.fromCharCode(...head.subarray(0, 64)); // a character a byte
  if (isWav(head)) return ["audio"];
  if (/^\s*HIERARCHY/.test(start)) return ["motion"];
  const isSoundOnly = /^.{4}ftypM4[AB] /s.test(start);
  if (sniffContainer(head) !== undefined) return isSoundOnly ? ["audio"] : ["video"];
  // An ID3 tag may be longer than the head: what it stands before is sound anyway.
  return start.startsWith("ID3") || codecOf(head) ? ["audio"] : [];
}
