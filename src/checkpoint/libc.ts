/** mmap, munmap and madvise of the C library, where there is one to call. */

export interface LibC {
  /** Address of a private mapping of a whole file; undefined when the system refuses. */
  map(fd: number, length: number): bigint | undefined;
  unmap(address: bigint, length: number): void;
  /** Drops the pages from resident memory; a later access reads them from the file again. */
  dontNeed(address: bigint, length: number): void;
  /** Asks for 2 MB pages for memory that is about to be written (Linux). */
  hugePages(buffer: ArrayBuffer): void;
  /** The memory at an address as an ArrayBuffer; throws where the runtime forbids it. */
  view(address: bigint, length: number): ArrayBuffer;
  readonly pageSize: number;
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
  const { default: koffi } = await import("koffi");
  const library = koffi.load(null);
  const mmap = library.func("void *mmap(void *, size_t, int, int, int, int64_t)");
  const munmap = library.func("int munmap(void *, size_t)");
  const madvise = library.func("int madvise(void *, size_t, int)");
  const pageSize: number = library.func("int getpagesize()")();
  const linux = process.platform === "linux";
  // A writable private mapping: a stray write to a weight copies that page instead of killing
  // the process, and never reaches the file. NORESERVE, or Linux counts all of it as memory.
  const readWrite = 3;
  const flags = 0x02 | (linux ? 0x4000 : 0x40);
  const page = BigInt(pageSize);
  return {
    pageSize,
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
