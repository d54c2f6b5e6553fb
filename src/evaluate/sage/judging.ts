/** Labelling one variant by keys: the same in the terminal and in the studio. */

import { type AxisLabels, axes } from "./axes.ts";

export interface Judging {
  /** Of the axes in their order, as far as they are judged. */
  readonly given: readonly boolean[];
  /** The claimed answer is hidden until it is asked for: who sees it first tends to believe it. */
  readonly isAnswerShown: boolean;
}

/** y and n judge an axis, c shows the claimed answer, u takes the last judgement back. */
export type JudgingKey = "y" | "n" | "c" | "u";

export type Judged =
  | { readonly state: "asking"; readonly judging: Judging; readonly note?: string }
  | { readonly state: "judged"; readonly labels: AxisLabels }
  /** Nothing of this variant is left to take back. */
  | { readonly state: "back" };

export const questions = {
  type: "Is it a variant of this type?",
  label: "Is the claimed answer right?",
  unique: "Is it the only right one?",
} as const satisfies Readonly<Record<(typeof axes)[number], string>>;

/** @example pressKey({ given: [true, true], isAnswerShown: true }, "n") // judged: not unique */
export function pressKey({ given, isAnswerShown }: Judging, key: JudgingKey): Judged {
  if (key === "c") return { state: "asking", judging: { given, isAnswerShown: true } };
  if (key === "u") {
    if (given.length === 0) return { state: "back" };
    return { state: "asking", judging: { given: given.slice(0, -1), isAnswerShown } };
  }
  if (axes[given.length] === "label" && !isAnswerShown) {
    const note = "c shows the claimed answer; answer the question yourself first";
    return { state: "asking", judging: { given, isAnswerShown }, note };
  }
  const [type, label, unique, ...rest] = [...given, key === "y"];
  if (type === undefined || label === undefined || unique === undefined || rest.length > 0) {
    return { state: "asking", judging: { given: [...given, key === "y"], isAnswerShown } };
  }
  return { state: "judged", labels: { type, label, unique } };
}
