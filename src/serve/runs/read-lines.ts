/** Whole lines of a file that another process appends to, or cuts back and writes again. */

import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { HttpError } from "../errors.ts";

/** Read, and parsed, between two turns of the event loop. */
const BLOCK = 128 << 10;
/** Longer lines are passed over. */
const LONGEST_LINE = 1 << 20;
/** Bytes before a place that have to be the same for a reader to go on there. */
const MARK = 256;

export interface Reading {
  /** Where to go on: the `next` of an earlier piece (default: the beginning). */
  readonly after?: string;
  /** Without `after`, only the file's end is read: about so many bytes. */
  readonly tail?: number;
  /** Most bytes of this piece, above `LONGEST_LINE`. */
  readonly limit: number;
  readonly onLine: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface Piece {
  readonly next: string;
  /** Whether whole lines may follow now. */
  readonly hasMore: boolean;
  /** The file is not the one that `after` came from: this piece is its beginning. */
  readonly isRestart: boolean;
}

/** Opens a plain file: no link is followed, no pipe waited for. */
export async function openPlainFile(path: string): Promise<FileHandle | undefined> {
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const handle = await open(path, flags).catch(() => undefined);
  if (handle && !(await handle.stat()).isFile()) {
    await handle.close();
    return undefined;
  }
  return handle;
}

/**
 * Calls `onLine` for the next whole lines. A line that is still being written comes with a later
 * piece.
 *
 * @returns a piece without lines where there is no such file (yet)
 * @throws HttpError 400 where `after` is no `next`
 */
export async function readLines(path: string, reading: Reading): Promise<Piece> {
  const { after, tail, limit, onLine, signal } = reading;
  const place = after === undefined || after === "" ? undefined : parsePlace(after);
  const handle = await openPlainFile(path);
  if (!handle) return { next: "", hasMore: false, isRestart: (place?.offset ?? 0) > 0 };
  try {
    const { size } = await handle.stat();
    const fits = !place || (await markBefore(handle, place.offset, size)) === place.mark;
    const from = place && fits ? place.offset : Math.max(0, size - (tail ?? size));
    const lines = new LineCutter(onLine, !place && from > 0);
    const buffer = Buffer.allocUnsafe(BLOCK);
    let [at, end] = [from, from];
    while (at < size && at - from < limit) {
      signal?.throwIfAborted();
      const { bytesRead } = await handle.read(buffer, 0, Math.min(BLOCK, size - at), at);
      if (bytesRead === 0) break;
      const rest = lines.push(buffer.subarray(0, bytesRead));
      at += bytesRead;
      end = at - rest;
    }
    const mark = await markBefore(handle, end, size);
    return { next: `${end}.${mark}`, hasMore: at < size, isRestart: !fits };
  } finally {
    await handle.close();
  }
}

/** Cuts bytes into lines. */
class LineCutter {
  readonly #onLine: (line: string) => void;
  #rest = Buffer.alloc(0);
  /** Until the next line begins. */
  #isSkipping: boolean;

  constructor(onLine: (line: string) => void, isSkipping: boolean) {
    this.#onLine = onLine;
    this.#isSkipping = isSkipping;
  }

  /** @returns bytes at the end that belong to a line to come */
  push(bytes: Buffer): number {
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      const part = bytes.subarray(start, end);
      const line = this.#rest.length > 0 ? Buffer.concat([this.#rest, part]) : part;
      if (!this.#isSkipping) this.#onLine(line.toString("utf8"));
      this.#isSkipping = false;
      this.#rest = Buffer.alloc(0);
      start = end + 1;
    }
    if (!this.#isSkipping) this.#rest = Buffer.concat([this.#rest, bytes.subarray(start)]);
    if (this.#rest.length > LONGEST_LINE) {
      this.#rest = Buffer.alloc(0);
      this.#isSkipping = true;
    }
    return this.#rest.length;
  }
}

function parsePlace(text: string): { readonly offset: number; readonly mark: string } {
  const [, offset, mark] = /^(\d{1,15})\.([\w-]{11})$/.exec(text) ?? [];
  if (offset !== undefined && mark !== undefined) return { offset: Number(offset), mark };
  const message = 'after: expected the "next" of an earlier answer, or nothing for the beginning';
  throw new HttpError(400, message, { param: "after" });
}

/**
 * What tells a file that was written again from one that only grew: lines hold measured times, so
 * steps that are computed again are other bytes. (The number of its inode would be another after
 * every cut, and the same where a file is overwritten.)
 */
async function markBefore(
  handle: FileHandle,
  offset: number,
  size: number,
): Promise<string | undefined> {
  if (offset > size) return undefined;
  const length = Math.min(MARK, offset);
  const bytes = Buffer.alloc(length);
  await handle.read(bytes, 0, length, offset - length);
  return createHash("sha256").update(bytes).digest("base64url").slice(0, 11);
}
