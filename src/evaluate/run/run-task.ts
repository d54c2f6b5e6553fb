/** Asks a model about every item of a task: many at a time, each written down when it is done. */

import { setMaxListeners } from "node:events";
import type {
  EvalItem,
  EvalModel,
  EvalTask,
  ItemRecord,
  JsonObject,
  ScoredItem,
} from "../types.ts";
import { aggregate, type MetricResult } from "./aggregate.ts";
import { openJournal } from "./journal.ts";

export interface RunProgress {
  readonly task: string;
  /** Items that are done, those of earlier runs among them. */
  readonly done: number;
  readonly failed: number;
  /** Items in all, where that is known. */
  readonly total: number | undefined;
  /** Items a second, of this run. */
  readonly rate: number;
  /** Seconds that are left at this rate. */
  readonly eta: number | undefined;
}

export interface RunOptions {
  readonly model: EvalModel;
  /** Most items, from the first (default: all). */
  readonly limit?: number;
  /** Of sampling and shuffling (default 0). */
  readonly seed?: number;
  /** Items at a time (default: the model's own). */
  readonly concurrency?: number;
  readonly onProgress?: (progress: RunProgress) => void;
  readonly signal?: AbortSignal;
}

export interface TaskResult {
  readonly task: EvalTask;
  /** Items that were to be asked, and what became of them. */
  readonly requested: number;
  readonly scored: number;
  readonly failed: number;
  /** Items that an earlier run had done. */
  readonly resumed: number;
  /** Why the items could not be read to the end. */
  readonly error?: string;
  readonly metrics: readonly MetricResult[];
  readonly groups: readonly GroupResult[];
  readonly summary: Readonly<Record<string, number>>;
  readonly counts: Readonly<Record<string, number>>;
  /** The first few failures. */
  readonly failures: readonly { readonly id: string; readonly error: string }[];
  readonly seconds: number;
}

/** Results of the items with one value of a tag. */
export interface GroupResult {
  readonly tag: string;
  readonly value: string;
  readonly scored: number;
  readonly failed: number;
  readonly metrics: readonly MetricResult[];
}

const SHOWN_FAILURES = 20;

/**
 * Runs one task. Items that the journal holds as scored are not asked again; failed ones are.
 *
 * @param file the journal (JSON lines), made where it is missing
 * @throws Error where the model cannot see what the task shows, the journal belongs to another run,
 *   or the signal aborts
 */
export async function runTask(
  task: EvalTask,
  file: string,
  { model, limit = Infinity, seed = 0, ...options }: RunOptions,
): Promise<TaskResult> {
  const { concurrency = defaultConcurrency(task, model) } = options;
  const { onProgress, signal = new AbortController().signal } = options;
  requireSenses(task, model);
  setMaxListeners(0, signal); // every item at work may listen, which is no leak
  const started = performance.now();
  const tally = new Tally(task);
  const journal = await openJournal(file, journalKey(task, model, seed));
  const done = new Set<string>();
  try {
    for await (const record of journal.found) {
      tally.add(record);
      if (record.status === "scored") done.add(record.id);
    }
    // Items that a smaller limit leaves out belong to no result.
    const resumedFrom = done.size;
    const seen = new Set<string>();
    const context = { model, seed, signal };
    const total = task.size === undefined ? undefined : Math.min(limit, task.size);
    let [finished, taken, lastTold] = [0, 0, 0];
    const tell = (isLast: boolean): void => {
      const now = performance.now();
      if (!onProgress || (!isLast && now - lastTold < 200)) return;
      lastTold = now;
      const rate = finished / Math.max((now - started) / 1000, 1e-9);
      const { size, failed } = tally;
      const eta = total === undefined || finished === 0 ? undefined : (total - size) / rate;
      onProgress({ task: task.name, done: size, failed, total, rate, eta });
    };
    const items = numbered(task.items(), limit);
    const work = async (): Promise<void> => {
      for (;;) {
        signal.throwIfAborted();
        const next = await items.next();
        if (next.done) return;
        const { item, index } = next.value;
        taken++;
        const isRepeated = seen.has(item.id);
        const id = isRepeated ? `${item.id}#${index}` : item.id;
        seen.add(id);
        if (done.has(id)) continue;
        const problem = isRepeated ? `its id ${item.id} is that of an earlier item` : item.problem;
        const record = await ask(task, { ...item, id, problem }, index, context);
        signal.throwIfAborted(); // what was cut short is no result
        tally.add(record);
        finished++;
        await journal.append(record);
        tell(false);
      }
    };
    const ends = await Promise.allSettled(Array.from({ length: concurrency }, work));
    signal.throwIfAborted();
    const failure = ends.find((end) => end.status === "rejected");
    tally.keepOnly(seen);
    tell(true);
    const resumed = [...seen].filter((id) => done.has(id)).length;
    return {
      ...tally.result(),
      task,
      requested: taken,
      resumed: Math.min(resumed, resumedFrom),
      ...(failure ? { error: messageOf(failure.reason) } : {}),
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    await journal.close();
  }
}

/** @throws Error where a model would be asked about what it cannot see */
export function requireSenses({ name, shows = [] }: EvalTask, model: EvalModel): void {
  const missing = shows.find((sense) => !model.sees?.includes(sense));
  if (missing === undefined) return;
  throw new Error(
    `${name} shows ${missing}s, which ${model.name} does not take; use a task model that reads them, ` +
      `or an endpoint that does (--sees ${missing})`,
  );
}

const defaultConcurrency = ({ kind }: EvalTask, model: EvalModel): number => {
  const { concurrency, likelihoodConcurrency = concurrency } = model;
  const asksOtherwise = kind === "generate_until" || kind === "interactive";
  return asksOtherwise ? concurrency : likelihoodConcurrency;
};

/** What decides a task's results. */
export const journalKey = (task: EvalTask, model: EvalModel, seed: number): JsonObject => ({
  task: task.name,
  version: task.version,
  kind: task.kind,
  settings: task.settings,
  fewshot: task.fewshot ?? 0,
  model: model.identity,
  seed,
});

async function* numbered(
  items: AsyncIterable<EvalItem> | Iterable<EvalItem>,
  limit: number,
): AsyncGenerator<{ item: EvalItem; index: number }> {
  let index = 0;
  if (limit <= 0) return;
  for await (const item of items) {
    yield { item, index: index++ };
    if (index >= limit) return;
  }
}

async function ask(
  task: EvalTask,
  item: EvalItem,
  index: number,
  context: Parameters<EvalTask["ask"]>[1],
): Promise<ItemRecord> {
  const { id, doc, tags = {}, problem } = item;
  try {
    if (problem !== undefined) throw new Error(problem);
    const { tags: more, ...outcome } = await task.ask(item, context);
    checkValues(outcome.values);
    return { id, index, doc, tags: { ...tags, ...more }, status: "scored", ...outcome };
  } catch (error) {
    return { id, index, doc, tags, status: "failed", error: messageOf(error) };
  }
}

/** JSON has no NaN and no infinity. */
function checkValues(values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) {
    if ([value].flat().every(Number.isFinite)) continue;
    throw new Error(`${name} is ${String(value)}, expected a finite number`);
  }
}

