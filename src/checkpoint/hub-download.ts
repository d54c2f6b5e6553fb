/** One blob from the hub: resumed, counted, verified, then renamed into place. */

import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import type { HubFile } from "./hub-files.ts";
import { fileError } from "./json.ts";

/** Bytes of a file from `start` to its end. */
export type OpenRange = (start: number) => Promise<AsyncIterable<Uint8Array>>;

/** Raised when the bytes are not those that the hub promised: retrying the rest cannot help. */
export class ContentMismatchError extends Error {}

/**
 * Downloads a blob to `target`, continuing `target.incomplete` if an earlier run left one.
 *
 * @param onBytes called with the number of bytes that became available (resumed ones included)
 * @throws ContentMismatchError when length or hash differ; the partial file is then removed
 */
export async function downloadBlob(
  file: HubFile,
  target: string,
  openRange: OpenRange,
  onBytes: (count: number, resumed: boolean) => void,
): Promise<void> {
  const partial = `${target}.incomplete`;
  const handle = await open(partial, "a").catch((error: unknown) => {
    throw fileError(error, partial);
  });
  try {
    const hash = startHash(file);
    const start = await resumeFrom(file, partial, handle, hash);
    if (start > 0) onBytes(start, true);
    const done = start + (await append(file, partial, handle, hash, start, openRange, onBytes));
    if (done < file.size) {
      throw new Error(`${file.path}: the connection ended after ${done} of ${file.size} bytes`);
    }
    if (hash.digest("hex") !== file.hash) {
      throw new ContentMismatchError(
        `${file.path}: the downloaded bytes do not have the hash ${file.hash} that the hub ` +
          "promises; the partial file was removed, pull again",
      );
    }
    await handle.sync();
  } catch (error) {
    if (error instanceof ContentMismatchError) await rm(partial, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
  await rename(partial, target);
}

async function append(
  file: HubFile,
  partial: string,
  handle: FileHandle,
  hash: Hash,
  start: number,
  openRange: OpenRange,
  onBytes: (count: number, resumed: boolean) => void,
): Promise<number> {
  if (start === file.size) return 0;
  let received = 0;
  for await (const chunk of await openRange(start)) {
    received += chunk.byteLength;
    if (start + received > file.size) {
      throw new ContentMismatchError(
        `${file.path}: the hub sent more than the promised ${file.size} bytes; pull again`,
      );
    }
    await handle.write(chunk).catch((error: unknown) => {
      throw fileError(error, partial);
    });
    hash.update(chunk);
    onBytes(chunk.byteLength, false);
  }
  return received;
}

/** Bytes of an earlier run that can be kept; they go through the hash first. */
async function resumeFrom(
  file: HubFile,
  partial: string,
  handle: FileHandle,
  hash: Hash,
): Promise<number> {
  const { size } = await handle.stat();
  if (size > file.size) {
    await handle.truncate(0);
    return 0;
  }
  if (size > 0) {
    for await (const chunk of createReadStream(partial, { highWaterMark: 1 << 20 })) {
      hash.update(chunk);
    }
  }
  return size;
}

function startHash(file: HubFile): Hash {
  if (file.algorithm === "sha256") return createHash("sha256");
  // Git hashes a blob together with a short header.
  return createHash("sha1").update(`blob ${file.size}\0`);
}

/** Whether a finished blob is there: right name and right size. */
export async function hasBlob(file: HubFile, target: string): Promise<boolean> {
  const stats = await stat(target).catch(() => undefined);
  return stats?.isFile() === true && stats.size === file.size;
}
