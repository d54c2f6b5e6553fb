/** The models of a server: loaded when first asked for, closed when nobody has asked for a while. */

import { createPool, type Lease } from "../generate/engine/pool.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import type { TaskModel } from "../task/index.ts";
import { createTaskRunner, type TaskRunner } from "./tasks/task-runner.ts";

export interface ModelSource {
  readonly name: string;
  load(): Promise<LanguageModel>;
  /** Its other modalities than text (default: none); undefined where the folder has none. */
  loadTasks?(): Promise<TaskModel | undefined>;
}

export interface ModelPool extends AsyncDisposable {
  readonly names: readonly string[];
  /** Models that are loaded now. */
  readonly open: readonly LanguageModel[];
  /** @throws Error where the name is none of `names`, or the model does not load */
  acquire(name: string): Promise<Lease<LanguageModel>>;
  /** The same model with what it takes and gives besides text, opened when first asked for. */
  acquireTasks(name: string): Promise<Lease<TaskRunner | undefined>>;
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
  const sourceOf = (name: string): ModelSource => {
    const source = byName.get(name);
    if (source) return source;
    throw new Error(`no model is called ${name}`);
  };
  const idle = idleSeconds === undefined ? undefined : idleSeconds * 1000;
  const pool = createPool({
    memory,
    idle,
    async load(name) {
      const model = await sourceOf(name).load();
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
  const tasks = createPool({
    idle,
    async load(name) {
      const model = await sourceOf(name).loadTasks?.();
      return {
        runner: model && createTaskRunner(model),
        bytes: 0, // the weights' pages are those of the text engine
        [Symbol.dispose]: () => model?.[Symbol.dispose](),
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
    async acquireTasks(name) {
      const lease = await tasks.acquire(name);
      return { value: lease.value.runner, [Symbol.dispose]: () => lease[Symbol.dispose]() };
    },
    async [Symbol.asyncDispose]() {
      await tasks[Symbol.asyncDispose]();
      await pool[Symbol.asyncDispose]();
    },
  };
}
