/** A game as a value: the instance and the turns so far. Playing a turn gives a new one. */

import { createRandom } from "../../nn/random.ts";
import { findCommand, visibleText } from "./command.ts";
import type { Instance } from "./instance.ts";
import type { Task } from "./task.ts";

export interface Turn {
  /** The reply as it is kept in the conversation: without its thoughts. */
  readonly reply: string;
  /** The command as it was understood, e.g. "My Query: 1 2"; absent where there was none. */
  readonly command?: string;
  readonly feedback: string;
  /** A whole reply without a legal command. */
  readonly isInvalid: boolean;
  /** Cut off by the limit of tokens, or inside a thought, before there was a command. */
  readonly isTruncated: boolean;
}

/** What a player says. */
export interface Reply {
  readonly text: string;
  /** It had not ended when the limit of tokens did. */
  readonly isCutOff?: boolean;
}

/**
 * How a game ended. "invalid": one invalid command too many, "truncated": one reply too many that
 * was cut off (both use up the same corrections); "budget": no turns left; "overflow": the
 * conversation outgrew the player's context.
 */
export type EpisodeStatus =
  | "live"
  | "won"
  | "lost"
  | "budget"
  | "invalid"
  | "truncated"
  | "overflow";

export interface Episode {
  readonly instance: Instance;
  readonly state: unknown;
  readonly turns: readonly Turn[];
  readonly status: EpisodeStatus;
  /** Of an overflow: what did not fit, in the player's words. */
  readonly reason?: string;
}

export interface EpisodeOptions {
  /** Replies without a legal command that are answered with a correction before one ends the game. */
  readonly corrections: number;
}

export const newEpisode = (instance: Instance): Episode => ({
  instance,
  state: instance.state,
  turns: [],
  status: "live",
});

/**
 * Plays one reply. The same replies always give the same game: what monitors draw depends on the
 * instance's seed and the number of the turn alone, so a game is resumed by playing it again.
 *
 * @throws if the game is over
 */
export function playTurn(
  task: Task,
  episode: Episode,
  reply: string | Reply,
  { corrections }: EpisodeOptions,
): Episode {
  const { instance, turns } = episode;
  if (episode.status !== "live") throw new Error(`${instance.id}: the game is over`);
  const { text, isCutOff = false } = typeof reply === "string" ? { text: reply } : reply;
  const visible = visibleText(text);
  const isPaper = instance.rules === "paper";
  const command = findCommand(visible ?? "", task.verbs, isPaper ? "first" : "last");
  const isTruncated = !command && (isCutOff || visible === undefined);
  const random = createRandom(instance.seed, `turn ${turns.length}`);
  const outcome = command
    ? task.step(instance.view, episode.state, command, random)
    : { refused: isTruncated ? "the reply was cut off before a command" : "no command found" };
  const isRefused = "refused" in outcome;
  const turn: Turn = {
    reply: visible?.trim() ?? "",
    ...(command && { command: `${command.verb}: ${command.text}` }),
    feedback: isRefused
      ? `Invalid: ${outcome.refused}. Expected: ${task.forms.join(" or ")}`
      : outcome.feedback,
    isInvalid: isRefused && !isTruncated,
    isTruncated,
  };
  const after = [...turns, turn];
  const refused = after.filter((t) => t.isInvalid || t.isTruncated).length;
  const ended = isTruncated ? "truncated" : "invalid";
  const status = isRefused ? (refused > corrections ? ended : "live") : outcome.status;
  return {
    instance,
    state: isRefused ? episode.state : outcome.state,
    turns: after,
    status: status === "live" && after.length >= instance.budget ? "budget" : status,
  };
}
