/** Instances: generated from a seed and proved solvable, or read from a published file. */

import { createRandom } from "../../nn/random.ts";
import { newEpisode, playTurn } from "./episode.ts";
import type { Level, Task } from "./task.ts";

export interface Instance {
  /** E.g. "IP.BitQuery.easy.1.007". */
  readonly id: string;
  readonly task: string;
  readonly level: Level;
  readonly seed: number;
  /** "fixed": our rules. "paper": a published instance, under the published rules. */
  readonly rules: "fixed" | "paper";
  readonly view: unknown;
  readonly state: unknown;
  readonly prompt: string;
  readonly budget: number;
  /** Turns that the reference player took; 0 where it did not win (a published instance). */
  readonly oracleTurns: number;
  /** Worlds that were drawn until the reference player won one. */
  readonly draws: number;
}

const MOST_DRAWS = 500;

/**
 * Draws an instance that the reference player wins within the budget: it plays by the same text as
 * any player, so its game is a proof that the instance can be solved.
 *
 * @param index instances of a seed are numbered from 0
 * @throws if 500 draws give no solvable instance
 * @example
 * const instance = makeInstance(findTask("BitQuery"), "easy", 1, 0);
 */
export function makeInstance(task: Task, level: Level, seed: number, index: number): Instance {
  const id = `${task.class}.${task.name}.${level}.${seed}.${String(index).padStart(3, "0")}`;
  const random = createRandom(seed, id);
  for (let draws = 1; draws <= MOST_DRAWS; draws++) {
    const { view, state } = task.generate(random, level);
    const budget = task.budget[level];
    const prompt = promptOf(task, view, budget);
    const drawSeed = random.below(2 ** 31);
    const world = { id, task: task.name, level, seed: drawSeed, rules: "fixed" as const };
    const instance: Instance = {
      ...world,
      ...{ view, state, prompt, budget, oracleTurns: 0, draws },
    };
    const oracleTurns = solve(task, instance);
    if (oracleTurns > 0) return { ...instance, oracleTurns };
  }
  throw new Error(`${id}: ${MOST_DRAWS} draws gave no solvable instance`);
}

/** Turns that the reference player needs to win an instance; 0 if it does not win. */
export function solve(task: Task, instance: Instance): number {
  const policy = task.oracle(instance.view, createRandom(instance.seed, "oracle"));
  let episode = newEpisode(instance);
  let next = policy.next();
  while (!next.done && episode.status === "live") {
    episode = playTurn(task, episode, next.value, { corrections: 0 });
    if (episode.status !== "live") break;
    next = policy.next(episode.turns[episode.turns.length - 1].feedback);
  }
  return episode.status === "won" ? episode.turns.length : 0;
}

function promptOf(task: Task, view: unknown, budget: number): string {
  return [
    task.rules(view),
    `In every turn write one command in a line of its own, in exactly this form:\n${task.forms.join("\n")}`,
    `You have at most ${budget} turns.`,
  ].join("\n\n");
}
