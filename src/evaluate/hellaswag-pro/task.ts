/** HellaSwag-Pro as a task of the harness. */

import { type ChatMode, defineTask } from "../task/define-task.ts";
import { INVALID, letterOf, removeThinking } from "../task/filters.ts";
import type { EvalTask, MetricSpec, ScoredItem } from "../types.ts";
import { answerLetter } from "./answer-letter.ts";
import { exchangeContexts, rightChoices, shuffleChoices } from "./arrange.ts";
import { artefactPlayers, artefactScores } from "./artefacts.ts";
import { type Form, forms, type Language, type ProDoc, type ProItem } from "./forms.ts";
import { exampleAnswer, type Mode, questionText, stopTexts } from "./prompts.ts";
import { type Answered, robustnessMetrics, robustnessOf } from "./robustness.ts";

export const scores = ["acc", "acc_norm", "acc_bytes", "acc_mutual_info"] as const;
export type Score = (typeof scores)[number];

export interface HellaswagProOptions {
  readonly language: Language;
  /** From `readPublished` or `generateHellaswagPro`. */
  readonly items: readonly ProItem[];
  readonly examples?: readonly ProDoc[];
  /** Examples before each question (default 3 for answers in steps, else 0). */
  readonly fewshot?: number;
  /** Default: the original and all variants. */
  readonly forms?: readonly Form[];
  /** Default "likelihood". */
  readonly mode?: Mode;
  /** Language of instructions (default: that of the items). */
  readonly prompt?: Language;
  /** Seed of the order of choices (default 0), or the order of the file. */
  readonly shuffle?: number | "none";
  /** "other": the context of another question, to see what choices give away (default "own"). */
  readonly context?: "own" | "other";
  /** "paper": a space before Chinese choices too, as published (default "fixed"). */
  readonly profile?: "fixed" | "paper";
  /** What OA, ARA, RLA and CRA are computed from (default acc). */
  readonly score?: Score;
  readonly chat?: ChatMode;
  /** Of generations (default 512). */
  readonly maxTokens?: number;
  /** What tells the data apart in results. */
  readonly data?: string;
}

const higher = (name: string): MetricSpec => ({ name, isHigherBetter: true });
const lower = (name: string): MetricSpec => ({ name, isHigherBetter: false });

/**
 * Scores are given by form and by category, beside those of players that read no question; over all
 * items come OA, ARA, RLA and CRA (see robustness.ts), in which failed items count as wrong.
 *
 * @example
 * const { items, examples } = generateHellaswagPro("zh");
 * const task = hellaswagProTask({ language: "zh", items, examples, mode: "letter" });
 */
export function hellaswagProTask(options: HellaswagProOptions): EvalTask {
  const {
    language,
    mode = "likelihood",
    prompt = language,
    shuffle = 0,
    context = "own",
  } = options;
  const { profile = "fixed", score = "acc", chat, maxTokens = 512, examples = [] } = options;
  const { forms: wanted = forms, data = "" } = options;
  const isWritten = mode === "cot" || mode === "xlt";
  const { fewshot = isWritten ? 3 : 0 } = options;
  if (mode !== "likelihood" && score !== "acc") {
    throw new Error(`hellaswag-pro: score ${score} needs mode likelihood; ${mode} has acc alone`);
  }
  const chosen = options.items.filter(({ tags }) => wanted.includes(tags.variant));
  const arranged = shuffle === "none" ? chosen : shuffleChoices(chosen, shuffle);
  const items = context === "other" ? exchangeContexts(arranged) : arranged;
  const gap = language === "zh" && profile === "fixed" ? "" : " ";
  const letterGap = prompt === "zh" ? "" : " ";
  const metrics = isWritten
    ? [higher("acc"), lower("unparsed"), lower("outside")]
    : (mode === "likelihood" ? scores : ["acc"]).map(higher);
  const task = defineTask<ProDoc>({
    name: `hellaswag-pro-${language}`,
    kind: isWritten ? "generate_until" : "multiple_choice",
    items: () => items,
    size: items.length,
    text: (doc) => questionText(doc, mode, prompt),
    choices: (doc) =>
      mode === "likelihood" ? doc.choices : doc.choices.map((_, i) => letterOf(i)),
    target: rightChoices,
    fewshot: {
      count: fewshot,
      docs: () => examples,
      sampler: "first",
      isFitting: (example, doc) => example.form === doc.form,
      target: (doc) => exampleAnswer(doc, mode, prompt),
    },
    style: { targetDelimiter: mode === "likelihood" ? gap : letterGap },
    chat,
    metrics,
    filters: isWritten
      ? [
          {
            name: "none",
            steps: [
              removeThinking(),
              (answers, doc) =>
                answers.map((answer) => answerLetter(answer, (doc as ProDoc).choices)),
            ],
          },
        ]
      : [],
    score: (letter, doc) => {
      const place = letter === INVALID ? -1 : letter.charCodeAt(0) - 65;
      return {
        acc: rightChoices(doc).includes(place) ? 1 : 0,
        unparsed: letter === INVALID ? 1 : 0,
        outside: place >= doc.choices.length ? 1 : 0,
      };
    },
    until: isWritten ? stopTexts(prompt) : undefined,
    maxTokens: isWritten ? maxTokens : undefined,
    cluster: "question",
    groups: ["variant", "category", "topic", "length"],
    settings: { data, mode, prompt, shuffle, context, profile, score, forms: wanted },
  });
  return {
    ...task,
    metrics: [...metrics, ...artefactPlayers.map(higher)],
    async ask(item, asked) {
      const outcome = await task.ask(item, asked);
      // A task is only asked about its own items, and of those the ones without a problem.
      return { ...outcome, values: { ...outcome.values, ...artefactScores(item.doc as ProDoc) } };
    },
    summarise: (records, failed) => summarise(records, failed, score),
  };
}

/** More categories than this are left to the groups' own scores. */
const MOST_CATEGORIES = 12;

function summarise(
  records: readonly ScoredItem[],
  failed: readonly ScoredItem[],
  score: Score,
): Record<string, number> {
  const all = [...records, ...failed];
  const summary: Record<string, number> = {};
  for (const [key, { value, interval }] of Object.entries(robustnessOf(answersOf(all, score)))) {
    summary[key] = value;
    if (key.includes("/")) continue;
    [summary[`${key}_ci95_low`], summary[`${key}_ci95_high`]] = interval;
  }
  const categories = [...new Set(all.flatMap(({ tags }) => tags.category ?? []))].sort();
  if (categories.length > MOST_CATEGORIES) return summary;
  for (const category of categories) {
    const own = all.filter(({ tags }) => tags.category === category);
    const found = robustnessOf(answersOf(own, score), { samples: 1 });
    for (const metric of robustnessMetrics) {
      if (found[metric]) summary[`${metric}/${category}`] = found[metric].value;
    }
  }
  return summary;
}

/** Items as `robustnessOf` wants them; those without a score are wrong. */
export const answersOf = (items: readonly ScoredItem[], score: string): Answered[] =>
  items.map(({ id, tags, values }) => ({
    question: tags.question ?? id,
    form: forms.find((form) => form === tags.variant) ?? "original",
    right: Number(values[score] ?? 0),
    ...(values.chance === undefined ? {} : { chance: Number(values.chance) }),
  }));
