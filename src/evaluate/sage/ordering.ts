/** Sentences to be put in order: a generator writes them in their order, a program mixes them. */

import { createRandom, shuffleBy } from "../../nn/random.ts";
import { type Language, orderingQuestion } from "../hellaswag-pro/forms.ts";
import type { ChoiceContent } from "./types.ts";

/** 2 have one wrong order alone; of 10 and more, numbers have two digits. */
export const sentenceLimits = { least: 3, most: 6 } as const;
const CHOICES = 4;

/**
 * Numbered sentences in a mixed order, and four orders to choose from ("2-3-1-4"), the right one
 * among them. The same sentences give the same question.
 *
 * @param sentences in their right order
 */
export function orderingOf(sentences: readonly string[], language: Language): ChoiceContent {
  const random = createRandom(0, `ordering ${sentences.join("\n")}`);
  const places = [...sentences.keys()];
  const shown = shuffleBy([...places], random.below); // at each place, which sentence
  const lines = shown.map((sentence, i) => `${i + 1}. ${sentences[sentence]!.trim()}`);
  const right = places.map((sentence) => shown.indexOf(sentence) + 1).join("-");
  const orders = new Set([right]);
  while (orders.size < CHOICES) {
    const mixed = shuffleBy([...places], random.below);
    orders.add(mixed.map((i) => i + 1).join("-"));
  }
  const choices = shuffleBy([...orders], random.below);
  const question = [...lines, orderingQuestion[language]].join("\n");
  return { question, choices, label: choices.indexOf(right) };
}

/** The sentences of such a question in their right order; undefined for any other question. */
export function sentencesOf({ question, choices, label }: ChoiceContent): string[] | undefined {
  const shown = numberedOf(question);
  const order = (choices[label] ?? "").split("-").map((number) => Number(number) - 1);
  const isOrder = new Set(order).size === shown.length && order.length === shown.length;
  const sentences = order.flatMap((place) => shown[place] ?? []);
  return isOrder && sentences.length === shown.length ? sentences : undefined;
}

/** "1. a 2. b", on lines of their own or not; what asks for the order behind them is left out. */
function numberedOf(question: string): string[] {
  const asking = Object.values(orderingQuestion).find((text) => question.endsWith(text)) ?? "";
  const text = question.slice(0, question.length - asking.length);
  const marks: RegExpExecArray[] = [];
  for (const mark of text.matchAll(/(?<!\d)(\d)[.)、](?!\d)/g)) {
    if (Number(mark[1]) === marks.length + 1) marks.push(mark);
  }
  return marks.map((mark, i) =>
    text.slice(mark.index + mark[0].length, marks[i + 1]?.index).trim(),
  );
}
