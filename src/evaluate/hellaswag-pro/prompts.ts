/** What is asked, in the languages of the prompt. */

import { letterOf } from "../task/filters.ts";
import type { Language, ProDoc } from "./forms.ts";

export const modes = ["likelihood", "letter", "cot", "xlt"] as const;
/**
 * "likelihood": the context alone, whole choices behind it (the paper's direct mode); "letter": the
 * likelihood of each letter behind lettered choices; "cot": an answer in steps; "xlt": the same after
 * restating the question in the other language (cross-lingual thought).
 */
export type Mode = (typeof modes)[number];

interface Wording {
  readonly question: string;
  readonly answer: string;
  readonly instruction: string;
  readonly steps: string;
  readonly restate: (from: Language) => string;
  readonly final: (letter: string) => string;
  readonly separator: string;
}

const wordings: Record<Language, Wording> = {
  en: {
    question: "Question:",
    answer: "Answer:",
    instruction: "Choose the option that common sense says is right.",
    steps: "Let's think step by step, and end with: The answer is X.",
    restate: (from) =>
      `You are an expert in the common sense of speakers of ${from === "zh" ? "Chinese" : "English"}. ` +
      `Restate the question and its options in ${from === "zh" ? "English" : "Chinese"}, ` +
      "solve it there step by step, and end with: The answer is X.",
    final: (letter) => `The answer is ${letter}.`,
    separator: " ",
  },
  zh: {
    question: "问题：",
    answer: "答案：",
    instruction: "请根据常识选出正确的选项。",
    steps: "让我们一步一步思考，最后写：答案是X。",
    restate: (from) =>
      `你是熟悉${from === "zh" ? "中文" : "英文"}使用者常识的专家。` +
      `请把问题和选项用${from === "zh" ? "英文" : "中文"}重述一遍，用它一步一步解答，最后写：答案是X。`,
    final: (letter) => `答案是${letter}。`,
    separator: "",
  },
};

/** The question as the mode puts it. */
export function questionText(doc: ProDoc, mode: Mode, prompt: Language): string {
  if (mode === "likelihood") return doc.context;
  const { question, answer, instruction, steps, restate, separator } = wordings[prompt];
  const options = doc.choices.map((choice, i) => `${letterOf(i)}. ${choice}`);
  const asked = [`${question}${separator}${doc.context}`, ...options];
  if (mode === "letter") return [...asked, answer].join("\n");
  const task = mode === "cot" ? [instruction, steps] : [restate(doc.language)];
  return [...asked, task.join(separator), answer].join("\n");
}

/** How an example answers; its order of choices is the one that its steps speak of. */
export function exampleAnswer(doc: ProDoc, mode: Mode, prompt: Language): string {
  if (mode === "likelihood") return doc.choices[doc.label]!;
  const letter = letterOf(doc.label);
  if (mode === "letter") return letter;
  const { final, separator } = wordings[prompt];
  const end = final(letter);
  if (doc.reasoning === undefined || doc.reasoning.trimEnd().endsWith(end)) {
    return doc.reasoning ?? end;
  }
  return `${doc.reasoning.trimEnd()}${separator}${end}`;
}

/** Where a generation has begun to ask itself the next question. */
export const stopTexts = (prompt: Language): readonly string[] => [
  "</s>",
  "<|im_end|>",
  `\n${wordings[prompt].question}`,
];
