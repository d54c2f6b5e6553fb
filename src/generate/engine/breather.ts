/** Turns for the event loop within long synchronous work. */

import { setImmediate } from "node:timers/promises";

/** Milliseconds of work between two turns. */
const SPAN = 4;

export class Breather {
  #last = performance.now();

  /** Lets others run, if some milliseconds have passed since they last could. */
  readonly breathe = async (): Promise<void> => {
    if (performance.now() - this.#last >= SPAN) await this.rest();
  };

  /** Lets others run. */
  async rest(): Promise<void> {
    await setImmediate();
    this.#last = performance.now();
  }

  /** Others have just run, during a run of the engine. */
  rested(): void {
    this.#last = performance.now();
  }
}
