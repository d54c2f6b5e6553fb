/** Lets anyone play: a model, a person, a reference player. */

import { createRandom } from "../../nn/random.ts";
import { PromptTooLongError } from "../model/too-long.ts";
import { type Episode, type EpisodeOptions, newEpisode, playTurn, type Reply } from "./episode.ts";
import type { Instance } from "./instance.ts";
import type { Task } from "./task.ts";

export type Message = {
  readonly role: "user" | "assistant";
  readonly content: string;
};

/** Answers a conversation whose last message is the monitor's. */
export type Player = (conversation: readonly Message[]) => Promise<string | Reply>;

/** What is said so far: the task's text, then replies (without their thoughts) and feedback. */
export function conversationOf({ instance, turns }: Episode): Message[] {
  const said = turns.flatMap(({ reply, feedback }): Message[] => [
    { role: "assistant", content: reply },
    { role: "user", content: feedback },
  ]);
  return [{ role: "user", content: instance.prompt }, ...said];
}

export interface PlayOptions extends Partial<EpisodeOptions> {
  readonly signal?: AbortSignal;
  /** Called after each turn. */
  readonly onTurn?: (episode: Episode) => void;
}

/**
 * Corrections that a player gets, unless asked otherwise. The published rules give none, but for
 * Wordle, whose malformed guesses only cost a turn.
 */
export const correctionsOf = ({ rules, task, budget }: Instance): number =>
  rules === "fixed" ? 3 : task === "Wordle" ? budget : 0;

/**
 * Plays an instance to its end. A player whose context does not hold the conversation ends it.
 *
 * @throws what the player throws, PromptTooLongError aside
 * @example
 * const episode = await play(task, instance, randomPlayer(task, instance, 1));
 * episode.status; // "won", "lost", "budget", "invalid", "truncated" or "overflow"
 */
export async function play(
  task: Task,
  instance: Instance,
  player: Player,
  { corrections = correctionsOf(instance), signal, onTurn }: PlayOptions = {},
): Promise<Episode> {
  let episode = newEpisode(instance);
  while (episode.status === "live") {
    signal?.throwIfAborted();
    try {
      const reply = await player(conversationOf(episode));
      episode = playTurn(task, episode, reply, { corrections });
    } catch (error) {
      if (!(error instanceof PromptTooLongError)) throw error;
      episode = { ...episode, status: "overflow", reason: error.message };
    }
    onTurn?.(episode);
  }
  return episode;
}

/** The reference player: it knows the rules and plays as well as our bounds say. */
export function oraclePlayer(task: Task, instance: Instance): Player {
  const policy = task.oracle(instance.view, createRandom(instance.seed, "oracle"));
  let isFirst = true;
  return async (conversation) => {
    const heard = conversation[conversation.length - 1].content;
    const next = isFirst ? policy.next() : policy.next(heard);
    isFirst = false;
    return next.done ? "I give up." : next.value;
  };
}

/** Chooses blindly among legal commands: what a model has to beat. */
export function randomPlayer(task: Task, instance: Instance, seed: number): Player {
  // Not the stream that the instance was drawn from, which would give its secret away.
  const random = createRandom(seed, `random player of ${instance.id}`);
  let episode = newEpisode(instance);
  return async () => {
    const reply = task.guess(instance.view, episode.state, random);
    // Its own copy of the game tells it what is legal.
    if (episode.status === "live") episode = playTurn(task, episode, reply, { corrections: 0 });
    return reply;
  };
}
