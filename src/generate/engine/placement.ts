/** Which slot a request gets, and whose tokens it can take over. */

import type { DecoderConfig } from "../../models/decoder.ts";
import type { Slots } from "./slots.ts";

/**
 * Copying fewer tokens than this from another slot saves nothing: a copy takes 0.07 ms and more, a
 * token of a prompt 0.12 ms with 1.4 million parameters, and in larger models far more than a copy.
 */
const LEAST_COPIED = 2;
/** Shorter beginnings are not worth a copy of the recurrent state. */
const LEAST_MARK = 16;
/**
 * How long before a prompt's end its state is kept: the next prompt of the same conversation
 * repeats it but for how the answer opens, and the same prompt computes at least its last token.
 */
const SNAPSHOT_MARGIN = 8;
/** Others are at doubling lengths from here on: few, and one at half of any beginning or later. */
const FIRST_MARK = 256;

export class Placement {
  readonly #slots: Slots;
  readonly #rope: DecoderConfig["rope"];
  readonly #isCaching: boolean;

  constructor(slots: Slots, rope: DecoderConfig["rope"], isCaching: boolean) {
    this.#slots = slots;
    this.#rope = rope;
    this.#isCaching = isCaching;
  }

  /**
   * How many of a prompt's tokens a slot can be cut back to or copied from: all of them where it
   * holds exactly these with their logits, else at least the last one is to be computed.
   */
  usable(slot: number, prompt: ArrayLike<number>): number {
    const slots = this.#slots;
    const held = slots.length(slot);
    if (!this.#isCaching || held === 0) return 0;
    // Beyond the trained length, dynamic angles of earlier keys depend on when they were written.
    const rope = this.#rope;
    const isFixed = rope.type === "dynamic" && Math.max(held, prompt.length) > rope.originalLength;
    const common = slots.common(slot, prompt);
    if (common === prompt.length && common === held && slots.isCurrent(slot)) return common;
    if (isFixed) return 0;
    return slots.reachable(slot, prompt, Math.min(common, prompt.length - 1));
  }

  /**
   * Lengths of a prompt at which its recurrent state is worth a copy, ascending: where it parts
   * from what some slot holds, shortly before its end, and now and then in between.
   */
  marks(prompt: ArrayLike<number>): number[] {
    const slots = this.#slots;
    if (!this.#isCaching || !slots.hasSnapshots) return [];
    const marks = new Set([prompt.length - SNAPSHOT_MARGIN]);
    for (let length = FIRST_MARK; length < prompt.length; length *= 2) marks.add(length);
    let parting = 0;
    for (let slot = 0; slot < slots.count; slot++) {
      const common = slots.common(slot, prompt);
      if (common < prompt.length) parting = Math.max(parting, common);
    }
    marks.add(parting);
    return [...marks].filter((length) => length >= LEAST_MARK).sort((a, b) => a - b);
  }

  /** The other slot from which so much can be copied that it pays, and how much. */
  donor(slot: number, prompt: ArrayLike<number>, own: number): [number, number] | undefined {
    let best: [number, number] | undefined;
    let most = own + LEAST_COPIED - 1;
    for (let other = 0; other < this.#slots.count; other++) {
      const usable = other === slot ? 0 : this.usable(other, prompt);
      if (usable <= most) continue;
      most = usable;
      best = [other, usable];
    }
    return best;
  }

  /**
   * Of the free slots the one that holds most of the prompt, if that is at least half of what it
   * holds; else the one that is least worth keeping: an empty one near the busy ones (a step runs
   * over the rows between its first and its last), or the one that was used longest ago.
   *
   * @param lastUsed when each slot was freed
   */
  choose(free: readonly number[], prompt: ArrayLike<number>, lastUsed: readonly number[]): number {
    const slots = this.#slots;
    let best = -1;
    let most = 0;
    for (const slot of free) {
      const usable = this.usable(slot, prompt);
      if (usable <= most || 2 * usable < slots.length(slot)) continue;
      best = slot;
      most = usable;
    }
    if (best >= 0) return best;
    const isFree = new Set(free);
    const distance = (slot: number): number => {
      let nearest = slot;
      for (let other = 0; other < slots.count; other++) {
        if (!isFree.has(other)) nearest = Math.min(nearest, Math.abs(other - slot));
      }
      return nearest;
    };
    const worth = (slot: number): number => (slots.length(slot) === 0 ? -1 : lastUsed[slot]!);
    const order = (a: number, b: number): number =>
      worth(a) - worth(b) || distance(a) - distance(b);
    return [...free].sort(order)[0]!;
  }
}
