/** Labels of people: which axes of a variant they found right, a line of JSON each. */

import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import type { z } from "zod";
import { fileError, show } from "../../checkpoint/json.ts";
import { linesOf, START } from "../../train/data/read-lines.ts";
import type { axisDigitsSchema } from "./row-schemas.ts";
import type { Axis, AxisLabels } from "./types.ts";
import {
  contentOf,
  MAX_LINE_BYTES,
  parseRow,
  rowsOf,
  type StoredVariant,
  type VariantRecord,
} from "./variant-file.ts";

/** One person's judgement of a variant. */
export interface VariantLabel {
  /** Of the variant. */
  readonly id: string;
  /** The variant that was judged, whole: a label file is training data by itself. */
  readonly variant: VariantRecord;
  readonly labels: AxisLabels;
  readonly annotator: string;
  /** From seeing the variant to the last axis. */
  readonly seconds?: number;
}

/** @example axisLabels({ type_ok: 1, label_ok: 0, unique_ok: 1 }).label // false */
export const axisLabels = (digits: z.output<typeof axisDigitsSchema>): AxisLabels => ({
  type: digits.type_ok === 1,
  label: digits.label_ok === 1,
  unique: digits.unique_ok === 1,
});

/**
 * The last label that each annotator gave to each variant, in the order of the first ones; none
 * where there is no file yet.
 *
 * @throws Error naming file, line and key, and what was expected there
 */
export async function readLabels(file: string): Promise<VariantLabel[]> {
  const { labelSchema } = await import("./row-schemas.ts");
  const last = new Map<string, VariantLabel>();
  try {
    for await (const { value, line } of rowsOf(file)) {
      const { labels, ...row } = parseRow(labelSchema, value, file, line);
      const { id, variant, annotator, seconds } = row;
      last.set(JSON.stringify([annotator, id]), {
        id,
        variant,
        labels: axisLabels(labels),
        annotator,
        seconds,
      });
    }
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    if (code !== "ENOENT") throw error;
  }
  return [...last.values()];
}

/**
 * Adds a label and waits until the disk has it. A later label of the same variant by the same
 * annotator stands in its place. What a killed writer left of a line is cut off first.
 *
 * @throws Error of one sentence naming the file (full disk, permissions)
 */
export async function appendLabel(file: string, label: VariantLabel): Promise<void> {
  const { id, variant, labels, annotator, seconds } = label;
  const digitOf = (axis: Axis): 0 | 1 => (labels[axis] ? 1 : 0);
  const row = {
    id,
    variant,
    labels: { type_ok: digitOf("type"), label_ok: digitOf("label"), unique_ok: digitOf("unique") },
    annotator,
    ...(seconds === undefined ? {} : { seconds: Math.round(seconds * 10) / 10 }),
  };
  try {
    await mkdir(dirname(file), { recursive: true });
    const handle = await open(file, "a");
    try {
      const { offset, separator } = await endOf(file);
      await handle.truncate(offset);
      await handle.appendFile(`${separator}${JSON.stringify(row)}\n`);
      await handle.datasync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fileError(error, file);
  }
}

/** Behind the last row that is whole. Editors may leave out the last line feed. */
async function endOf(file: string): Promise<{ offset: number; separator: "" | "\n" }> {
  let offset = 0;
  for await (const { bytes, isEnded, next } of linesOf(file, START, MAX_LINE_BYTES)) {
    if (!isEnded && bytes && isJson(bytes)) return { offset: next.offset, separator: "\n" };
    if (isEnded) offset = next.offset;
  }
  return { offset, separator: "" };
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString("utf8"));
    return true;
  } catch {
    return false;
  }
}

/** @throws Error where the label was given to another variant of that id */
export function checkSame(label: VariantLabel, { id, record }: StoredVariant, file: string): void {
  const keyOf = (row: VariantRecord): string =>
    JSON.stringify([row.type, row.src_id, contentOf(row)]);
  if (keyOf(label.variant) === keyOf(record)) return;
  throw new Error(
    `${file}: the label of ${show(id)} by ${label.annotator} is of another variant with that id; ` +
      "keep labels of each file of variants in a file of their own",
  );
}
