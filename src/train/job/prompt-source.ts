/** Prompts for methods that sample their answers, in an order that is new in every epoch. */

import { shuffle } from "../batches.ts";
import type { Seekable } from "../run-state.ts";

export interface PromptSource<T> extends Seekable {
  /** The next prompts (default: as many as a round takes). */
  next(count?: number): T[];
}

export function promptSource<T>(
  prompts: readonly T[],
  perRound: number,
  seed: number,
): PromptSource<T> {
  let taken = 0;
  const orders = new Map<number, number[]>();
  const orderOf = (epoch: number): number[] => {
    const known = orders.get(epoch);
    if (known) return known;
    orders.clear();
    const order = shuffle(
      prompts.map((_, i) => i),
      seed,
      `epoch ${epoch}`,
    );
    orders.set(epoch, order);
    return order;
  };
  return {
    next(count = perRound) {
      return Array.from({ length: count }, () => {
        const epoch = Math.floor(taken / prompts.length);
        return prompts[orderOf(epoch)[taken++ % prompts.length]];
      });
    },
    get cursor() {
      return { taken };
    },
    seek({ taken: to }) {
      if (!Number.isSafeInteger(to) || (to as number) < 0) {
        throw new Error('the cursor must hold a whole number "taken"');
      }
      taken = to as number;
    },
  };
}