const messageOf = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n", 1)[0]!.slice(0, 500);
};

interface Held {
  readonly index: number;
  readonly item: ScoredItem;
  readonly counts: Readonly<Record<string, number>> | undefined;
  /** Of a failed item. */
  readonly error: string | undefined;
}

/** What is held of a run's items: little, since there may be a hundred thousand. */
class Tally {
  readonly #task: EvalTask;
  readonly #held = new Map<string, Held>();
  failed = 0;

  constructor(task: EvalTask) {
    this.#task = task;
  }

  get size(): number {
    return this.#held.size;
  }

  add(record: ItemRecord): void {
    const { id, index, tags } = record;
    const isScored = record.status === "scored";
    if (this.#held.get(id)?.error !== undefined) this.failed--;
    if (!isScored) this.failed++;
    this.#held.set(id, {
      index,
      item: { id, tags, values: isScored ? record.values : {} },
      counts: isScored ? record.counts : undefined,
      error: isScored ? undefined : record.error,
    });
  }

  keepOnly(ids: ReadonlySet<string>): void {
    for (const [id, { error }] of this.#held) {
      if (ids.has(id)) continue;
      this.#held.delete(id);
      if (error !== undefined) this.failed--;
    }
  }

  result(): Pick<
    TaskResult,
    "scored" | "failed" | "metrics" | "groups" | "summary" | "counts" | "failures"
  > {
    const task = this.#task;
    const held = [...this.#held.values()].sort((a, b) => a.index - b.index);
    const scored = held.filter(({ error }) => error === undefined).map(({ item }) => item);
    const failures = held.filter(({ error }) => error !== undefined);
    const missing = failures.map(({ item }) => item);
    const counts: Record<string, number> = {};
    for (const each of held) {
      for (const [name, n] of Object.entries(each.counts ?? {})) {
        counts[name] = (counts[name] ?? 0) + n;
      }
    }
    return {
      scored: scored.length,
      failed: failures.length,
      metrics: aggregate(task, scored, failures.length),
      groups: groupsOf(task, scored, failures),
      summary: scored.length > 0 ? (task.summarise?.(scored, missing) ?? {}) : {},
      counts,
      failures: failures
        .slice(0, SHOWN_FAILURES)
        .map(({ item: { id }, error }) => ({ id, error: error! })),
    };
  }
}

/** More values than this are no groups but names. */
const MOST_GROUPS = 200;

function groupsOf(
  task: EvalTask,
  scored: readonly ScoredItem[],
  failures: readonly Held[],
): GroupResult[] {
  const all = [...scored, ...failures.map(({ item }) => item)];
  const found = new Set(all.flatMap(({ tags }) => Object.keys(tags)));
  const tags = task.groups ?? [...found].filter((tag) => tag !== task.cluster).sort();
  return tags.flatMap((tag) => {
    const values = new Set(all.flatMap((item) => item.tags[tag] ?? []));
    if (values.size > MOST_GROUPS) return [];
    return [...values].sort().map((value) => {
      const own = scored.filter((item) => item.tags[tag] === value);
      const failed = failures.filter(({ item }) => item.tags[tag] === value).length;
      return { tag, value, scored: own.length, failed, metrics: aggregate(task, own, failed) };
    });
  });
}
