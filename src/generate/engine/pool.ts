/** Several models behind one door: loaded when asked for, unloaded when idle or in the way. */

/** What a pool holds. */
export interface Pooled extends Disposable {
  /** Memory that unloading it gives back. */
  readonly bytes: number;
}

export interface PoolOptions<T extends Pooled> {
  /** Loads what goes by a name; the pool disposes of it. */
  readonly load: (name: string) => Promise<T>;
  /** Bytes that loading a name will take, to make room beforehand (default: not known, 0). */
  readonly estimate?: (name: string) => number | Promise<number>;
  /** Most bytes of everything loaded (default: no limit). */
  readonly memory?: number;
  /** Unloads what nobody used for so long, in milliseconds (default: never). */
  readonly idle?: number;
}

/** Keeps what it holds loaded until it is disposed of. */
export interface Lease<T> extends Disposable {
  readonly value: T;
}

export interface Pool<T extends Pooled> extends AsyncDisposable {
  /**
   * What goes by a name, loaded if need be; whoever asks meanwhile waits for the same loading.
   *
   * @throws Error with the numbers where it does not fit beside what is in use
   */
  acquire(name: string): Promise<Lease<T>>;
  /** Names that are loaded, the least recently used first. */
  readonly loaded: readonly string[];
  readonly bytes: number;
}

interface Entry<T> {
  readonly value: T;
  users: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * @example
 * await using pool = createPool({
 *   idle: 300_000,
 *   load: async (name) => {
 *     const model = await loadModel(name);
 *     const engine = await createEngine(model);
 *     const bytes = engine.stats.cacheBytes;
 *     return { model, engine, bytes, [Symbol.dispose]: () => engine[Symbol.dispose]() };
 *   },
 * });
 * using lease = await pool.acquire("models/onefold-mini");
 * const [answer] = lease.value.engine.generate({ prompt: [1, 2, 3] });
 */
export function createPool<T extends Pooled>(options: PoolOptions<T>): Pool<T> {
  const { load, estimate, memory = Infinity, idle = Infinity } = options;
  /** In the order of use. */
  const entries = new Map<string, Entry<T>>();
  const loading = new Map<string, Promise<void>>();
  /** Loads one after the other: each finds the room that the one before left. */
  let last: Promise<unknown> = Promise.resolve();
  let isClosed = false;

  const bytes = (): number => {
    let sum = 0;
    for (const { value } of entries.values()) sum += value.bytes;
    return sum;
  };
  const unload = (name: string): void => {
    const entry = entries.get(name);
    if (!entry) return;
    entries.delete(name);
    clearTimeout(entry.timer);
    entry.value[Symbol.dispose]();
  };
  /** Unloads what is not in use, the least recently used first. */
  const makeRoom = (wanted: number, except?: string): boolean => {
    for (const [name, { users }] of [...entries]) {
      if (bytes() + wanted <= memory) break;
      if (users === 0 && name !== except) unload(name);
    }
    return bytes() + wanted <= memory;
  };
  const refuse = (name: string, wanted: number): Error => {
    const mega = (n: number): string => `${Math.ceil(n / 1e6)} MB`;
    return new Error(
      `${name} needs ${mega(wanted)} beside ${mega(bytes())} of models in use, but ` +
        `${mega(memory)} are allowed; try again when they are idle, or allow more`,
    );
  };
  const bring = async (name: string): Promise<void> => {
    const wanted = (await estimate?.(name)) ?? 0;
    if (!makeRoom(wanted)) throw refuse(name, wanted);
    const value = await load(name);
    entries.set(name, { value, users: 0, timer: undefined });
    if (!isClosed && makeRoom(0, name)) return;
    unload(name);
    throw isClosed ? closed() : refuse(name, value.bytes);
  };
  const closed = (): Error => new Error("this pool of models was closed");
  const take = (name: string, entry: Entry<T>): Lease<T> => {
    entries.delete(name);
    entries.set(name, entry);
    clearTimeout(entry.timer);
    entry.users++;
    let isHeld = true;
    return {
      value: entry.value,
      [Symbol.dispose]() {
        if (!isHeld) return;
        isHeld = false;
        if (--entry.users > 0 || idle === Infinity || entries.get(name) !== entry) return;
        entry.timer = setTimeout(() => unload(name), idle);
        entry.timer.unref();
      },
    };
  };

  return {
    async acquire(name) {
      for (;;) {
        if (isClosed) throw closed();
        const entry = entries.get(name);
        if (entry) return take(name, entry);
        let brought = loading.get(name);
        if (!brought) {
          const before = last;
          brought = before
            .catch(() => {})
            .then(() => bring(name))
            .finally(() => loading.delete(name));
          loading.set(name, brought);
          last = brought;
        }
        await brought;
      }
    },
    get loaded() {
      return [...entries.keys()];
    },
    get bytes() {
      return bytes();
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      await last.catch(() => {});
      for (const name of [...entries.keys()]) unload(name);
    },
  };
}
