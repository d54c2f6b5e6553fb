/** Scores of finished games. */

import { meanOf, wilsonInterval } from "../score/statistics.ts";
import type { Episode } from "./episode.ts";
import { LEVELS, type Level } from "./task.ts";

/** Means over no games or turns are null. */
export interface MtrScores {
  readonly games: number;
  /** Wins / games; a game without an answer is not won. */
  readonly accuracy: number | null;
  /** 95 % interval of Wilson (1927). */
  readonly interval: readonly [low: number, high: number];
  /** Mean turns of won games. */
  readonly turnsToWin: number | null;
  /** Mean over won games of reference turns / turns, at most 1. */
  readonly efficiency: number | null;
  /** Mean over all games of won x (1 - (turns - 1) / budget). */
  readonly budgetScore: number | null;
  /** Games that an invalid command ended / games: comparable with published numbers. */
  readonly invalidGames: number | null;
  /** Invalid commands / turns. */
  readonly invalidTurns: number | null;
  /** Games that a reply which was cut off ended / games. */
  readonly truncatedGames: number | null;
  /** Replies that were cut off before a command / turns. */
  readonly truncatedTurns: number | null;
  /** Games whose conversation outgrew the player's context / games. */
  readonly overflowGames: number | null;
}

/**
 * Scores games of one cell of the table, or all.
 *
 * @example
 * scoreEpisodes(episodes).accuracy;
 */
export function scoreEpisodes(episodes: readonly Episode[]): MtrScores {
  const won = episodes.filter((e) => e.status === "won");
  const turns = episodes.flatMap((e) => e.turns);
  const ended = (status: Episode["status"]) => episodes.filter((e) => e.status === status).length;
  const share = (count: number, of: number) => (of === 0 ? null : count / of);
  const paid = won.map((e) => 1 - (e.turns.length - 1) / e.instance.budget);
  const known = won.filter((e) => e.instance.oracleTurns > 0);
  return {
    games: episodes.length,
    accuracy: share(won.length, episodes.length),
    interval: episodes.length > 0 ? wilsonInterval(won.length, episodes.length) : [0, 1],
    turnsToWin: meanOrNull(won.map((e) => e.turns.length)),
    efficiency: meanOrNull(known.map((e) => Math.min(1, e.instance.oracleTurns / e.turns.length))),
    budgetScore: share(
      paid.reduce((sum, v) => sum + v, 0),
      episodes.length,
    ),
    invalidGames: share(ended("invalid"), episodes.length),
    invalidTurns: share(turns.filter((t) => t.isInvalid).length, turns.length),
    truncatedGames: share(ended("truncated"), episodes.length),
    truncatedTurns: share(turns.filter((t) => t.isTruncated).length, turns.length),
    overflowGames: share(ended("overflow"), episodes.length),
  };
}

const meanOrNull = (values: readonly number[]): number | null =>
  values.length > 0 ? meanOf(values) : null;

/**
 * Accuracy of each level as the mean over tasks, so that every task counts the same; null for one
 * without games.
 */
export function accuracyByLevel(
  episodes: readonly Episode[],
): Readonly<Record<Level, number | null>> {
  const at = (level: Level) => {
    const own = episodes.filter((e) => e.instance.level === level);
    const names = [...new Set(own.map((e) => e.instance.task))];
    return meanOrNull(
      names.map((name) => {
        const games = own.filter((e) => e.instance.task === name);
        return games.filter((e) => e.status === "won").length / games.length;
      }),
    );
  };
  const [easy, medium, hard] = LEVELS.map(at);
  return { easy, medium, hard };
}
