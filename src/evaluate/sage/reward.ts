/** What a variant is worth: the rubric's scores behind a hard gate, novelty, and what gives answers away. */

import { type AxisScores, axes, type ChoiceContent, type VariantType } from "./types.ts";

export interface RewardOptions {
  /** "sum" weighs the axes (default); "product" is strict: one that fails makes all of it fail. */
  readonly form?: "sum" | "product";
  /** Of the sum (default 0.3, 0.4, 0.3). */
  readonly weights?: AxisScores;
  /** Of novelty, of artefacts that give the answer away, and of length (default 0.1 each). */
  readonly novelty?: number;
  readonly leak?: number;
  readonly length?: number;
}

export const defaultWeights: AxisScores = { type: 0.3, label: 0.4, unique: 0.3 };

/** The product of the axes' scores: how likely the variant is valid, were they independent. */
export const validity = (scores: AxisScores): number =>
  axes.reduce((product, axis) => product * scores[axis], 1);

/**
 * r = f · (what the axes score) + 0.1 · novelty - 0.1 · leak - length, 0 for what fails the gate f:
 * text that is no question, or one in which a program sees that it is not of its type.
 *
 * @param earlier variants of the same item and type, which a new one should differ from
 * @example
 * variantReward({ source, variant, scores, earlier: [] }); // 0.3 to 1.1 with the default weights
 */
export function variantReward(
  { source, variant, scores, earlier = [] }: JudgedVariant,
  options: RewardOptions = {},
): number {
  const { form = "sum", weights = defaultWeights } = options;
  const { novelty: ofNovelty = 0.1, leak: ofLeak = 0.1, length: ofLength = 0.1 } = options;
  const rubric =
    form === "product"
      ? validity(scores)
      : axes.reduce((sum, axis) => sum + weights[axis] * scores[axis], 0);
  return (
    rubric +
    ofNovelty * novelty(variant, [source, ...earlier]) -
    ofLeak * leak(variant) -
    ofLength * excessLength(source, variant)
  );
}

export interface JudgedVariant {
  readonly source: ChoiceContent;
  readonly variant: ChoiceContent;
  readonly scores: AxisScores;
  readonly earlier?: readonly ChoiceContent[];
}

/** The first thing that a program sees is wrong, whatever the type; undefined where nothing is. */
export function gateProblem(
  type: VariantType,
  source: ChoiceContent,
  variant: ChoiceContent,
): string | undefined {
  const { question, choices, label } = variant;
  const folded = choices.map(fold);
  if (fold(question) === "") return "the question is empty";
  if (choices.length < 2) return `${choices.length} choices, expected 2 or more`;
  if (folded.includes("")) return "a choice is empty";
  if (new Set(folded).size < choices.length) return "a choice stands twice";
  if (choices[label] === undefined) return `the label ${label} is none of the choices`;
  if (fold(question) === fold(source.question) && sameSet(folded, source.choices.map(fold))) {
    return "question and choices are those of the source";
  }
  return type.problem?.(source, variant);
}

export const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((each) => b.includes(each));

/** 1 - the highest Jaccard similarity of word 3-grams to earlier texts, clipped to 0.2 to 0.8. */
export function novelty(variant: ChoiceContent, earlier: readonly ChoiceContent[]): number {
  const own = trigrams(variant);
  const most = Math.max(0, ...earlier.map((each) => jaccard(own, trigrams(each))));
  return Math.min(0.8, Math.max(0.2, 1 - most));
}

/**
 * 1 where the right choice gives itself away, 0 otherwise: it alone is the longest, or it alone
 * shares the most words with the question.
 */
export function leak({ question, choices, label }: ChoiceContent): 0 | 1 {
  const asked = new Set(wordsOf(question));
  const lengths = choices.map((choice) => choice.length);
  const overlaps = choices.map(
    (choice) => wordsOf(choice).filter((word) => asked.has(word)).length,
  );
  return isAlone(lengths, label) || isAlone(overlaps, label) ? 1 : 0;
}

const isAlone = (values: readonly number[], at: number): boolean =>
  values.every((value, i) => i === at || value < values[at]!);

/** 0 up to twice the source's length, 1 from three times on. */
function excessLength(source: ChoiceContent, variant: ChoiceContent): number {
  const length = ({ question, choices }: ChoiceContent): number =>
    question.length + choices.join(" ").length;
  return Math.min(1, Math.max(0, length(variant) / length(source) - 2));
}

export function trigrams({ question, choices }: ChoiceContent): Set<string> {
  const words = wordsOf([question, ...choices].join(" "));
  const count = Math.max(1, words.length - 2);
  return new Set(Array.from({ length: count }, (_, i) => words.slice(i, i + 3).join(" ")));
}

export function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const shared = [...a].filter((each) => b.has(each)).length;
  return shared / (a.size + b.size - shared);
}

/** Chinese and Japanese have no blanks between words: each of their characters is one. */
export const wordsOf = (text: string): string[] =>
  text
    .toLowerCase()
    .match(/\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|[\p{L}\p{N}]+/gu) ?? [];

export const fold = (text: string): string =>
  text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();
