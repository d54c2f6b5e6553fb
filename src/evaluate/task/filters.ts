/** What is done to answers before they are scored: filters of lm-evaluation-harness, by name. */

import { strip } from "../strip.ts";
import type { JsonObject } from "../types.ts";

/** Answers to one item (one a repeat) to answers; the last filter leaves those that are scored. */
export type Filter = (answers: readonly string[], doc: JsonObject) => readonly string[];

/** A named pipeline, whose scores are `metric,name`. */
export interface FilterPipeline {
  readonly name: string;
  readonly steps: readonly Filter[];
}

export const applyFilters = (
  { steps }: FilterPipeline,
  answers: readonly string[],
  doc: JsonObject,
): readonly string[] => steps.reduce((left, step) => step(left, doc), answers);

const each =
  (change: (answer: string, doc: JsonObject) => string): Filter =>
  (answers, doc) =>
    answers.map((answer) => change(answer, doc));

export const INVALID = "[invalid]";

export interface RegexFilterOptions {
  /** Default: a number behind `####`, as GSM8K writes it. */
  readonly pattern?: RegExp;
  /** Which of the matches: 0 the first, -1 the last. */
  readonly select?: number;
  readonly fallback?: string;
}

/** The match, or its first group that took part. */
export function regexFilter({
  pattern = /#### (-?[0-9.,]+)/,
  select = 0,
  fallback = INVALID,
}: RegexFilterOptions = {}): Filter {
  const all = new RegExp(pattern.source, [...new Set(`${pattern.flags}g`)].join(""));
  return each((answer) => {
    const match = [...answer.matchAll(all)].at(select);
    if (!match) return fallback;
    const groups = match.slice(1);
    const found = groups.length === 0 ? match[0] : groups.find((group) => group);
    // With one group, Python's findall gives it even where it is empty.
    return strip(found ?? (groups.length === 1 ? (groups[0] ?? "") : fallback));
  });
}

/**
 * The letter of a choice: by the pattern, else by the text of a choice in the answer, else by a
 * letter behind a colon. Reads `choices` of the document.
 */
export function choiceFilter(options: RegexFilterOptions & ChoiceOptions = {}): Filter {
  const { fallback = INVALID, ignoreCase, ignorePunctuation, ignore = [] } = options;
  const byPattern = regexFilter({ ...options, fallback: "" });
  const plain = (text: string): string => {
    let left = text;
    for (const pattern of ignore) left = left.replace(new RegExp(pattern.source, "gu"), "");
    if (ignoreCase) left = left.toLowerCase();
    return ignorePunctuation ? left.replace(/\p{P}/gu, "") : left;
  };
  return each((answer, doc) => {
    const [first = ""] = byPattern([answer], doc);
    if (first) return first;
    const choices = Array.isArray(doc.choices) ? doc.choices.map(String) : [];
    const letters = new Map(choices.map((choice, i) => [plain(choice.trim()), letterOf(i)]));
    const escaped = [...letters.keys()].map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const longestFirst = escaped.filter(Boolean).sort((a, b) => b.length - a.length);
    const select = options.select ?? 0;
    const textMatch =
      longestFirst.length > 0
        ? [...plain(answer).matchAll(new RegExp(longestFirst.join("|"), "g"))].at(select)
        : undefined;
    if (textMatch) return `(${letters.get(textMatch[0])})`;
    const most = letterOf(Math.max(0, choices.length - 1));
    const letter = [...answer.matchAll(new RegExp(`:\\s*([A-${most}])`, "g"))].at(select);
    return letter && choices.length > 0 ? `(${letter[1]})` : fallback;
  });
}

export interface ChoiceOptions {
  readonly ignoreCase?: boolean;
  readonly ignorePunctuation?: boolean;
  /** What is taken out before choices are looked for. */
  readonly ignore?: readonly RegExp[];
}

export const letterOf = (index: number): string => String.fromCharCode(65 + index);

export const trimFilter: Filter = each(strip);
export const lowercaseFilter: Filter = each((answer) => answer.toLowerCase());
export const uppercaseFilter: Filter = each((answer) => answer.toUpperCase());
export const takeFirst: Filter = (answers) => answers.slice(0, 1);

export const takeFirstK =
  (k: number): Filter =>
  (answers) => {
    if (answers.length >= k) return answers.slice(0, k);
    throw new Error(
      `take_first_k: ${k} answers are asked for, but repeats gives ${answers.length}`,
    );
  };

/** The most frequent answer; of equally frequent ones the first. */
export const majorityVote: Filter = (answers) => {
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return [...counts]
    .filter(([, count]) => count === most)
    .map(([answer]) => answer)
    .slice(0, 1);
};

export const mapFilter = (table: Readonly<Record<string, string>>, fallback: string): Filter =>
  each((answer) => (Object.hasOwn(table, answer) ? table[answer]! : fallback));

/** Drops thinking up to the last end marker, be there a start or not. */
export const removeThinking = (endMarker = "</think>"): Filter =>
  each((answer) => {
    const parts = answer.split(endMarker);
    return parts.length > 1 ? parts.at(-1)!.trimStart() : answer;
  });
