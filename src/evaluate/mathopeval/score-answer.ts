/** Scores of a free-form answer: the program in it, what it draws, and how that compares. */

import { compareFigures, isSameFigure } from "./figure/compare.ts";
import type { MathOpItem } from "./generate/generate.ts";
import { judgeEdit } from "./judge-edit.ts";
import { runPlot } from "./run-plot.ts";

export const freeMetrics = [
  "success",
  "executed",
  "achieved",
  "preserved",
  "elements",
  "values",
  "texts",
  "looks",
] as const;

export interface AnswerScores {
  readonly values: Readonly<Record<string, number>>;
  /** "ok", or why there is no figure: "no code", "truncated", or the interpreter's reason. */
  readonly status: string;
  readonly message?: string;
}

/**
 * The last complete block between fences, else the whole answer where it has none.
 *
 * @returns undefined where a fence is open at the end and no block before it was closed
 */
export function programOf(answer: string): string | undefined {
  const parts = answer.split(/^[ \t]*```[^\n]*\n?/m);
  if (parts.length === 1) return answer;
  const closed = parts.filter((_, i) => i % 2 === 1 && i < parts.length - 1);
  return closed.at(-1);
}

/**
 * Success is, of edits, that the edit was done and nothing else (judgeEdit), and of programs that
 * every element has one of the same place, colour and name, and all texts are there. An answer without a figure scores 0.
 *
 * @throws Error where the item's own reference draws no figure
 */
export function scoreAnswer(
  item: Pick<MathOpItem, "reference" | "edit" | "code">,
  answer: string,
): AnswerScores {
  const reference = runPlot(item.reference);
  if (reference.status !== "ok") throw new Error(`the reference program: ${reference.message}`);
  const names = freeMetrics.filter(
    (name) => item.edit || !["achieved", "preserved"].includes(name),
  );
  const nothing = Object.fromEntries(names.map((name) => [name, 0]));
  const code = programOf(answer);
  if (code === undefined) return { values: nothing, status: "truncated" };
  if (code.trim() === "") return { values: nothing, status: "no code" };
  const outcome = runPlot(code);
  if (outcome.status !== "ok")
    return { values: nothing, status: outcome.status, message: outcome.message };
  const { elements, values, texts, looks } = compareFigures(outcome.figure, reference.figure);
  const scores = { executed: 1, elements, values, texts, looks };
  if (!item.edit) {
    const isRight = isSameFigure(outcome.figure, reference.figure);
    return { values: { ...scores, success: isRight ? 1 : 0 }, status: "ok" };
  }
  const before = item.code === undefined ? reference : runPlot(item.code);
  const original = before.status === "ok" ? before.figure : reference.figure;
  const { achieved, preserved, success } = judgeEdit(
    outcome.figure,
    reference.figure,
    item.edit,
    original,
  );
  const verdict = { achieved: achieved ? 1 : 0, preserved, success: success ? 1 : 0 };
  return { values: { ...scores, ...verdict }, status: "ok" };
}
