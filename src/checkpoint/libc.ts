/** mmap, munmap and madvise of the C library, where there is one to call. */

import { loadKoffi } from "../runtime/native/ffi.ts";

export interface LibC {
  /** Address of a private mapping of a whole file; undefined when the system refuses. */
  map(fd: number, length: number): bigint | undefined;
  unmap(address: bigint, length: number): void;
  /** Drops the pages from resident memory; a later access reads them from the file again. */
  dontNeed(address: bigint, length: number): void;
  /** Starts reading the file behind mapped memory, on another thread. Nothing waits for it. */
  willNeed(address: bigint, length: number): void;
  /** Asks for 2 MB pages for memory that is about to be written (Linux). */
  hugePages(buffer: ArrayBuffer): void;
  /** The memory at an address as an ArrayBuffer; throws where the runtime forbids it. */
  view(address: bigint, length: number): ArrayBuffer;
  /** Swaps two paths in one step; false where the system or file system cannot. */
  exchange(a: string, b: string): boolean;
}

// koffi unloads a library whose handle is collected: the functions live as long as this module.
let loaded: Promise<LibC | undefined> | undefined;

/** The C library, loaded once; undefined on Windows and where koffi has no build. */
export function loadLibC(): Promise<LibC | undefined> {
  loaded ??= load().catch(() => undefined);
  return loaded;
}

async function load(): Promise<LibC | undefined> {
  if (process.platform === "win32") return undefined;
  const koffi = await loadKoffi();
  const library = koffi.load(null);
  const mmap = library.func("void *mmap(void *, size_t, int, int, int, int64_t)");
  const munmap = library.func("int munmap(void *, size_t)");
  const madvise = library.func("int madvise(void *, size_t, int)");
  const linux = process.platform === "linux";
  // A writable private mapping: a stray write to a weight copies that page instead of killing
  // the process, and never reaches the file. NORESERVE, or Linux counts all of it as memory.
  const readWrite = 3;
  const flags = 0x02 | (linux ? 0x4000 : 0x40);
  const page = BigInt(library.func("int getpagesize()")());
  const swap = loadSwap(library, linux);
  return {
    exchange: (a, b) => swap?.(a, b) === 0,
    map(fd, length) {
      const address: bigint = mmap(null, length, readWrite, flags, fd, 0);
      return address === 0n || address === 0xffff_ffff_ffff_ffffn ? undefined : address;
    },
    unmap: (address, length) => {
      munmap(address, length);
    },
    dontNeed(address, length) {
      // Whole pages within the range: neighbours on shared pages stay.
      const start = ((address + page - 1n) / page) * page;
      const end = ((address + BigInt(length)) / page) * page;
      if (end > start) madvise(start, Number(end - start), 4);
    },
    willNeed(address, length) {
      madvise.async(address, length, 3, () => {});
    },
    hugePages(buffer) {
      if (!linux || buffer.byteLength < 4 << 20) return;
      const address = koffi.address(buffer);
      const start = ((address + page - 1n) / page) * page;
      const end = ((address + BigInt(buffer.byteLength)) / page) * page;
      madvise(start, Number(end - start), 14);
    },
    view: (address, length) => koffi.view(address, length),
  };
}

type Library = ReturnType<typeof import("koffi")["default"]["load"]>;

/** renameat2 of Linux (glibc 2.28, musl 1.2.5) and renamex_np of macOS; both can be absent. */
function loadSwap(
  library: Library,
  linux: boolean,
): ((a: string, b: string) => number) | undefined {
  try {
    if (linux) {
      const rename = library.func("int renameat2(int, const char *, int, const char *, uint32_t)");
      const currentDirectory = -100; // AT_FDCWD
      return (a, b) => rename(currentDirectory, a, currentDirectory, b, 2); // RENAME_EXCHANGE
    }
    const rename = library.func("int renamex_np(const char *, const char *, uint32_t)");
    return (a, b) => rename(a, b, 2); // RENAME_SWAP
  } catch {
    return undefined;
  }
}
