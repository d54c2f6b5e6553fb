/** What verifier and generator learn from, as rows of training data; split by source item. */

import { createRandom, type Random, shuffleBy } from "../../../nn/random.ts";
import { isValid } from "../calibrate.ts";
import { corrupt, corruptions, type LabelledVariant } from "../corrupt.ts";
import { rightOf } from "../invariants.ts";
import type { SourcedVariant } from "../labelled.ts";
import { fold } from "../reward.ts";
import {
  axes,
  type ChoiceContent,
  type Notation,
  type Prompt,
  type VariantType,
} from "../types.ts";

export interface Split<T> {
  readonly learned: readonly T[];
  readonly heldOut: readonly T[];
}

/**
 * All variants of a source are on one side.
 *
 * @param share of the sources, held out (at least two, so that there is something to calibrate with
 *   and something to test on)
 * @throws Error for fewer than three sources
 */
export function splitSources<T extends { readonly sourceId: string }>(
  variants: readonly T[],
  share: number,
  seed: number,
): Split<T> {
  const sources = [...new Set(variants.map(({ sourceId }) => sourceId))].sort();
  if (sources.length < 3) {
    throw new Error(
      `labels of ${sources.length} source items are too few to learn from and to test on; label variants of 3 or more`,
    );
  }
  const random = createRandom(seed, "sources held out");
  const count = Math.min(sources.length - 1, Math.max(2, Math.round(share * sources.length)));
  const held = new Set(shuffleBy(sources, random.below).slice(0, count));
  return {
    learned: variants.filter(({ sourceId }) => !held.has(sourceId)),
    heldOut: variants.filter(({ sourceId }) => held.has(sourceId)),
  };
}

/**
 * Valid variants, spoiled in ways whose labels are known: people label few invalid ones.
 *
 * @param count of each valid variant; kinds take turns, those that do not apply are passed over
 */
export function synthesise(
  labelled: readonly SourcedVariant[],
  types: readonly VariantType[],
  count: number,
  random: Random,
): SourcedVariant[] {
  const valid = labelled.filter(({ labels }) => isValid(labels));
  return valid.flatMap((each, i) => {
    const { sourceId, source } = each;
    const options = { random, types, secondRight: secondRightOf(each.type, source) };
    const made: SourcedVariant[] = [];
    for (let k = 0; k < corruptions.length && made.length < count; k++) {
      const spoiled = corrupt(corruptions[(i + k) % corruptions.length]!, each, options);
      if (spoiled) made.push({ ...spoiled, sourceId });
    }
    return made;
  });
}

/** A reworded right choice beside the source's own: both are right. */
const secondRightOf =
  ({ id }: VariantType, source: ChoiceContent) =>
  (variant: ChoiceContent): ChoiceContent | undefined => {
    const right = rightOf(source);
    const isOther = variant.choices.every((choice) => fold(choice) !== fold(right));
    if (id !== "restatement" || !isOther) return undefined;
    const replaced = (variant.label + 1) % variant.choices.length;
    return { ...variant, choices: variant.choices.with(replaced, right) };
  };

/** A row of kind "completion"; thinking is off, as where the model is asked. */
interface Row {
  readonly prompt: Prompt;
  readonly completion: Prompt;
  readonly enable_thinking: false;
  readonly weight?: number;
}

const rowOf = (prompt: Prompt, answer: string): Row => ({
  prompt,
  completion: typeof prompt === "string" ? answer : [{ role: "assistant", content: answer }],
  enable_thinking: false,
});

/**
 * Verdicts, and with a weight the same once more behind a reason, so that the model can be asked
 * either way.
 *
 * @param reasonWeight of rows with a reason, against 1 of those without; 0: none
 */
export function verdictRows(
  notation: Notation,
  { type, source, variant, labels }: LabelledVariant,
  reasonWeight: number,
): Row[] {
  const prompt = notation.judge(type, source, variant);
  const digits = axes.map((axis) => (labels[axis] ? 1 : 0));
  const plain = rowOf(prompt, notation.verdict(digits));
  if (reasonWeight === 0) return [plain];
  const failing = axes.filter((axis) => !labels[axis]).map((axis) => reasons[axis]);
  const reason = failing.length > 0 ? failing.join(" ") : VALID;
  return [plain, { ...rowOf(prompt, notation.verdict(digits, reason)), weight: reasonWeight }];
}

const VALID = "It is of the type, and the marked choice alone is right.";
const reasons = {
  type: "It is no variant of this type.",
  label: "The marked choice is not right.",
  unique: "Another choice is right as well.",
} as const;

/** A valid variant behind what asks for it. */
export const variantRow = (notation: Notation, { type, source, variant }: LabelledVariant): Row =>
  rowOf(notation.ask(type, source), notation.write(variant, type));

/** What answers are sampled to in reinforcement learning; `readPolicyRow` reads the columns. */
export const policyRow = (notation: Notation, type: VariantType, source: ChoiceContent) => ({
  prompt: notation.ask(type, source),
  enable_thinking: false,
  variant_type: type.id,
  source: { question: source.question, choices: source.choices, label: source.label },
});
