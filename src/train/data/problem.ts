/** What is wrong with a row of data: where it stands, which rule it breaks, what to do. */

/** Every rule that a row can break. */
export const rules = {
  encoding: "text is UTF-8, without unpaired surrogates or NUL bytes",
  json: "a line of JSONL is one JSON object, no key twice",
  length: "a row is no longer than the limit",
  parquet: "a Parquet file can be decoded",
  kind: "a row has the keys of exactly one kind that the method takes",
  mixed: "all rows of a file are of one kind",
  type: "values have the types of the JSON Schema",
  role: "roles are system, user, assistant or tool, and a conversation begins with a question",
  tool: "a tool message answers a call of the assistant message before it",
  media: "images, video and audio only for models that take them",
  empty: "what the model should learn is not blank",
  pair: "chosen and rejected differ, and answer the same prompt",
  duplicate: "an id names one row",
  template: "the model's chat template renders the conversation",
  supervised: "a row has a token to learn within the longest length",
  contamination: "a text shares no long stretch of words with a test set",
  none: "a file has rows",
} as const;

export type Rule = keyof typeof rules;

export interface DataProblem {
  readonly file: string;
  /** Line of a text file, row of a Parquet file; from 1. 0: the file as a whole. */
  readonly line: number;
  /** Path in the row, such as `messages[2].role`. */
  readonly field?: string;
  readonly rule: Rule;
  /** What was expected and what was found. */
  readonly found: string;
  /** What to do about it. */
  readonly fix: string;
}

/** `file:line`, the form that editors open. */
export const placeOf = ({ file, line }: { file: string; line: number }): string =>
  line === 0 ? file : `${file}:${line}`;

/** A bad row; the reader goes no further unless it was given somewhere to report to. */
export class DataError extends Error {
  readonly problem: DataProblem;

  constructor(problem: DataProblem, options?: ErrorOptions) {
    super(describeProblem(problem), options);
    this.name = "DataError";
    this.problem = problem;
  }
}

/** @example "rows.jsonl:3: messages[1].role must be ..., found "gpt"; write assistant (rule role)" */
export function describeProblem(problem: DataProblem): string {
  const { field, rule, found, fix } = problem;
  const subject = field === undefined ? "" : `${field} `;
  return `${placeOf(problem)}: ${subject}${found}; ${fix} (rule: ${rule})`;
}

/** A problem of a row whose place is filled in by the reader. */
export type RowProblem = Pick<DataProblem, "field" | "rule" | "found" | "fix">;
