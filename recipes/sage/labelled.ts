/** Labelled variants: what people would have written and judged, with the oracle as the judge. */

import {
  type AxisLabels,
  type ChoiceContent,
  corrupt,
  corruptions,
  type LabelledVariant,
  readVariant,
} from "../../src/evaluate/sage/index.ts";
import { createRandom, pick } from "../../src/nn/random.ts";
import { notation } from "./notation.ts";
import { type Generator, sampleVariants } from "./sample.ts";
import { variantTypes } from "./variant-types.ts";
import type { Split, World } from "./world.ts";

export interface Labelling {
  readonly world: World;
  readonly split: Split;
  readonly count: number;
  readonly seed: number;
}

/** Variants of careful writers, a share of them spoiled in one of the four ways. */
export function writtenVariants(
  { world, split, count, seed }: Labelling,
  spoiled: number,
): LabelledVariant[] {
  const random = createRandom(seed, `written ${split}`);
  const secondRight = (variant: ChoiceContent) => world.secondRight(variant, random);
  const made: LabelledVariant[] = [];
  while (made.length < count) {
    const source = world.item(random, split);
    const type = pick(random, variantTypes);
    const valid = { type, source, variant: world.variant(type, source, random), labels: allRight };
    const one =
      random.uniform() < spoiled
        ? corrupt(pick(random, corruptions), valid, { random, types: variantTypes, secondRight })
        : valid;
    // The oracle labels what was made, as people would: a corruption may spoil more than one axis.
    if (one) made.push({ ...one, labels: world.judge(one.type, source, one.variant) });
  }
  return made;
}

const allRight: AxisLabels = { type: true, label: true, unique: true };

/** What a generator wrote and the programmatic checks let pass; fewer than `count` where much fails. */
export async function draftedVariants(
  generator: Generator,
  { world, split, count, seed }: Labelling,
  signal: AbortSignal,
): Promise<LabelledVariant[]> {
  const items = Math.ceil(count / variantTypes.length);
  const asked = { world, split, items, candidates: 1, seed, signal };
  const groups = await sampleVariants(generator, asked);
  return groups.flatMap(({ row, answers }) =>
    answers.flatMap(({ text }) => {
      const read = readVariant(notation, row, text);
      if ("problem" in read) return [];
      const { variant } = read;
      return { ...row, variant, labels: world.judge(row.type, row.source, variant) };
    }),
  );
}
