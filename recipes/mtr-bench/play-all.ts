/** Games of every task and level by one player, and what they come to. */

import type { Instance } from "../../src/evaluate/index.ts";
import {
  type Episode,
  type MtrBenchTask,
  makeInstance,
  mtrBenchLevels,
  mtrBenchTasks,
  type Player,
  playEpisode,
  scoreEpisodes,
} from "../../src/evaluate/index.ts";

export interface PlayAllOptions {
  readonly seed: number;
  /** Of each task and level. */
  readonly games: number;
  /** Games at a time. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly player: (task: MtrBenchTask, instance: Instance) => Player;
  readonly onGame?: (share: number) => void;
}

export interface Played {
  readonly episodes: readonly Episode[];
  /** Games whose conversation outgrew the player's context: not won, and in no rate of commands. */
  readonly overflows: readonly Instance[];
}

/** @throws what the player throws */
export async function playAll(options: PlayAllOptions): Promise<Played> {
  const { seed, games, concurrency, signal, player, onGame } = options;
  const cells = mtrBenchTasks.flatMap((task) =>
    mtrBenchLevels.flatMap((level) =>
      Array.from({ length: games }, (_, index) => ({ task, level, index })),
    ),
  );
  const episodes: Episode[] = [];
  const overflows: Instance[] = [];
  const left = cells[Symbol.iterator]();
  let done = 0;
  const work = async (): Promise<void> => {
    for (const { task, level, index } of left) {
      const instance = makeInstance(task, level, seed, index);
      const episode = await playEpisode(task, instance, player(task, instance), { signal });
      if (episode.status === "overflow") overflows.push(instance);
      else episodes.push(episode);
      onGame?.(++done / cells.length);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return { episodes, overflows };
}

/** Shares of won games: all, of each class, level, class and level, and task; and how games went. */
export function summarise({ episodes, overflows }: Played): Record<string, number> {
  const groupsOf = ({ id, level, task }: Instance): string[] => {
    const kind = id.slice(0, 2);
    return ["accuracy", kind, level, `${kind} ${level}`, task];
  };
  const won = new Map<string, number>();
  const all = new Map<string, number>();
  const add = (counts: Map<string, number>, name: string, by: number) =>
    counts.set(name, (counts.get(name) ?? 0) + by);
  for (const { instance, status } of episodes) {
    for (const name of groupsOf(instance)) {
      add(all, name, 1);
      add(won, name, Number(status === "won"));
    }
  }
  for (const instance of overflows) for (const name of groupsOf(instance)) add(all, name, 1);
  const { efficiency, invalidGames, invalidTurns, truncatedGames } = scoreEpisodes(episodes);
  return {
    ...Object.fromEntries([...all].map(([name, count]) => [name, (won.get(name) ?? 0) / count])),
    ...(efficiency !== null && { efficiency }),
    ...(invalidGames !== null && { invalidGames }),
    ...(invalidTurns !== null && { invalidTurns }),
    ...(truncatedGames !== null && { truncatedGames }),
    overflows: overflows.length / (episodes.length + overflows.length),
  };
}

/** How many tasks are won more often at "hard" than at "easy": the levels do not order them. */
export function misordered({ episodes }: Played): number {
  const share = (task: string, level: string): number =>
    scoreEpisodes(
      episodes.filter(({ instance }) => instance.task === task && instance.level === level),
    ).accuracy ?? 0;
  return mtrBenchTasks.filter(({ name }) => share(name, "hard") > share(name, "easy")).length;
}
