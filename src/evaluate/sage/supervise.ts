/** Texts that verifier and generator learn from, in stretches that are learned or not. */

import type { LabelledVariant } from "./corrupt.ts";
import { axes, type Notation, type Prompt } from "./types.ts";

export type Stretch = readonly [text: string, isLearned: boolean];

/** A verdict behind its prompt: of the labels' digits alone is there anything to learn. */
export function verdictStretches(
  notation: Notation,
  { type, source, variant, labels }: LabelledVariant,
  render: (prompt: Prompt) => string,
): Stretch[] {
  const digits = axes.map((axis) => (labels[axis] ? 1 : 0));
  const stretches: Stretch[] = [[render(notation.judge(type, source, variant)), false]];
  let written = "";
  for (const [i, digit] of digits.entries()) {
    const before = notation.verdict(digits.slice(0, i));
    const word = notation.digits[digit];
    stretches.push([before.slice(written.length), false], [word, true]);
    written = before + word;
  }
  return stretches;
}

/** A valid variant behind the prompt that asks for it; the end token is the caller's. */
export const variantStretches = (
  notation: Notation,
  { type, source, variant }: LabelledVariant,
  render: (prompt: Prompt) => string,
): Stretch[] => [
  [render(notation.ask(type, source)), false],
  [notation.write(variant, type), true],
];
