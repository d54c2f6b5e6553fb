/** The four types of variants of the oracle world, with what a program sees without knowing a fact. */

import type { ChoiceContent, VariantType } from "../../src/evaluate/sage/types.ts";
import { NONE } from "./domains.ts";

/** Of every item and variant. */
export const CHOICES = 3;

export const variantTypes: readonly VariantType[] = [
  {
    id: "restate",
    definition: "the same question in another wording, with the same choices",
    problem: (source, variant) =>
      sameSet(source.choices, variant.choices) ? undefined : "the choices are others",
  },
  { id: "reverse", definition: "gives the answer and asks whose it is", problem: countProblem },
  { id: "negate", definition: "asks which one does not have the answer", problem: countProblem },
  {
    id: "critical",
    definition: "the right choice is gone, and none of the others is right",
    problem: (source, variant) =>
      countProblem(source, variant) ??
      (variant.choices.at(-1) === NONE && variant.label === CHOICES - 1
        ? undefined
        : `the last choice is not "${NONE}", or not the answer`),
  },
];

function countProblem(_: ChoiceContent, { choices }: ChoiceContent): string | undefined {
  return choices.length === CHOICES ? undefined : `${choices.length} choices, expected ${CHOICES}`;
}

const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((each) => b.includes(each));
