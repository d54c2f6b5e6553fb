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
  readonly isInvalid: boolean;
  /** How much of the tokens' limit ended inside a thought: such a reply has no visible text. */
  readonly isTruncated: boolean;
}

/** How a game ended. "invalid": too many invalid commands; "budget": no turns left. */
export type EpisodeStatus = "live" | "won" | "lost" | "budget" | "invalid";

export interface Episode {
  readonly instance: Instance;
  readonly state: unknown;
  readonly turns: readonly Turn[];
  readonly status: EpisodeStatus;
}

export interface EpisodeOptions {
  /** Invalid commands that are answered with a correction before one ends the game. */
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
  reply: string,
  { corrections }: EpisodeOptions,
): Episode {
  const { instance, turns } = episode;
  if (episode.status !== "live") throw new Error(`${instance.id}: the game is over`);
  const visible = visibleText(reply);
  const command = findCommand(visible ?? "", task.verbs);
  const random = createRandom(instance.seed, `turn ${turns.length}`);
  const outcome = command
    ? task.step(instance.view, episode.state, command, random)
    : { refused: visible === undefined ? "the reply ended inside a thought" : "no command found" };
  const isInvalid = "refused" in outcome;
  const turn: Turn = {
    reply: visible?.trim() ?? "",
    ...(command && { command: `${command.verb}: ${command.text}` }),
    feedback: isInvalid
      ? `Invalid: ${outcome.refused}. Expected: ${task.forms.join(" or ")}`
      : outcome.feedback,
    isInvalid,
    isTruncated: visible === undefined,
  };
  const after = [...turns, turn];
  const invalid = after.filter((t) => t.isInvalid).length;
  const status = isInvalid ? (invalid > corrections ? "invalid" : "live") : outcome.status;
  return {
    instance,
    state: isInvalid ? episode.state : outcome.state,
    turns: after,
    status: status === "live" && after.length >= instance.budget ? "budget" : status,
  };
}
