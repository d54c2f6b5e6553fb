/** MathOPEval as tasks of the harness: multiple choice and free form. */

import { defineTask } from "../task/define-task.ts";
import type { EvalItem, EvalTask, JsonObject, ScoredItem } from "../types.ts";
import { describeFigure } from "./describe-figure.ts";
import type { ExecutePlot } from "./execute/execute-plot.ts";
import { renderSvg } from "./figure/render-svg.ts";
import type { MathOpItem } from "./generate/generate.ts";
import { changesOf, ownLines } from "./option-changes.ts";
import { optionBaselines, optionPlayers } from "./option-players.ts";
import { runPlot } from "./run-plot.ts";
import { type AnswerScores, freeMetrics, scoreAnswer, scoreExecuted } from "./score-answer.ts";
import { pictureOpening, withPictures } from "./show-picture.ts";

export interface MathOpTaskOptions {
  /** Items as the generator or the importer gives them. */
  readonly items: readonly (MathOpItem | EvalItem)[];
  readonly format: "choice" | "free";
  /**
   * What a model is told of the figure: its description in words (default), or nothing: what can be
   * answered without seeing it. "image": models that see are shown it, in the free format.
   */
  readonly figure?: "described" | "hidden" | "image";
  /**
   * Options as whole programs (default), or as the lines in which they differ: from the program that
   * is edited, or from one another. These fit a short context.
   */
  readonly options?: "whole" | "changes";
  readonly maxTokens?: number;
  /**
   * Of free answers: runs programs in matplotlib (`createPlotExecutor`; default: they are
   * interpreted, and nothing is run).
   */
  readonly execute?: ExecutePlot;
}

const LETTERS = "ABCD";

/**
 * @example
 * const task = mathOpTask({ items: generateMathOps({ perCell: 3 }), format: "choice" });
 */
export function mathOpTask({
  items,
  format,
  figure = "described",
  options = "whole",
  maxTokens = 512,
  execute,
}: MathOpTaskOptions): EvalTask {
  const isChoice = format === "choice";
  const isPicture = figure === "image";
  const all = items.map((item): EvalItem => ("doc" in item ? item : toEvalItem(item)));
  const docOf = (doc: JsonObject): MathOpItem => doc as unknown as MathOpItem; // made below or checked by the importer
  const metrics = isChoice ? ["acc", ...optionPlayers] : freeMetrics;
  /** Of each answer that was scored: why it has no figure is told beside its values. */
  const judged = new WeakMap<JsonObject, AnswerScores>();
  const task = defineTask({
    name: `mathopeval-${format}`,
    version: "2",
    kind: isChoice ? "multiple_choice" : "generate_until",
    items: () => (isPicture ? withPictures(all) : all),
    size: all.length,
    ...(isPicture && { chat: "single", shows: ["image"] }),
    text: (doc) =>
      (isPicture ? pictureOpening : "") + questionOf(docOf(doc), { isChoice, figure, options }),
    ...(isChoice && { choices: () => [...LETTERS] }),
    target: (doc) => (isChoice ? docOf(doc).answer : docOf(doc).reference),
    metrics: metrics.map((name) => ({ name, isHigherBetter: true })),
    async score(answer, doc) {
      const scores = execute
        ? await scoreExecuted(docOf(doc), `${answer}`, execute)
        : scoreAnswer(docOf(doc), `${answer}`);
      judged.set(doc, scores);
      return scores.values;
    },
    until: ["\n\n\n"],
    maxTokens,
    groups: ["figure", "operation", "level", "cell"],
    settings: { figure, options, execute: execute !== undefined },
    // The mean over operations and figure types, as the paper reports it.
    summarise: (records) => {
      const main = isChoice ? "acc" : "success";
      const cells = new Map<string, ScoredItem[]>();
      for (const record of records) {
        const cell = record.tags.cell ?? "";
        cells.set(cell, [...(cells.get(cell) ?? []), record]);
      }
      const means = [...cells.values()].map(
        (own) => own.reduce((sum, { values }) => sum + Number(values[main] ?? 0), 0) / own.length,
      );
      return {
        [`${main}_macro`]: means.reduce((sum, v) => sum + v, 0) / Math.max(1, means.length),
      };
    },
  });
  if (isChoice) {
    return {
      ...task,
      async ask(item, context) {
        const outcome = await task.ask(item, context);
        const doc = docOf(item.doc);
        const shown = doc.options.map((code) => optionText(doc, code, options));
        return {
          ...outcome,
          values: { ...outcome.values, ...optionBaselines(shown, doc.answer) },
        };
      },
    };
  }
  return {
    ...task,
    async ask(item, context) {
      const outcome = await task.ask(item, context);
      const { status, message } = judged.get(item.doc)!; // an outcome has been scored
      const counts = status === "ok" ? {} : { [`answers without a figure: ${status}`]: 1 };
      return {
        ...outcome,
        counts: { ...outcome.counts, ...counts },
        details: { ...outcome.details, status, ...(message && { message }) },
      };
    },
  };
}

export function toEvalItem(item: MathOpItem): EvalItem {
  const { id, figure, operation, level } = item;
  const shown = runPlot(item.code ?? item.reference);
  const doc = { ...item, ...(shown.status === "ok" && { svg: renderSvg(shown.figure) }) };
  return {
    id,
    doc: doc as unknown as JsonObject, // texts, numbers and lists of them
    tags: { figure, operation, level, cell: `${operation} ${figure}` },
  };
}

const fence = (code: string): string => `\`\`\`python\n${code}\`\`\``;

interface Shown extends Required<Pick<MathOpTaskOptions, "figure" | "options">> {
  readonly isChoice: boolean;
}

function questionOf(item: MathOpItem, { isChoice, figure, options }: Shown): string {
  const drawn = runPlot(item.code ?? item.reference);
  const isSeen = figure === "described" && drawn.status === "ok";
  return [
    ...(isSeen ? [`Figure:\n${describeFigure(drawn.figure)}`] : []),
    ...(item.code ? [`Program:\n${fence(item.code)}`] : []),
    item.instruction,
    ...(isChoice
      ? [
          ...item.options.map((code, i) => `${LETTERS[i]}.\n${optionText(item, code, options)}`),
          "Which program does it?\nAnswer:",
        ]
      : ["Answer with one complete Python program between fences."]),
  ].join("\n");
}

function optionText(
  item: MathOpItem,
  code: string,
  options: Required<MathOpTaskOptions>["options"],
): string {
  if (options === "whole") return fence(code);
  return item.code === undefined ? ownLines(code, item.options) : changesOf(item.code, code);
}
