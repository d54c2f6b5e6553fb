/** Variants in a file, a line of JSON each: what is labelled, and what verifiers judged. */

import { type core, z } from "zod";
import { isObject, show } from "../../checkpoint/json.ts";
import { linesOf, START } from "../../train/data/read-lines.ts";
import type { AxisScores, ChoiceContent } from "./types.ts";

/** Rows are texts that people read; a longer one is a mistake. */
export const MAX_LINE_BYTES = 4 * 2 ** 20;

const contentShape = {
  question: z.string("expected text").optional(),
  context: z.string("expected text").optional(),
  choices: z
    .array(z.string("expected text"), "expected a list of texts")
    .min(2, "expected a list of 2 or more texts"),
  label: z.int("expected the index of a choice").min(0, "expected the index of a choice"),
};

/** What a schema cannot say key by key. */
function checkContent(
  content: { question?: string; context?: string; choices: string[]; label: number },
  ctx: core.$RefinementCtx,
): void {
  const { question, context, choices, label } = content;
  const add = (path: string, message: string): void =>
    ctx.addIssue({ code: "custom", path: [path], message });
  if ((question ?? context) === undefined) add("question", "expected text (or give it as context)");
  if (label >= choices.length)
    add("label", `expected the index of one of ${choices.length} choices`);
}

const share = z
  .number("expected a number from 0 to 1")
  .min(0, "expected 0 or more")
  .max(1, "expected 1 or less");

const verdictSchema = z.looseObject(
  { scores: z.object({ type: share, label: share, unique: share }), score: share },
  "expected an object with scores and score",
);

/** Keys beside these (generator, license, ...) are kept. */
export const variantSchema = z
  .looseObject(
    {
      ...contentShape,
      type: z.string("expected text").min(1, "expected the id of a type of variants"),
      src_id: z.string("expected text"),
      source: z.looseObject(contentShape, "expected the source item").superRefine(checkContent),
      qual: verdictSchema.optional(),
    },
    "expected an object",
  )
  .superRefine(checkContent);

const rowSchema = variantSchema.and(
  z.looseObject(
    { id: z.string("expected text").min(1, "expected a text that is not empty") },
    "expected an object",
  ),
);

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
