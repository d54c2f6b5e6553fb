/** The models of a server: loaded when first asked for, closed when nobody has asked for a while. */

import { createPool, type Lease } from "../generate/engine/pool.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import type { TaskModel } from "../task/index.ts";
import { createTaskRunner, type TaskRunner } from "./tasks/task-runner.ts";

export interface ModelSource {
  readonly name: string;
  load(): Promise<LanguageModel>;
  /** Whether `loadTasks` will give a model, known before it is loaded (default: no). */
  readonly takesFiles?: boolean;
  /** Its other modalities than text (default: none); undefined where the folder has none. */
  loadTasks?(): Promise<TaskModel | undefined>;
}

/** Does tasks in the place of models that take and give text alone. */
export interface TaskSource {
  readonly name: string;
  load(): Promise<TaskModel>;
}

/** A model's other modalities than text, held like a lease of it. */
export interface TaskLease extends Lease<TaskRunner | undefined> {
  /** What does the tasks: the model that was asked for, or the one in its place. */
  readonly name: string;
}

export interface ModelPoolOptions {
  /** Without a request before a model is closed, in seconds (default: never). */
  readonly idleSeconds?: number;
  /** Most bytes of all caches (default: no limit). */
  readonly memory?: number;
  /** Where a model takes and gives text alone (default: it does no tasks). */
  readonly tasks?: TaskSource;
}

export interface ModelPool extends AsyncDisposable {
  readonly names: readonly string[];
  /** Models that are loaded now. */
  readonly open: readonly LanguageModel[];
  /** @throws Error where the name is none of `names`, or the model does not load */
  acquire(name: string): Promise<Lease<LanguageModel>>;
  /** Whether a chat with a model may be about a file. */
  takesFiles(name: string): boolean;
  /** What a model takes and gives besides text, opened when first asked for. */
  acquireTasks(name: string): Promise<TaskLease>;
}

/** Its key in the pool of task models, which no model has for a name. */
const INSTEAD = "";

export function createModelPool(
  sources: readonly ModelSource[],
  { idleSeconds, memory, tasks: instead }: ModelPoolOptions = {},
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
      const model = await (name === INSTEAD ? instead?.load() : sourceOf(name).loadTasks?.());
      return {
        runner: model && createTaskRunner(model),
        bytes: 0, // no cache is kept between tasks
        [Symbol.dispose]: () => model?.[Symbol.dispose](),
      };
    },
  });
  const leaseTasks = async (key: string, name: string): Promise<TaskLease> => {
    const lease = await tasks.acquire(key);
    return { name, value: lease.value.runner, [Symbol.dispose]: () => lease[Symbol.dispose]() };
  };
  return {
    names: [...byName.keys()],
    get open() {
      return [...open];
    },
    async acquire(name) {
      const lease = await pool.acquire(name);
      return { value: lease.value.model, [Symbol.dispose]: () => lease[Symbol.dispose]() };
    },
    takesFiles: (name) => sourceOf(name).takesFiles === true,
    async acquireTasks(name) {
      const own = await leaseTasks(name, name);
      if (own.value || !instead) return own;
      own[Symbol.dispose]();
      return leaseTasks(INSTEAD, instead.name);
    },
    async [Symbol.asyncDispose]() {
      await tasks[Symbol.asyncDispose]();
      await pool[Symbol.asyncDispose]();
    },
  };
}
