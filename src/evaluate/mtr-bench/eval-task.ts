/** MTR-Bench as a task of the harness: an item is a game, the model is asked every turn. */

import type { EvalItem, EvalModel, EvalTask } from "../types.ts";
import { type Instance, makeInstance } from "./instance.ts";
import { scoreEpisodes } from "./metrics.ts";
import { findPatterns } from "./patterns.ts";
import { correctionsOf, type Player, play } from "./play.ts";
import { LEVELS, type Level, type Task } from "./task.ts";
import { tasks as allTasks, findTask } from "./tasks.ts";

export interface MtrBenchOptions {
  /** Names (default: all 40). */
  readonly tasks?: readonly string[];
  readonly levels?: readonly Level[];
  /** Games of each task and level (default 10). */
  readonly count?: number;
  /** Of the games (default 1). */
  readonly seed?: number;
  /** Published instances (`readPaperInstances`) in place of generated ones. */
  readonly instances?: readonly Instance[];
  /** Most tokens of a reply (default 512; published: 16384). */
  readonly maxTokens?: number;
}

const asPlayer =
  (model: EvalModel, maxTokens: number, signal: AbortSignal): Player =>
  async (conversation) => {
    const [{ text }] = await model.generate([{ prompt: conversation, maxTokens }], { signal });
    return text;
  };

/**
 * The benchmark for `evaluate`: results by class, task and level.
 *
 * @throws Error for an unknown task's name
 * @example
 * using model = await createLocalModel("models/onefold-mini");
 * const task = createMtrBenchTask({ tasks: ["MinMax"], levels: ["easy"], count: 5 });
 * const { results } = await evaluate({ model, tasks: [task], out: "runs/mtr-bench" });
 */
export function createMtrBenchTask(options: MtrBenchOptions = {}): EvalTask {
  const { levels = LEVELS, count = 10, seed = 1, instances, maxTokens = 512 } = options;
  const chosen: readonly Task[] = options.tasks?.map(findTask) ?? allTasks;
  const cells = chosen.flatMap((task) => levels.map((level) => ({ task, level })));
  // A game is drawn when it is asked: its item names it.
  const drawn = (id: string): Instance => {
    const found = instances?.find((instance) => instance.id === id);
    if (found) return found;
    const [, name, level, , index] = id.split(".");
    const known = LEVELS.find((l) => l === level)!;
    return makeInstance(findTask(name), known, seed, Number(index));
  };
  function* items(): Generator<EvalItem> {
    if (instances) {
      for (const { id, task, level } of instances) yield item(id, findTask(task), level);
      return;
    }
    for (const { task, level } of cells) {
      for (let i = 0; i < count; i++) {
        const index = String(i).padStart(3, "0");
        yield item(`${task.class}.${task.name}.${level}.${seed}.${index}`, task, level);
      }
    }
  }
  const item = (id: string, task: Task, level: Level): EvalItem => ({
    ...{ id, doc: { task: task.name, level } },
    tags: { class: task.class, task: task.name, level },
  });
  return {
    name: "mtr-bench",
    version: "1",
    kind: "interactive",
    settings: { rules: instances ? "paper" : "fixed", seed, count, maxTokens },
    metrics: [
      { name: "acc", isHigherBetter: true },
      { name: "budget_score", isHigherBetter: true },
      { name: "invalid", isHigherBetter: false },
    ],
    size: instances?.length ?? cells.length * count,
    items,
    async ask({ id }, { model, signal }) {
      const instance = drawn(id);
      const task = findTask(instance.task);
      const corrections = correctionsOf(instance);
      const player = asPlayer(model, maxTokens, signal);
      const episode = await play(task, instance, player, { corrections, signal });
      const { accuracy, budgetScore, invalidGames } = scoreEpisodes([episode]);
      const patterns = findPatterns(task, episode);
      const tally = (test: (p: (typeof patterns)[number]) => boolean | undefined) =>
        patterns.filter((p) => test(p) === true).length;
      return {
        values: { acc: accuracy, budget_score: budgetScore, invalid: invalidGames },
        target: "won",
        answer: episode.status,
        asked: episode.turns.map(({ reply, feedback }) => ({
          context: feedback,
          argument: { maxTokens },
          response: reply,
        })),
        counts: {
          turns: episode.turns.length,
          reference_turns: instance.oracleTurns,
          invalid_turns: episode.turns.filter((t) => t.isInvalid).length,
          truncated_turns: episode.turns.filter((t) => t.isTruncated).length,
          repeats: tally((p) => p.isRepeat),
          redundant: tally((p) => p.isRedundant),
          premature_answers: tally((p) => p.isPremature),
        },
        tags: { ended: episode.status },
        details: { prompt: instance.prompt },
      };
    },
  };
}
