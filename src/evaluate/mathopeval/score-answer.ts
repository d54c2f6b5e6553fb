/** Scores of a free-form answer: the program in it, what it draws, and how that compares. */

import type { ExecutePlot } from "./execute/execute-plot.ts";
import { compareFigures, isSameFigure } from "./figure/compare.ts";
import type { MathOpItem } from "./generate/generate.ts";
import { judgeEdit } from "./judge-edit.ts";
import { type PlotOutcome, runPlot } from "./run-plot.ts";

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
  /** "ok", or why there is no figure: "no code", "truncated", "tikz", or the interpreter's reason. */
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
export function scoreAnswer(item: Judged, answer: string): AnswerScores {
  const code = programIn(answer);
  if (typeof code !== "string") return { values: nothingFor(item), status: code.status };
  return compareOutcomes(item, {
    reference: runPlot(item.reference),
    candidate: runPlot(code),
    before: item.code === undefined ? undefined : runPlot(item.code),
  });
}

/** As `scoreAnswer`, with all programs run by matplotlib. @throws NoSandboxError */
export async function scoreExecuted(
  item: Judged,
  answer: string,
  execute: ExecutePlot,
): Promise<AnswerScores> {
  const code = programIn(answer);
  if (typeof code !== "string") return { values: nothingFor(item), status: code.status };
  const [reference, candidate, before] = await Promise.all([
    execute(item.reference),
    execute(code),
    item.code === undefined ? undefined : execute(item.code),
  ]);
  return compareOutcomes(item, { reference, candidate, before });
}

type Judged = Pick<MathOpItem, "reference" | "edit" | "code">;

function programIn(answer: string): string | { readonly status: "truncated" | "no code" | "tikz" } {
  const code = programOf(answer);
  if (code?.includes("\\begin{tikzpicture}")) return { status: "tikz" };
  if (code === undefined) return { status: "truncated" };
  return code.trim() === "" ? { status: "no code" } : code;
}

const nothingFor = ({ edit }: Judged): Record<string, number> =>
  Object.fromEntries(
    freeMetrics
      .filter((name) => edit || !["achieved", "preserved"].includes(name))
      .map((name) => [name, 0]),
  );

interface Outcomes {
  readonly reference: PlotOutcome;
  readonly candidate: PlotOutcome;
  /** Of an edit: the figure before it. */
  readonly before: PlotOutcome | undefined;
}

function compareOutcomes(item: Judged, { reference, candidate, before }: Outcomes): AnswerScores {
  if (reference.status !== "ok") throw new Error(`the reference program: ${reference.message}`);
  if (candidate.status !== "ok") {
    return { values: nothingFor(item), status: candidate.status, message: candidate.message };
  }
  const [found, wanted] = [candidate.figure, reference.figure];
  const { elements, values, texts, looks } = compareFigures(found, wanted);
  const scores = { executed: 1, elements, values, texts, looks };
  if (!item.edit) {
    const isRight = isSameFigure(found, wanted);
    return { values: { ...scores, success: isRight ? 1 : 0 }, status: "ok" };
  }
  const original = before?.status === "ok" ? before.figure : wanted;
  const { achieved, preserved, success } = judgeEdit(found, wanted, item.edit, original);
  const verdict = { achieved: achieved ? 1 : 0, preserved, success: success ? 1 : 0 };
  return { values: { ...scores, ...verdict }, status: "ok" };
}
