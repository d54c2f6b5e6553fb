/** The models of a server: loaded when first asked for, closed when nobody has asked for a while. */

import type { LanguageModel } from "../generate/language-model.ts";

export interface ModelSource {
  readonly name: string;
  load(): Promise<LanguageModel>;
}

/** A model in use: it stays open until the lease is disposed of. */
export interface ModelLease extends Disposable {
  readonly model: LanguageModel;
}

export interface ModelPool extends AsyncDisposable {
  readonly names: readonly string[];
  /** Models that are loaded now. */
  readonly open: readonly LanguageModel[];
  /** @throws Error where the name is none of `names`, or the model does not load */
  acquire(name: string): Promise<ModelLease>;
}

interface Entry {
  readonly source: ModelSource;
  loading: Promise<LanguageModel> | undefined;
  model: LanguageModel | undefined;
  users: number;
  timer: NodeJS.Timeout | undefined;
}

/** @param idleSeconds without a request before a model is closed (default: never) */
export function createModelPool(
  sources: readonly ModelSource[],
  { idleSeconds = Infinity }: { readonly idleSeconds?: number } = {},
): ModelPool {
  const entries = new Map<string, Entry>();
  for (const source of sources) {
    if (entries.has(source.name)) {
      throw new Error(`two models are called ${source.name}; name one of them otherwise`);
    }
    entries.set(source.name, fresh(source));
  }
  let isClosed = false;

  const close = (entry: Entry): void => {
    entry.model?.[Symbol.dispose]();
    entry.model = undefined;
    entry.loading = undefined;
  };
  const load = async (entry: Entry): Promise<LanguageModel> => {
    entry.loading ??= entry.source.load();
    try {
      entry.model = await entry.loading;
      return entry.model;
    } catch (error) {
      entry.loading = undefined; // the next request tries again
      throw error;
    }
  };
  const release = (entry: Entry): void => {
    entry.users--;
    if (entry.users > 0 || !entry.model) return;
    if (isClosed) close(entry);
    else if (idleSeconds !== Infinity) {
      entry.timer = setTimeout(() => entry.users === 0 && close(entry), idleSeconds * 1000);
      entry.timer.unref();
    }
  };
  return {
    names: [...entries.keys()],
    get open() {
      return [...entries.values()].flatMap(({ model }) => model ?? []);
    },
    async acquire(name) {
      const entry = entries.get(name);
      if (!entry) throw new Error(`no model is called ${name}`);
      if (isClosed) throw new Error("the server is shutting down");
      clearTimeout(entry.timer);
      entry.users++;
      try {
        const model = await load(entry);
        let isReleased = false;
        return {
          model,
          [Symbol.dispose]() {
            if (!isReleased) release(entry);
            isReleased = true;
          },
        };
      } catch (error) {
        release(entry);
        throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      for (const entry of entries.values()) {
        clearTimeout(entry.timer);
        await entry.loading?.catch(() => {});
        if (entry.users === 0) close(entry);
      }
    },
  };
}

const fresh = (source: ModelSource): Entry => ({
  source,
  loading: undefined,
  model: undefined,
  users: 0,
  timer: undefined,
});
