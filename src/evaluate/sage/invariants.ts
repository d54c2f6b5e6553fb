/** What a program can see of a variant: a sentence for what is wrong, undefined where nothing is. */

import type { Language } from "../hellaswag-pro/forms.ts";
import { fold, jaccard, sameSet, wordsOf } from "./reward.ts";
import type { ChoiceContent } from "./types.ts";

export type Invariant = (source: ChoiceContent, variant: ChoiceContent) => string | undefined;

/** The first of the invariants that does not hold. */
export const allOf =
  (...invariants: readonly Invariant[]): Invariant =>
  (source, variant) => {
    for (const invariant of invariants) {
      const problem = invariant(source, variant);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };

/** Words alone: case, blanks and punctuation do not count. */
const spoken = (text: string): string => ` ${wordsOf(text.normalize("NFKC")).join(" ")} `;
const says = (text: string, part: string): boolean => spoken(text).includes(spoken(part));

export const rightOf = ({ choices, label }: ChoiceContent): string => choices[label] ?? "";
export const wrongOf = ({ choices, label }: ChoiceContent): string[] =>
  choices.filter((_, i) => i !== label);

/** Chinese where a tenth of the letters are Han, as in questions that quote names. */
export function languageOf(text: string): Language {
  const letters = text.match(/\p{L}/gu) ?? [];
  const han = text.match(/\p{Script=Han}/gu) ?? [];
  return han.length * 10 > letters.length ? "zh" : "en";
}

export const sameLanguage: Invariant = (source, variant) =>
  languageOf(source.question) === languageOf(variant.question)
    ? undefined
    : "the question is in another language";

export const sameCount: Invariant = (source, { choices }) =>
  choices.length === source.choices.length
    ? undefined
    : `${choices.length} choices, expected ${source.choices.length}`;

/** @param least how alike the words of the questions may not be, as a Jaccard similarity */
export const otherWords =
  (least: number): Invariant =>
  (source, variant) => {
    const words = ({ question }: ChoiceContent) => new Set(wordsOf(question));
    return jaccard(words(source), words(variant)) < least
      ? undefined
      : "the question has the words of the source";
  };

export const keepsWrongChoices: Invariant = (source, variant) =>
  sameSet(wrongOf(source).map(fold), wrongOf(variant).map(fold))
    ? undefined
    : "the wrong choices are not those of the source";

export const keepsChoices: Invariant = (source, variant) =>
  sameSet(source.choices.map(fold), variant.choices.map(fold))
    ? undefined
    : "the choices are not those of the source";

export const asksOtherRight: Invariant = (source, variant) =>
  fold(rightOf(source)) === fold(rightOf(variant))
    ? "the right choice is that of the source"
    : undefined;

export const quotesRight: Invariant = (source, { question }) =>
  says(question, rightOf(source))
    ? undefined
    : "the question does not state the source's right choice";

export const quotesQuestion: Invariant = (source, { question }) =>
  says(question, source.question) ? undefined : "the question does not state that of the source";

export const questionIsRight: Invariant = (source, variant) =>
  spoken(rightOf(variant)) === spoken(source.question)
    ? undefined
    : "the right choice is not the source's question";

export const rightBecomesWrong: Invariant = (source, variant) =>
  wrongOf(variant)
    .map(fold)
    .includes(fold(rightOf(source)))
    ? undefined
    : "the source's right choice is not among the wrong ones";

export const hidesRight: Invariant = (source, { choices }) =>
  choices.map(fold).includes(fold(rightOf(source)))
    ? "the source's right choice is among the choices"
    : undefined;

const NEGATION: Readonly<Record<Language, RegExp>> = {
  en: /\b(?:not|never|cannot|no|none|neither|nor|without|unlikely|except|false|incorrect|least)\b|n['’]t\b/i,
  zh: /不|没|未|非|无|除了|除外|错误/,
};

export const isNegated = (text: string): boolean => NEGATION[languageOf(text)].test(text);

export const negates: Invariant = (_, { question }) =>
  isNegated(question) ? undefined : "the question has no negation";
