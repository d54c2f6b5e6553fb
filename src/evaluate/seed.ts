/** Seeds of single items. */

import { createRandom } from "../nn/random.ts";

/**
 * An integer below 2^31 that follows from a run's seed and what it is for, an item's id say: the
 * order in which items are asked does not matter.
 */
export const seedOf = (seed: number, purpose: string): number =>
  createRandom(seed, purpose).below(2 ** 31);
