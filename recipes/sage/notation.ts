/** Items, variants and verdicts as a few words, one token each. */

import type { ChoiceContent, Notation } from "../../src/evaluate/sage/types.ts";
import { axes } from "../../src/evaluate/sage/types.ts";

const ANSWERS = [" no", " yes"] as const;

/** Words of a question; they, the choices and the answer always stand at the same places. */
const QUESTION = 3;

/** " which color ada red blue pink = blue" */
export const write = ({ question, choices, label }: ChoiceContent): string =>
  ` ${question} ${choices.join(" ")} = ${choices[label]}`;

export const notation: Notation = {
  version: "oracle world 1",
  ask: (type, source) => ` ${type.id}${write(source)}`,
  write,
  read(text) {
    const parts = text.trim().split(" ");
    const equals = parts.indexOf("=");
    const choices = parts.slice(QUESTION, equals);
    const label = choices.indexOf(parts[equals + 1] ?? "");
    if (equals !== parts.length - 2 || label < 0 || choices.length < 2) {
      throw new Error("expected a question, choices and one of them behind =");
    }
    return { question: parts.slice(0, QUESTION).join(" "), choices, label };
  },
  judge: (type, source, variant) => ` ${type.id}${write(source)}${write(variant)}`,
  verdict: (digits) =>
    axes
      .slice(0, digits.length + 1)
      .map((axis, i) => ` ${axis}${digits[i] === undefined ? "" : ANSWERS[digits[i]]}`)
      .join(""),
  digits: ANSWERS,
};
