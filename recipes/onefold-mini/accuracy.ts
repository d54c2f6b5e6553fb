/** Scores of an evaluation, and the table that the card and the terminal show. */

export interface Score {
  right: number;
  all: number;
}

/** By row (a skill or a task), then by column. */
export type Scores = Record<string, Record<string, Score>>;

const COLUMNS = {
  thinking: "thinking",
  direct: "direct",
  "follow-up": "follow-up",
  en: "English",
  zh: "Chinese",
};

const percent = (score: Score | undefined): string =>
  score ? `${((100 * score.right) / score.all).toFixed(0)} %` : "";

/** A Markdown table of the share of right answers. */
export function accuracyTable(scores: Scores): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const keys = Object.keys(COLUMNS);
  return [
    line(["skill", ...Object.values(COLUMNS)]),
    line(["---", ...keys.map(() => "---")]),
    ...Object.entries(scores).map(([skill, row]) =>
      line([skill, ...keys.map((key) => percent(row[key]))]),
    ),
  ].join("\n");
}
