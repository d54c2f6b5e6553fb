/** Variants and labels in the files' formats, invented for tests. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), "onefold-sage-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Variants `v0`, `v1`, ...: two of each source item. */
export const variantRow = (i: number, change: object = {}) => ({
  id: `v${i}`,
  question: `Which of these is not ${i}?`,
  choices: [`${i}`, `${i + 1}`],
  label: 1,
  type: "negation",
  src_id: `s${i >> 1}`,
  source: { question: `Which is ${i}?`, choices: [`${i}`, `${i + 1}`], label: 0 },
  ...change,
});

/** A verifier's verdict as a file keeps it. */
export const verdict = (type: number, label: number, unique: number) => ({
  qual: { scores: { type, label, unique }, score: type * label * unique },
});

export const jsonLines = (rows: readonly object[]): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join("");
