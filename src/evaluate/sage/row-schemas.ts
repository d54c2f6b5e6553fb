/** What rows of variants and of labels hold; loaded, with zod, where such a file is read. */

import { type core, z } from "zod";
import { MAJORITY, VERIFIER } from "./raters.ts";

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

export const variantRowSchema = variantSchema.and(
  z.looseObject(
    { id: z.string("expected text").min(1, "expected a text that is not empty") },
    "expected an object",
  ),
);

export const annotatorSchema = z
  .string("expected a name")
  .trim()
  .min(1, "expected a name")
  .max(100, "expected a name of at most 100 characters")
  .refine(
    (name) => name !== VERIFIER && name !== MAJORITY,
    `expected a name other than ${VERIFIER} and ${MAJORITY}`,
  );

const digit = z.literal([0, 1], "expected 0 or 1");

export const axisDigitsSchema = z.object(
  { type_ok: digit, label_ok: digit, unique_ok: digit },
  "expected an object with type_ok, label_ok and unique_ok",
);

export const labelSchema = z.looseObject(
  {
    id: z.string("expected text").min(1, "expected the id of a variant"),
    variant: variantSchema,
    labels: axisDigitsSchema,
    annotator: annotatorSchema,
    seconds: z.number("expected a number").min(0, "expected 0 or more").optional(),
  },
  "expected an object",
);
