/** The models of a server: loaded when first asked for, closed when nobody has asked for a while. */

import { createPool, type Lease } from "../generate/engine/pool.ts";
import type { LanguageModel } from "../generate/language-model.ts";

export interface ModelSource {
  readonly name: string;
  load(): Promise<LanguageModel>;
}

export interface ModelPool extends AsyncDisposable {
  readonly names: readonly string[];
  /** Models that are loaded now. */
  readonly open: readonly LanguageModel[];
  /** @throws Error where the name is none of `names`, or the model does not load */
  acquire(name: string): Promise<Lease<LanguageModel>>;
}

/**
 * @param idleSeconds without a request before a model is closed (default: never)
 * @param memory most bytes of all caches (default: no limit)
 */
export function createModelPool(
  sources: readonly ModelSource[],
  { idleSeconds, memory }: { readonly idleSeconds?: number; readonly memory?: number } = {},
): ModelPool {
  const byName = new Map(sources.map((source) => [source.name, source]));
  if (byName.size < sources.length) {
    throw new Error("two models have the same name; name one of them otherwise (NAME=MODEL)");
  }
  const open = new Set<LanguageModel>();
  const pool = createPool({
    memory,
    idle: idleSeconds === undefined ? undefined : idleSeconds * 1000,
    async load(name) {
      const source = byName.get(name);
      if (!source) throw new Error(`no model is called ${name}`);
      const model = await source.load();
      open.add(model);
      return {
        model,
        bytes: model.engine.stats.cacheBytes,
        [Symbol.dispose]() {
          open.delete(model);
          model[Symbol.dispose]();
        },
      };
    },
  });
  return {
    names: [...byName.keys()],
    get open() {
      return [...open];
    },
    async acquire(name) {
      const lease = await pool.acquire(name);
      return { value: lease.value.model, [Symbol.dispose]: () => lease[Symbol.dispose]() };
    },
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}
