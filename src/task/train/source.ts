/** Micro-batches of many tasks, each with its own samples. */

import { createRandom } from "../../nn/random.ts";
import { shuffle } from "../../train/batches.ts";
import type { BatchSource, Cursor, MicroBatch } from "../../train/index.ts";
import type { TaskModelConfig } from "../model/config.ts";
import { lengthOf, type PreparedSample } from "../prepare/sample.ts";
import { batchOf, layoutOf, type TaskBatch, weighed } from "./batch.ts";
import { ctcTerm } from "./layouts.ts";
import { layoutKey } from "./loss.ts";

/** A task as training sees it. */
export interface TrainTask {
  readonly name: string;
  /** Beside the other tasks (default 1). */
  readonly weight?: number;
  /** Most positions of a micro-batch, padding included (default: the source's). */
  readonly positions?: number;
  /** Of its labels, 0 to 1 (default 0). */
  readonly smoothing?: number;
  /** Weight of a CTC term on its sounds (default 0). */
  readonly ctc?: number;
  /**
   * Multiplies its loss (default 1): criteria differ in size, and a mean distance of frames is
   * hardly heard beside a cross-entropy of tokens.
   */
  readonly lossScale?: number;
  /**
   * Samples of pool k, prepared. Called again after a resume: the same k must give the same
   * samples, in the same order.
   */
  readonly samples: (k: number) => Promise<readonly PreparedSample[]>;
}

export interface TaskSourceOptions {
  readonly config: TaskModelConfig;
  /** Token that targets start from. */
  readonly start: number;
  readonly tasks: readonly TrainTask[];
  /** Most positions of a micro-batch, padding included. */
  readonly positions: number;
  readonly seed: number;
  /**
   * Which task a micro-batch is of: each in turn (a step over as many micro-batches as there are
   * tasks is OFASys's, one micro-batch a step is round-robin), or drawn by the weights.
   */
  readonly order: "in turn" | "by weight";
  /**
   * What a task's weight multiplies: its mean loss, so that tasks count alike (default), or its
   * summed loss, so that tasks of long answers count more (OFASys).
   */
  readonly balance?: "tasks" | "tokens";
}

/** An endless source over tasks. Its cursor is how many micro-batches each has given. */
export function taskSource(options: TaskSourceOptions): BatchSource {
  const { tasks, start, seed, order, balance = "tasks" } = options;
  if (tasks.length === 0) throw new Error("task: there are no tasks to train");
  const weights = tasks.map(({ weight = 1 }) => weight);
  tasks.forEach(({ name }, i) => {
    if (tasks.findIndex((other) => other.name === name) < i) {
      throw new Error(`task: two tasks are named "${name}"; give each a name of its own`);
    }
    if (!(weights[i] > 0 && weights[i] < Infinity)) {
      throw new RangeError(`task ${name}: weight is ${weights[i]}, expected a number above 0`);
    }
  });
  const queues = tasks.map((task) => new TaskQueue(task, options));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let turn = 0;
  const choose = (): number => {
    if (order === "in turn") return turn % tasks.length;
    let rest = createRandom(seed, `turn ${turn}`).uniform() * total;
    const found = weights.findIndex((weight) => {
      rest -= weight;
      return rest < 0;
    });
    return found < 0 ? tasks.length - 1 : found;
  };
  return {
    async next(): Promise<MicroBatch> {
      const i = choose();
      turn++;
      const batch = await queues[i].next();
      const { name, smoothing, lossScale = 1, ctc = 0 } = tasks[i];
      const weight = order === "by weight" ? lossScale : weights[i] * lossScale;
      return weighed(batch, name, weight, balance, { smoothing, ctc: ctcTerm(ctc, start) });
    },
    get cursor(): Cursor {
      return { turn, tasks: Object.fromEntries(queues.map((q) => [q.task.name, q.place])) };
    },
    seek(cursor) {
      const { turn: at, tasks: places } = cursor as { turn?: unknown; tasks?: unknown };
      if (!Number.isSafeInteger(at) || typeof places !== "object" || places === null) {
        throw new Error('the cursor must hold a whole number "turn" and the places of "tasks"');
      }
      turn = at as number; // checked above
      for (const queue of queues) {
        queue.seek((places as Record<string, unknown>)[queue.task.name]);
      }
    },
  };
}

interface Place {
  readonly pool: number;
  readonly batch: number;
}

/** Batches of one task, pool by pool. */
class TaskQueue {
  readonly task: TrainTask;
  place: Place = { pool: 0, batch: 0 };
  private readonly options: TaskSourceOptions;
  private cut: readonly (readonly PreparedSample[])[] | undefined;

  constructor(task: TrainTask, options: TaskSourceOptions) {
    this.task = task;
    this.options = options;
  }

  seek(place: unknown): void {
    const { pool, batch } = (place ?? {}) as Partial<Place>;
    if (!Number.isSafeInteger(pool) || !Number.isSafeInteger(batch)) {
      throw new Error(`the cursor has no place of the task "${this.task.name}"`);
    }
    this.place = { pool: pool!, batch: batch! };
    this.cut = undefined;
  }

  async next(): Promise<TaskBatch> {
    const { config, start, seed } = this.options;
    const { pool, batch } = this.place;
    this.cut ??= await this.load(pool);
    const samples = this.cut[batch];
    if (!samples) {
      throw new Error(
        `task ${this.task.name}: pool ${pool} has ${this.cut.length} micro-batches, but the ` +
          `cursor stands before number ${batch}: its data have changed`,
      );
    }
    const isLast = batch + 1 === this.cut.length;
    this.place = isLast ? { pool: pool + 1, batch: 0 } : { pool, batch: batch + 1 };
    if (isLast) this.cut = undefined;
    const random = createRandom(seed, `${this.task.name} ${pool} ${batch}`);
    const { ctc = 0 } = this.task;
    return batchOf(config, start, samples, random, ctc > 0);
  }

  private async load(pool: number): Promise<(readonly PreparedSample[])[]> {
    const samples = await this.task.samples(pool);
    if (samples.length === 0) {
      throw new Error(`task ${this.task.name}: pool ${pool} of its data has no samples`);
    }
    const { positions = this.options.positions } = this.task;
    const batches = cutByLength(samples, positions, this.task.name);
    return shuffle(batches, this.options.seed, `${this.task.name} order of ${pool}`);
  }
}

/** Samples of one layout and like length together. */
function cutByLength(
  samples: readonly PreparedSample[],
  most: number,
  task: string,
): (readonly PreparedSample[])[] {
  const byLayout = new Map<string, PreparedSample[]>();
  for (const sample of samples) {
    const key = layoutKey(layoutOf(sample));
    const group = byLayout.get(key) ?? [];
    byLayout.set(key, group);
    group.push(sample);
  }
  const batches: PreparedSample[][] = [];
  for (const group of byLayout.values()) {
    const sorted = group.toSorted((a, b) => lengthOf(a) - lengthOf(b));
    let batch: PreparedSample[] = [];
    for (const sample of sorted) {
      const length = lengthOf(sample);
      if (length > most) {
        throw new Error(
          `task ${task}: a sample of ${length} positions does not fit into micro-batches of ` +
            `${most}; raise "positions"`,
        );
      }
      if ((batch.length + 1) * length > most) {
        batches.push(batch);
        batch = [];
      }
      batch.push(sample);
    }
    if (batch.length > 0) batches.push(batch);
  }
  return batches;
}
