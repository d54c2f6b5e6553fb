/** Loads koffi once per thread, with stacks large enough for the engine. */

type Koffi = typeof import("koffi").default;
export type Library = ReturnType<Koffi["load"]>;

/** An address; koffi gives null for 0. */
export type Pointer = bigint;

let loaded: Koffi | undefined;

/** Every library of this thread, held so that garbage collection cannot unload one. */
const libraries: Library[] = [];

/** Stack of an asynchronous call. The engine's matrix kernels alone keep 100 KB buffers on it. */
const asyncStackBytes = 4 << 20;

/**
 * The koffi module. Asynchronous calls run on stacks that koffi allocates, 128 KiB unless
 * configured before the thread loads its first library: so all of onefold loads koffi here.
 */
export async function loadKoffi(): Promise<Koffi> {
  if (loaded) return loaded;
  const { default: koffi } = await import("koffi");
  const config = koffi.config();
  if ((config.async_stack_size ?? 0) < asyncStackBytes) {
    try {
      koffi.config({ ...config, async_stack_size: asyncStackBytes, max_async_calls: 1024 });
    } catch (cause) {
      throw new Error(
        "koffi loaded a library before onefold did, with stacks too small for the engine; " +
          "create the first onefold session before other uses of koffi in this thread",
        { cause },
      );
    }
  }
  loaded = koffi;
  return koffi;
}

/**
 * Loads a shared library and keeps it in the process for good: its threads outlive the worker
 * thread that loaded it, and unloading would take the code away below them.
 */
export async function loadPinned(path: string): Promise<Library> {
  const koffi = await loadKoffi();
  let library: Library;
  try {
    library = koffi.load(path);
  } catch (cause) {
    throw new Error(`cannot load the shared library ${path}: ${(cause as Error).message}`, {
      cause,
    });
  }
  libraries.push(library);
  pin(koffi, path);
  return library;
}

/** One more reference to the library, never given back. */
function pin(koffi: Koffi, path: string): void {
  if (process.platform === "win32") {
    const kernel = koffi.load("kernel32.dll");
    libraries.push(kernel);
    kernel.func("void *LoadLibraryW(const char16_t *path)")(path);
  } else {
    const self = koffi.load(null);
    libraries.push(self);
    self.func("void *dlopen(const char *path, int flags)")(path, 2); // RTLD_NOW
  }
}
