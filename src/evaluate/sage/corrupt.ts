/** Valid variants spoiled in known ways: what is wrong with them needs no person to say. */

import type { Random } from "../../nn/random.ts";
import type { AxisLabels, ChoiceContent, VariantType } from "./types.ts";

/** A variant that a person (or a program) has judged. */
export interface LabelledVariant {
  readonly type: VariantType;
  readonly source: ChoiceContent;
  readonly variant: ChoiceContent;
  readonly labels: AxisLabels;
}

export const corruptions = ["flip label", "copy source", "other type", "second right"] as const;
export type Corruption = (typeof corruptions)[number];

export interface CorruptOptions {
  readonly random: Random;
  /** Types among which "other type" chooses. */
  readonly types: readonly VariantType[];
  /**
   * Puts a second right choice in the place of a wrong one; only somebody who knows the subject can
   * (default: "second right" is not used).
   */
  readonly secondRight?: (variant: ChoiceContent) => ChoiceContent | undefined;
}

/**
 * Spoils a valid variant. undefined where the corruption does not apply.
 *
 * @example corrupt("flip label", valid, { random, types })
 */
export function corrupt(
  kind: Corruption,
  valid: LabelledVariant,
  { random, types, secondRight }: CorruptOptions,
): LabelledVariant | undefined {
  const { type, source, variant } = valid;
  if (kind === "flip label") {
    const n = variant.choices.length;
    const label = (variant.label + 1 + random.below(n - 1)) % n;
    return { ...valid, variant: { ...variant, label }, labels: { ...valid.labels, label: false } };
  }
  if (kind === "copy source") {
    const { question, choices, label } = source;
    return {
      ...valid,
      variant: { question, choices, label },
      labels: { ...valid.labels, type: false },
    };
  }
  if (kind === "other type") {
    const others = types.filter(({ id }) => id !== type.id);
    const other = others[random.below(Math.max(1, others.length))];
    return other && { ...valid, type: other, labels: { ...valid.labels, type: false } };
  }
  const spoiled = secondRight?.(variant);
  return spoiled && { ...valid, variant: spoiled, labels: { ...valid.labels, unique: false } };
}
