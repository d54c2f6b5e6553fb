/** A task model behind a door that lets one task in at a time: each uses all of the processor. */

import { refusal } from "../../generate/engine/refusal.ts";
import type { TaskModel } from "../../task/index.ts";

/** Tasks that may wait; the next is refused. */
const QUEUE = 16;

export interface TaskRunner {
  readonly model: TaskModel;
  /**
   * Runs `work` when its turn comes.
   *
   * @param signal gives the place up; work that has begun looks at it itself
   * @throws EngineRefusal "busy" where too many wait; the signal's reason
   */
  run<T>(work: (model: TaskModel) => Promise<T>, signal: AbortSignal): Promise<T>;
}

export function createTaskRunner(model: TaskModel, queue = QUEUE): TaskRunner {
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  return {
    model,
    async run(work, signal) {
      if (waiting > queue) {
        throw refusal("busy", `${queue} tasks are waiting for this model; try again in a moment`);
      }
      waiting++;
      const before = last;
      let leave = (): void => {};
      const left = new Promise<void>((resolve) => {
        leave = resolve;
      });
      last = before.then(() => left);
      try {
        await untilAborted(before, signal);
        return await work(model);
      } finally {
        waiting--;
        leave();
      }
    },
  };
}

/** @throws the signal's reason as soon as it is aborted */
async function untilAborted(turn: Promise<unknown>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error); // an HttpError, see Call
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    await Promise.race([turn, aborted]);
    signal.throwIfAborted();
  } finally {
    if (onAbort) signal.removeEventListener("abort", onAbort);
  }
}
