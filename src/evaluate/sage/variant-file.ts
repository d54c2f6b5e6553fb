/** Variants in a file, a line of JSON each: what is labelled, and what verifiers judged. */

import type { core, z } from "zod";
import { isObject, show } from "../../checkpoint/json.ts";
import { linesOf, START } from "../../train/data/read-lines.ts";
import type { variantSchema } from "./row-schemas.ts";
import type { AxisScores, ChoiceContent } from "./types.ts";

/** Rows are texts that people read; a longer one is a mistake. */
export const MAX_LINE_BYTES = 4 * 2 ** 20;

/** A variant as its row says it, without its id. */
export type VariantRecord = z.output<typeof variantSchema>;

export interface StoredVariant {
  readonly id: string;
  readonly record: VariantRecord;
}

/** @returns question, choices and label, however the row names the question */
export const contentOf = (row: {
  readonly question?: string;
  readonly context?: string;
  readonly choices: readonly string[];
  readonly label: number;
}): ChoiceContent => ({
  question: row.question ?? row.context ?? "",
  choices: row.choices,
  label: row.label,
});

/** What a verifier said of a variant. */
export interface StoredVerdict {
  readonly scores: AxisScores;
  /** Of all axes together. */
  readonly score: number;
}

/**
 * Reads a file of variants: `{"id", "question" (or "context"), "choices", "label", "type",
 * "src_id", "source": {question, choices, label}, "qual"?: {"scores": {...}, "score"}}`.
 *
 * @throws Error naming file, line and key, and what was expected there
 * @example
 * const variants = await readVariants("variants.jsonl");
 */
export async function readVariants(file: string): Promise<StoredVariant[]> {
  const { variantRowSchema: rowSchema } = await import("./row-schemas.ts");
  const variants: StoredVariant[] = [];
  const lines = new Map<string, number>();
  for await (const { value, line } of rowsOf(file)) {
    const { id, ...record } = parseRow(rowSchema, value, file, line);
    const earlier = lines.get(id);
    if (earlier !== undefined) {
      throw new Error(`${file}:${line}: id ${show(id)} is taken by line ${earlier}; give another`);
    }
    lines.set(id, line);
    variants.push({ id, record });
  }
  return variants;
}

interface Row {
  readonly value: unknown;
  readonly line: number;
}

/**
 * Values of the lines that are not blank. A last line that is no JSON and has no end is being
 * written, or was when its writer was killed: it is passed over.
 */
export async function* rowsOf(file: string): AsyncGenerator<Row> {
  for await (const { bytes, line, isEnded } of linesOf(file, START, MAX_LINE_BYTES)) {
    if (!bytes) throw new Error(`${file}:${line}: is longer than ${MAX_LINE_BYTES} bytes`);
    const text = bytes.toString("utf8");
    if (text.trim() === "") continue;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      if (!isEnded) return;
      throw new Error(`${file}:${line}: is no JSON; a row is one JSON object on one line`, {
        cause: error,
      });
    }
    yield { value, line };
  }
}

/** @throws Error naming file, line and key, and what was expected there */
export function parseRow<T extends z.ZodType>(
  schema: T,
  value: unknown,
  file: string,
  line: number,
): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues as [core.$ZodIssue];
  const found = path.reduce<unknown>(
    (at, key) => (isObject(at) || Array.isArray(at) ? at[key as keyof typeof at] : undefined),
    value,
  );
  const where = path.length > 0 ? `${path.join(".")}: ` : "";
  throw new Error(`${file}:${line}: ${where}${message}, found ${show(found)}`);
}
