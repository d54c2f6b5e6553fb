/** How much of a caption is right: its sizes, colours, shapes and places, not its wording. */

import { COLOUR_NAMES, SHAPES } from "../../src/task/worlds/index.ts";

const SLOTS = new Set<string>([
  ...COLOUR_NAMES,
  ...SHAPES,
  ..."small,large,top,bottom,left,right,middle,above,below".split(","),
]);

const slotsOf = (text: string): string[] => text.split(/[\s,]+/).filter((word) => SLOTS.has(word));

/** Share of slots that are right and in their place, against the reference that fits best: 0 to 1. */
export function slotAccuracy(caption: string, references: readonly string[]): number {
  const found = slotsOf(caption);
  const scores = references.map((reference) => {
    const wanted = slotsOf(reference);
    const right = wanted.filter((slot, i) => slot === found[i]).length;
    return right / Math.max(wanted.length, found.length);
  });
  return Math.max(...scores);
}
