/** Rows in a file of their own, read back as records. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type DataProblem,
  type DataRecord,
  type RecordKind,
  readRecords,
} from "../../../src/train/index.ts";
import { temporaryFolder } from "../support.ts";

export const kinds: RecordKind[] = [
  "messages",
  "completion",
  "preference",
  "unpaired",
  "text",
  "repository",
  "reward",
];

/** Writes rows (objects as JSON, texts and bytes as they are), a line each. */
export function writeRows(rows: readonly (object | string)[], name = "rows.jsonl"): string {
  const file = join(temporaryFolder(), name);
  const parts = rows.map((row) => {
    if (row instanceof Uint8Array) return Buffer.from(row);
    return Buffer.from(typeof row === "string" ? row : JSON.stringify(row));
  });
  writeFileSync(file, Buffer.concat(parts.flatMap((part) => [part, Buffer.from("\n")])));
  return file;
}

/** All records and all problems of files. */
export async function readAll(
  files: readonly string[],
  options: Partial<Parameters<typeof readRecords>[1]> = {},
) {
  const problems: DataProblem[] = [];
  const records: DataRecord[] = [];
  const onProblem = (problem: DataProblem) => problems.push(problem);
  for await (const record of readRecords(files, { kinds, onProblem, ...options })) {
    records.push(record);
  }
  return { records, problems };
}

export const user = (content: string) => ({ role: "user", content });
export const assistant = (content: string, more = {}) => ({ role: "assistant", content, ...more });
