/** GET /play and POST /play: games of MTR-Bench. Nothing is kept here: a game is its replies. */

import type { Instance } from "../../evaluate/index.ts";
import { readBody } from "../body.ts";
import type { Call } from "../call.ts";
import { checked, HttpError } from "../errors.ts";
import { playBody } from "../schemas/play.ts";

/** Drawing an instance means solving it; a game asks for the same one at every turn. */
const MOST_KEPT = 64;
const kept = new Map<string, Instance>();

/** The games that there are. */
export async function listGames(): Promise<Response> {
  const { mtrBenchTasks } = await import("../../evaluate/index.ts");
  const data = mtrBenchTasks.map(({ name, class: kind, goal, budget, bound, forms }) => {
    return { name, class: kind, goal, budget, bound, forms };
  });
  return Response.json({ object: "list", data });
}

/** A game as it stands after the replies. */
export async function playGame(call: Call): Promise<Response> {
  const asked = await readBody(call.request, playBody, call.options.bodyLimit);
  const { findMtrBenchTask, makeInstance, newEpisode, playTurn } = await import(
    "../../evaluate/index.ts"
  );
  const task = checked(() => findMtrBenchTask(asked.task), "task");
  const key = [task.name, asked.level, asked.seed, asked.index].join();
  const instance = kept.get(key) ?? makeInstance(task, asked.level, asked.seed, asked.index);
  kept.set(key, instance);
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value!);
  let episode = newEpisode(instance);
  for (const [i, reply] of asked.replies.entries()) {
    if (episode.status !== "live") {
      throw new HttpError(400, `the game ended (${episode.status}) before reply ${i + 1}`, {
        param: "replies",
      });
    }
    // A person at a keyboard may mistype as often as the budget allows.
    episode = playTurn(task, episode, reply, { corrections: instance.budget });
  }
  return Response.json({
    id: instance.id,
    prompt: instance.prompt,
    verbs: task.verbs,
    budget: instance.budget,
    status: episode.status,
    ...(episode.status !== "live" && { oracle_turns: instance.oracleTurns }),
    turns: episode.turns.map(({ reply, feedback, isInvalid }) => {
      return { reply, feedback, is_invalid: isInvalid };
    }),
  });
}
