/** What a data set holds, and everything that is wrong with it. */

import type { Sequence } from "../batches.ts";
import type { Media } from "./check-messages.ts";
import { createDecontaminator, type Decontaminator } from "./decontaminate.ts";
import { allKinds } from "./detect-kind.ts";
import { DataError, type DataProblem } from "./problem.ts";
import { readRecords } from "./read-records.ts";
import { type DataRecord, type RecordKind, textsOf } from "./record.ts";
import {
  learnedIn,
  promptTokens,
  type SuperviseOptions,
  supervise,
  superviseAnswer,
} from "./supervise.ts";

export interface CheckOptions {
  /** Kinds that the method takes (default: any). */
  readonly kinds?: readonly RecordKind[];
  /** What the model takes besides text; "any" (the default) where the model is not known. */
  readonly media?: readonly Media[] | "any";
  /** Tokenizer and template of the model, for lengths and what is learned. */
  readonly model?: SuperviseOptions;
  /** Texts of test sets by name, which no row may repeat (10 words in a row). */
  readonly testSets?: Readonly<Record<string, Iterable<string>>>;
  /** Problems kept in the report; all are counted (default 100). */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export interface DataReport {
  /** Rows read, bad ones included. */
  readonly rows: number;
  /** Good rows of each kind that occurs. */
  readonly kinds: Readonly<Partial<Record<RecordKind, number>>>;
  readonly channels: Readonly<Record<string, number>>;
  readonly problemCount: number;
  /** The first of them. */
  readonly problems: readonly DataProblem[];
  /** Where a model was given. */
  readonly tokens?: TokenReport;
}

export interface TokenReport {
  readonly sequences: number;
  readonly total: number;
  /** Tokens that count in the loss. */
  readonly supervised: number;
  readonly longest: number;
  /** Sequences cut at the longest length. */
  readonly cut: number;
  /** How many sequences have up to so many tokens, and more than the entry before. */
  readonly lengths: readonly { readonly upTo: number; readonly count: number }[];
}

/**
 * Reads files to the end, as training would.
 *
 * @example
 * const { problems } = await checkData(["chat.jsonl"], { kinds: ["messages"] });
 * for (const problem of problems) console.log(describeProblem(problem));
 */
export async function checkData(
  files: readonly string[],
  { kinds = allKinds, media = "any", model, testSets, limit = 100, signal }: CheckOptions = {},
): Promise<DataReport> {
  const problems: DataProblem[] = [];
  let problemCount = 0;
  let rows = 0;
  const onProblem = (problem: DataProblem): void => {
    problemCount++;
    if (problems.length < limit) problems.push(problem);
  };
  const counts: Partial<Record<RecordKind, number>> = {};
  const channels: Record<string, number> = {};
  const lengths = model && createLengths();
  const decontaminator = testSets && createDecontaminator(testSets);
  const onBadRow = (problem: DataProblem): void => {
    if (problem.line > 0) rows++; // not the file as a whole
    onProblem(problem);
  };
  for await (const record of readRecords(files, { kinds, media, onProblem: onBadRow, signal })) {
    rows++;
    const repeated = decontaminator && contamination(record, decontaminator);
    if (repeated) {
      onProblem(repeated);
      continue;
    }
    if (model && lengths && !measure(record, model, lengths, onProblem)) continue;
    counts[record.kind] = (counts[record.kind] ?? 0) + 1;
    if (record.channel !== undefined) {
      channels[record.channel] = (channels[record.channel] ?? 0) + 1;
    }
  }
  return {
    rows,
    kinds: counts,
    channels,
    problemCount,
    problems,
    ...(lengths ? { tokens: lengths.report() } : {}),
  };
}

function contamination(record: DataRecord, { find }: Decontaminator): DataProblem | undefined {
  for (const text of textsOf([record])) {
    const overlap = find(text);
    if (!overlap) continue;
    const { file, line } = record;
    const found = `repeats the test set ${overlap.testSet}: ${JSON.stringify(overlap.words)}`;
    return { file, line, rule: "contamination", found, fix: "leave the row out" };
  }
  return undefined;
}

interface Lengths {
  add(sequence: Pick<Sequence, "tokens" | "learned">): void;
  cut(count: number): void;
  report(): TokenReport;
}

/** @returns whether training could use the record */
function measure(
  record: DataRecord,
  model: SuperviseOptions,
  lengths: Lengths,
  onProblem: (problem: DataProblem) => void,
): boolean {
  try {
    for (const sequence of sequencesOf(record, model, lengths)) lengths.add(sequence);
    return true;
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    onProblem(error.problem);
    return false;
  }
}

function sequencesOf(
  record: DataRecord,
  model: SuperviseOptions,
  lengths: Lengths,
): Pick<Sequence, "tokens" | "learned">[] {
  switch (record.kind) {
    case "preference":
      return [record.chosen, record.rejected].map((side) => superviseAnswer(record, side, model));
    case "unpaired":
      return [superviseAnswer(record, record.completion, model)];
    case "reward":
      return [{ tokens: promptTokens(record, model), learned: [] }]; // answers are drawn later
    default: {
      const { sequences, cut } = supervise(record, model);
      lengths.cut(cut);
      return sequences;
    }
  }
}

/** The first bar of the histogram; each further one is twice as long. */
const SHORTEST = 64;

function createLengths(): Lengths {
  const bars: number[] = [];
  let [sequences, total, supervised, longest, cuts] = [0, 0, 0, 0, 0];
  return {
    add(sequence) {
      const { length } = sequence.tokens;
      sequences++;
      total += length;
      supervised += learnedIn(sequence);
      longest = Math.max(longest, length);
      const bar = Math.max(0, Math.ceil(Math.log2(length / SHORTEST)));
      while (bars.length <= bar) bars.push(0);
      bars[bar]++;
    },
    cut(count) {
      cuts += count;
    },
    report: () => ({
      sequences,
      total,
      supervised,
      longest,
      cut: cuts,
      lengths: bars.map((count, i) => ({ upTo: SHORTEST * 2 ** i, count })),
    }),
  };
}
