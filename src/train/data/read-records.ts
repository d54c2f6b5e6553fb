/** Training records from files: every row checked, none replaced. */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { fileError } from "../../checkpoint/json.ts";
import type { Media } from "./check-messages.ts";
import { DataError, type DataProblem, placeOf } from "./problem.ts";
import { MAX_ROW_BYTES } from "./raw-row.ts";
import { type Position, START } from "./read-lines.ts";
import { rowsOf } from "./read-rows.ts";
import type { DataRecord, RecordKind, RecordOf } from "./record.ts";

export interface ReadOptions<K extends RecordKind = RecordKind> {
  /** Kinds that the training method takes. */
  readonly kinds: readonly K[];
  /** What the model takes besides text (default: nothing); "any" checks none of it. */
  readonly media?: readonly Media[] | "any";
  /** Longest row in bytes (default 64 MiB). */
  readonly maxRowBytes?: number;
  /** Takes problems and goes on; without it the first one is thrown. */
  readonly onProblem?: (problem: DataProblem) => void;
  readonly signal?: AbortSignal;
}

/** A record, and from where to read on behind it. */
export interface PlacedRecord<K extends RecordKind = RecordKind> {
  readonly record: RecordOf<K>;
  readonly next: Position;
}

/**
 * Reads the rows of one file from a position on.
 *
 * @throws DataError for the first bad row, unless `onProblem` takes it
 */
export async function* readFile<K extends RecordKind>(
  file: string,
  from: Position,
  options: ReadOptions<K>,
): AsyncGenerator<PlacedRecord<K>> {
  const { parseRecord } = await import("./parse-record.ts"); // loads zod
  const { kinds, media = [], maxRowBytes = MAX_ROW_BYTES, signal } = options;
  const parsing = { kinds, media: media === "any" ? undefined : media };
  for await (const raw of rowsOf(file, from, maxRowBytes)) {
    signal?.throwIfAborted();
    const place = { file, line: raw.line };
    const found = "row" in raw ? parseRecord(raw.row, place, parsing) : raw.problem;
    if ("kind" in found) yield { record: found as RecordOf<K>, next: raw.next };
    else report({ ...place, ...found }, options);
  }
}

function report(problem: DataProblem, { onProblem }: Pick<ReadOptions, "onProblem">): void {
  if (!onProblem) throw new DataError(problem);
  onProblem(problem);
}

/**
 * Reads all rows of files. What one row cannot show is checked too: an id that comes twice, kinds
 * that change within a file, files without rows.
 *
 * @param files .jsonl (.ndjson, .json: an object a line), .parquet, or text
 * @throws DataError naming file, line, field, rule and what to do, unless `onProblem` takes it
 * @example
 * for await (const { messages } of readRecords(["chat.jsonl"], { kinds: ["messages"] })) {
 *   console.log(messages.length);
 * }
 */
export async function* readRecords<K extends RecordKind>(
  files: readonly string[],
  options: ReadOptions<K>,
): AsyncGenerator<RecordOf<K>> {
  const ids = new Map<string, string>();
  for (const file of files) {
    const kinds = new Set<RecordKind>();
    let rows = 0;
    const counted = {
      ...options,
      onProblem: (problem: DataProblem) => {
        rows++;
        report(problem, options);
      },
    };
    for await (const { record } of readFile(file, START, counted)) {
      rows++;
      const problem = repeated(record, ids) ?? mixed(record, kinds);
      if (problem) report(problem, options);
      else yield record;
    }
    if (rows === 0) {
      const fix = "give a file with rows";
      report({ file, line: 0, rule: "none", found: "holds no rows", fix }, options);
    }
  }
}

function repeated(record: DataRecord, ids: Map<string, string>): DataProblem | undefined {
  const { id, file, line } = record;
  if (id === undefined) return undefined;
  const before = ids.get(id);
  if (before === undefined) {
    ids.set(id, placeOf(record));
    return undefined;
  }
  const found = `${JSON.stringify(id)} names the row at ${before} too`;
  return { file, line, field: "id", rule: "duplicate", found, fix: "leave one out, or rename it" };
}

/** Tells the first row of each further kind. */
function mixed({ kind, file, line }: DataRecord, kinds: Set<RecordKind>): DataProblem | undefined {
  if (kinds.has(kind)) return undefined;
  const [first] = kinds;
  kinds.add(kind);
  if (first === undefined) return undefined;
  const found = `is of kind ${kind}, the rows before it are of kind ${first}`;
  return {
    file,
    line,
    rule: "mixed",
    found,
    fix: "put rows of another kind into a file of their own",
  };
}

/** SHA-256 of files: a run goes on only with the data it began with. */
export async function hashFiles(files: readonly string[], signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  for (const file of files) {
    try {
      for await (const chunk of createReadStream(file, { signal })) hash.update(chunk as Buffer);
    } catch (error) {
      signal?.throwIfAborted();
      throw fileError(error, file);
    }
    hash.update("\0");
  }
  return hash.digest("hex");
}
