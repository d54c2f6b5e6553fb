/** What scores texts with a cache of its own: one of several that share a session. */

import type { TextGroup } from "./scored-text.ts";

export interface ScoreLane {
  /**
   * Moves texts from the front of `waiting` to `open`: what one step can do beside what is open, and
   * one group where nothing is.
   */
  take<G extends TextGroup>(open: G[], waiting: G[]): void;
  /**
   * Scores some of the open texts, or comes nearer to it.
   *
   * @throws the signal's reason, and errors of the engine; a later step goes on
   */
  step(open: readonly TextGroup[], signal: AbortSignal | undefined): Promise<void>;
}
