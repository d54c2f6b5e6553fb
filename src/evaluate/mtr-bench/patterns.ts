/**
 * What a player's turns tell about its reasoning, computed exactly: every state that the prompt
 * allows plays along, and those whose feedback differs are dropped.
 */

import { createRandom } from "../../nn/random.ts";
import { findCommand } from "./command.ts";
import type { Episode } from "./episode.ts";
import type { Task } from "./task.ts";

export interface TurnPattern {
  /** The same command was given before. */
  readonly isRepeat: boolean;
  /** Candidates before the turn; the next fields need them. */
  readonly candidates?: number;
  /** All candidates would have answered alike: nothing could be learnt. */
  readonly isRedundant?: boolean;
  /** log2 of candidates before / after. */
  readonly bits?: number;
  /** An answer while more than one candidate was left. */
  readonly isPremature?: boolean;
  /** An answer that some candidate would have called right. */
  readonly isConsistent?: boolean;
}

/**
 * Patterns of each turn. Information is known for tasks that list their candidates
 * (`task.candidates`) and monitors that draw nothing; repeats are known for all.
 */
export function findPatterns(task: Task, { instance, turns }: Episode): TurnPattern[] {
  const isListed = instance.rules === "fixed";
  let states = (isListed && task.candidates?.(instance.view)) || [];
  const seen = new Set<string>();
  return turns.map((turn, i) => {
    const isRepeat = turn.command !== undefined && seen.has(turn.command);
    if (turn.command !== undefined) seen.add(turn.command);
    const command = findCommand(turn.command ?? "", task.verbs);
    if (states.length === 0 || !command || turn.isInvalid || turn.isTruncated) return { isRepeat };
    const outcomes = states.flatMap((state) => {
      const random = createRandom(instance.seed, `turn ${i}`);
      const outcome = task.step(instance.view, state, command, random);
      return "refused" in outcome ? [] : [outcome];
    });
    const left = outcomes.filter((o) => o.feedback === turn.feedback);
    const before = states.length;
    const isAnswer = /answer|guess/i.test(command.verb);
    states = left.map((o) => o.state);
    return {
      isRepeat,
      candidates: before,
      isRedundant: new Set(outcomes.map((o) => o.feedback)).size <= 1,
      bits: left.length > 0 ? Math.log2(before / left.length) : 0,
      ...(isAnswer && {
        isPremature: before > 1,
        isConsistent: outcomes.some((o) => o.status === "won"),
      }),
    };
  });
}
