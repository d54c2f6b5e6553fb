/** The bytes of one file: memory mapped where possible, else read piece by piece when asked. */

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { fileError } from "./json.ts";
import { type LibC, loadLibC } from "./libc.ts";

export interface FileBytes extends Disposable {
  readonly file: string;
  readonly size: number;
  /** Whether `view` gives mapped memory rather than copies. */
  readonly mapped: boolean;
  /**
   * Bytes [offset, offset + length): no copy if mapped. Its `buffer` may be the whole file, which
   * is what `structuredClone` would copy.
   */
  view(offset: number, length: number): Uint8Array<ArrayBuffer>;
  /** Copies bytes into `target`, always by reading: nothing becomes resident through the map. */
  readInto(target: Uint8Array, offset: number): void;
  /** Starts reading the file into the page cache, where it is mapped; returns at once. */
  prefetch(): void;
  /** Lets go of the pages of a range; views stay valid and read the file again. */
  release(offset: number, length: number): void;
}

/** A mapping outlives its file handle as long as a view is reachable: no view ever dangles. */
interface Mapping {
  readonly address: bigint;
  readonly size: number;
  views: number;
  closed: boolean;
}

let libc: LibC | undefined;

const finalizers = new FinalizationRegistry<Mapping>((mapping) => {
  mapping.views--;
  unmapWhenUnused(mapping);
});

function unmapWhenUnused(mapping: Mapping): void {
  if (mapping.closed && mapping.views === 0) libc?.unmap(mapping.address, mapping.size);
}

/**
 * Opens a file for lazy reading.
 *
 * @param mapping false forces positioned reads (used by tests, and on systems without mmap)
 */
export async function openFileBytes(file: string, mapping = true): Promise<FileBytes> {
  libc = await loadLibC();
  let fd: number;
  try {
    fd = openSync(file, "r");
  } catch (error) {
    throw fileError(error, file);
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw new Error(`${file}: a regular file was expected`);
    const address = mapping && stats.size > 0 ? libc?.map(fd, stats.size) : undefined;
    const map =
      address === undefined ? undefined : { address, size: stats.size, views: 0, closed: false };
    return createFileBytes(file, fd, stats.size, map);
  } catch (error) {
    closeSync(fd);
    throw fileError(error, file);
  }
}

function createFileBytes(
  file: string,
  fd: number,
  size: number,
  mapping: Mapping | undefined,
): FileBytes {
  let open = true;
  let whole: ArrayBuffer | undefined;

  const check = (offset: number, length: number): void => {
    if (!open) throw new Error(`${file}: the checkpoint was closed before this read`);
    if (offset < 0 || length < 0 || offset + length > size) {
      throw new RangeError(`${file}: bytes ${offset} to ${offset + length} are outside the file`);
    }
  };

  const shrank = () =>
    new Error(`${file}: the file became shorter while it was open; open it again`);

  const readInto = (target: Uint8Array, offset: number): void => {
    check(offset, target.byteLength);
    let done = 0;
    while (done < target.byteLength) {
      const chunk = Math.min(target.byteLength - done, 1 << 30);
      const count = readSync(fd, target, done, chunk, offset + done);
      if (count === 0) throw shrank();
      done += count;
    }
  };

  return {
    file,
    size,
    mapped: mapping !== undefined,
    readInto,
    view(offset, length) {
      check(offset, length);
      // Touching a mapped page past the end of a file that shrank kills the process (SIGBUS).
      if (fstatSync(fd).size < size) throw shrank();
      if (mapping && libc && length > 0) {
        if (size > WHOLE_FILE_BYTES) {
          const buffer = bufferOf(libc, mapping, offset, length);
          if (buffer) return new Uint8Array(buffer);
        } else {
          whole ??= bufferOf(libc, mapping, 0, size);
          if (whole) return new Uint8Array(whole, offset, length);
        }
      }
      // Native code may point at it: V8 would keep a small array on its moving heap.
      const copy = new Uint8Array(new ArrayBuffer(Math.max(length, 128)), 0, length);
      readInto(copy, offset);
      return copy;
    },
    prefetch() {
      if (mapping && open) libc?.willNeed(mapping.address, mapping.size);
    },
    release(offset, length) {
      if (mapping && open) libc?.dontNeed(mapping.address + BigInt(offset), length);
    },
    [Symbol.dispose]() {
      if (!open) return;
      open = false;
      whole = undefined;
      closeSync(fd);
      if (!mapping) return;
      mapping.closed = true;
      libc?.dontNeed(mapping.address, mapping.size);
      unmapWhenUnused(mapping);
    },
  };
}

/**
 * V8 counts each external buffer as garbage pressure by its size, and collects every 64 MB or so:
 * one buffer a file is counted once. Node 20 cannot make longer ones than this.
 */
const WHOLE_FILE_BYTES = 2 ** 32 - 4096;

function bufferOf(
  library: LibC,
  mapping: Mapping,
  offset: number,
  length: number,
): ArrayBuffer | undefined {
  try {
    const buffer = library.view(mapping.address + BigInt(offset), length);
    mapping.views++;
    finalizers.register(buffer, mapping);
    return buffer;
  } catch {
    return undefined; // Electron and others forbid memory that V8 did not allocate.
  }
}
