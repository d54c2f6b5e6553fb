/**
 * The forms in which HellaSwag-Pro asks one question (Li et al., "HellaSwag-Pro: A Large-Scale
 * Bilingual Benchmark for Evaluating the Robustness of LLMs in Commonsense Reasoning",
 * arXiv 2502.11393): the original, and seven variants that need the same knowledge.
 */

import type { EvalItem } from "../types.ts";

/** Variants with their names in the published files, and what each changes. */
export const variants = {
  /** Context and right ending in other words. */
  restatement: "problem_reparagraphing",
  /** Gives the ending, asks for the context. */
  reverse: "reverse_conversion",
  /** Gives context and ending, asks for the cause. */
  causal: "abductive_reasoning",
  /** Numbered sentences; choices are orders, "2-3-1-4". */
  ordering: "sentence_sorting",
  /** The context goes on, so that another of the same endings is right. */
  refinement: "scene_transition",
  /** Asks what will not happen. */
  negation: "negative_testing",
  /** A fifth choice, "none of the above", is right for half of the questions. */
  critical: "critical_thinking",
} as const;

export type Variant = keyof typeof variants;
export type Form = "original" | Variant;

export const variantNames = Object.keys(variants) as Variant[]; // its own keys
export const forms: readonly Form[] = ["original", ...variantNames];

export const languages = ["en", "zh"] as const;
export type Language = (typeof languages)[number];

/** What ordering asks behind its sentences. */
export const orderingQuestion: Readonly<Record<Language, string>> = {
  en: "Which order of the sentences makes sense?",
  zh: "哪个顺序才合理？",
};

/** The further choice of the critical form. */
export const noneOfTheAbove: Readonly<Record<Language, string>> = {
  en: "None of the above.",
  zh: "以上都不是。",
};

/** What is asked. */
export type ProDoc = {
  readonly form: Form;
  readonly language: Language;
  readonly context: string;
  readonly choices: readonly string[];
  /** Index of the right choice. */
  readonly label: number;
  /** Of each choice, its place in the file; absent where the order is the file's. */
  readonly order?: readonly number[];
  /** Steps to the answer, of examples. */
  readonly reasoning?: string;
};

/**
 * A question in one form. Tags: `variant` (the form), `question` (the same for all its forms), and
 * `category`, `topic`, `length`, and of those made here `event`, where they are known. `doc` holds nothing where there is a problem.
 */
export type ProItem =
  | (EvalItem & { readonly doc: ProDoc; readonly tags: ProTags; readonly problem?: undefined })
  | (EvalItem & { readonly tags: ProTags; readonly problem: string });

export type ProTags = Readonly<Record<string, string>> & {
  readonly variant: Form;
  readonly question: string;
};

/** Whole questions in the order of their first items, each in the order of the forms. */
export function inQuestionOrder(items: readonly ProItem[]): ProItem[] {
  const places = new Map<string, number>();
  for (const { tags } of items) {
    if (!places.has(tags.question)) places.set(tags.question, places.size);
  }
  const place = ({ tags }: ProItem): number =>
    places.get(tags.question)! * forms.length + forms.indexOf(tags.variant);
  return [...items].sort((a, b) => place(a) - place(b));
}
