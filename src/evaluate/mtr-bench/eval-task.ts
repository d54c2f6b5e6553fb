/** MTR-Bench as a task of the harness: an item is a game, the model is asked every turn. */

import { createHash } from "node:crypto";
import type { EvalItem, EvalModel, EvalTask, ItemOutcome, MetricSpec } from "../types.ts";
import type { Episode } from "./episode.ts";
import type { MalformedInstance } from "./import.ts";
import { type Instance, makeInstance } from "./instance.ts";
import { findPatterns, type TurnPattern } from "./patterns.ts";
import { type Player, play } from "./play.ts";
import { LEVELS, type Level, type Task } from "./task.ts";
import { tasks as allTasks, findTask } from "./tasks.ts";

export interface MtrBenchOptions {
  /** What results call it (default "mtr-bench"). */
  readonly name?: string;
  /** Names (default: all 40). */
  readonly tasks?: readonly string[];
  readonly levels?: readonly Level[];
  /** Games of each task and level (default 10). */
  readonly count?: number;
  /** Of the games (default 1). */
  readonly seed?: number;
  /** Published instances (`readPaperInstances`) in place of generated ones. */
  readonly instances?: readonly (Instance | MalformedInstance)[];
  /** Most tokens of a reply (default 512; published: 16384). */
  readonly maxTokens?: number;
}

/**
 * A model as a player.
 *
 * @example
 * const player = modelPlayer(model, { maxTokens: 512 });
 */
export const modelPlayer =
  (
    model: Pick<EvalModel, "generate">,
    { maxTokens, signal }: { readonly maxTokens: number; readonly signal?: AbortSignal },
  ): Player =>
  async (conversation) => {
    const [{ text, finishReason }] = await model.generate([{ prompt: conversation, maxTokens }], {
      signal,
    });
    return { text, isCutOff: finishReason === "length" };
  };

const metrics: readonly MetricSpec[] = [
  { name: "acc", isHigherBetter: true },
  { name: "budget_score", isHigherBetter: true },
  // Over games that were won; an efficiency needs a reference that won, too.
  { name: "turns_to_win", isHigherBetter: false, aggregation: "weighted_mean" },
  { name: "efficiency", isHigherBetter: true, aggregation: "weighted_mean" },
  // Shares of games that ended so, then of turns.
  { name: "invalid", isHigherBetter: false },
  { name: "truncated", isHigherBetter: false },
  { name: "overflow", isHigherBetter: false },
  { name: "invalid_turns", isHigherBetter: false, aggregation: "weighted_mean" },
  { name: "truncated_turns", isHigherBetter: false, aggregation: "weighted_mean" },
  { name: "repeats", isHigherBetter: false, aggregation: "weighted_mean" },
  // Over turns whose candidates can be listed.
  { name: "redundant", isHigherBetter: false, aggregation: "weighted_mean" },
  { name: "bits", isHigherBetter: true, aggregation: "weighted_mean" },
  { name: "premature", isHigherBetter: false, aggregation: "weighted_mean" },
  { name: "consistent", isHigherBetter: true, aggregation: "weighted_mean" },
];

/**
 * The benchmark for `evaluate`: results by class, task and level. Games come one of each task and
 * level after the other, so that a limit leaves out none.
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
  const given = new Map(instances?.map((instance) => [instance.id, instance]));
  function* items(): Generator<EvalItem> {
    if (instances) {
      for (const one of instances) {
        yield "problem" in one ? { ...one, doc: {} } : item(one.id, findTask(one.task), one.level);
      }
      return;
    }
    for (let i = 0; i < count; i++) {
      const index = String(i).padStart(3, "0");
      for (const level of levels) {
        for (const task of chosen) {
          yield item(`${task.class}.${task.name}.${level}.${seed}.${index}`, task, level);
        }
      }
    }
  }
  const item = (id: string, task: Task, level: Level): EvalItem => ({
    ...{ id, doc: { task: task.name, level } },
    tags: { class: task.class, task: task.name, level },
  });
  // A generated game is drawn when it is asked: its item names it.
  const drawn = (id: string): Instance => {
    const found = given.get(id);
    if (found && !("problem" in found)) return found;
    const [, name, level, , index] = id.split(".");
    const known = LEVELS.find((l) => l === level)!;
    return makeInstance(findTask(name), known, seed, Number(index));
  };
  return {
    name: options.name ?? "mtr-bench",
    version: "2",
    kind: "interactive",
    settings: instances
      ? { rules: "paper", instances: digestOf(instances), maxTokens }
      : { rules: "fixed", tasks: chosen.map(({ name }) => name), levels, seed, count, maxTokens },
    metrics,
    groups: ["class", "task", "level", "ended"],
    size: instances?.length ?? chosen.length * levels.length * count,
    items,
    async ask({ id }, { model, signal }) {
      const instance = drawn(id);
      const task = findTask(instance.task);
      const episode = await play(task, instance, modelPlayer(model, { maxTokens, signal }), {
        signal,
      });
      return outcomeOf(episode, findPatterns(task, episode));
    },
  };
}

function outcomeOf(episode: Episode, patterns: readonly TurnPattern[]): ItemOutcome {
  const { instance, status, turns, reason } = episode;
  const length = turns.length;
  const isWon = status === "won";
  const invalid = turns.filter((t) => t.isInvalid).length;
  const truncated = turns.filter((t) => t.isTruncated).length;
  const repeats = patterns.filter((p) => p.isRepeat).length;
  const listed = patterns.filter((p) => p.candidates !== undefined);
  const answers = listed.filter((p) => p.isPremature !== undefined);
  const share = (some: readonly TurnPattern[], test: (p: TurnPattern) => boolean | undefined) =>
    [some.filter(test).length, some.length] as const;
  return {
    values: {
      acc: Number(isWon),
      budget_score: isWon ? 1 - (length - 1) / instance.budget : 0,
      invalid: Number(status === "invalid"),
      truncated: Number(status === "truncated"),
      overflow: Number(status === "overflow"),
      // A prompt that does not fit leaves a game without turns.
      ...(length > 0 && {
        invalid_turns: [invalid, length] as const,
        truncated_turns: [truncated, length] as const,
        repeats: [repeats, length] as const,
      }),
      ...(isWon && { turns_to_win: [length, 1] as const }),
      ...(isWon &&
        instance.oracleTurns > 0 && {
          efficiency: [Math.min(1, instance.oracleTurns / length), 1] as const,
        }),
      ...(listed.length > 0 && {
        redundant: share(listed, (p) => p.isRedundant),
        bits: [listed.reduce((sum, p) => sum + (p.bits ?? 0), 0), listed.length] as const,
      }),
      ...(answers.length > 0 && {
        premature: share(answers, (p) => p.isPremature),
        consistent: share(answers, (p) => p.isConsistent),
      }),
    },
    target: "won",
    answer: status,
    asked: turns.map(({ reply, feedback }, i) => ({
      context: i === 0 ? instance.prompt : turns[i - 1].feedback,
      argument: { reply: i + 1, feedback },
      response: reply,
    })),
    counts: {
      turns: length,
      reference_turns: instance.oracleTurns,
      invalid_turns: invalid,
      truncated_turns: truncated,
      repeats,
    },
    tags: { ended: status },
    ...(reason !== undefined && { details: { reason } }),
  };
}

const digestOf = (instances: readonly unknown[]): string =>
  createHash("sha256").update(JSON.stringify(instances)).digest("hex");
