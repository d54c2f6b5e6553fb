/** Typed values from answers: a zod schema in, a validated value out. */

import type { ZodType, z } from "zod";
import type { Tokenizer } from "../media/text/types.ts";
import type { CompiledConstraint, ConstraintOptions } from "./constrain/constraint.ts";
import { compileJsonSchema } from "./constrain/json-schema.ts";

export interface StructuredOutput<T> {
  /** What the answer is asked to be, for a prompt or `response_format`. */
  readonly jsonSchema: Readonly<Record<string, unknown>>;
  /** Holds answers to the schema. */
  compile(tokenizer: Tokenizer, options?: ConstraintOptions): CompiledConstraint;
  /**
   * The value of an answer's content.
   *
   * @throws Error where it is no JSON (the answer was cut off) or the schema refuses it
   */
  parse(content: string): T;
}

/**
 * Prepares a zod schema for answers. What JSON Schema cannot say (refinements, transforms) is
 * checked and applied by `parse`.
 *
 * @throws Error for what zod cannot put as JSON Schema
 * @example
 * const output = await structuredOutput(z.object({ sum: z.int() }));
 * const constraint = output.compile(tokenizer).start();
 * output.parse('{"sum": 4}').sum; // 4
 */
export async function structuredOutput<S extends ZodType>(
  schema: S,
): Promise<StructuredOutput<z.output<S>>> {
  const { toJSONSchema } = await import("zod");
  const jsonSchema = toJSONSchema(schema, {
    // The answer is what the schema reads; its transforms run in `parse`.
    io: "input",
    // Other properties would only be dropped: the answer is not to spend tokens on them.
    override: ({ jsonSchema: part }) => {
      if (part.properties && part.additionalProperties === undefined) {
        part.additionalProperties = false;
      }
    },
  });
  return {
    jsonSchema,
    compile: (tokenizer, options) => compileJsonSchema(jsonSchema, tokenizer, options),
    parse(content) {
      const result = schema.safeParse(parseJson(content));
      if (result.success) return result.data;
      const [issue] = result.error.issues;
      const place = issue?.path.map(String).join(".");
      throw new Error(
        `the answer does not meet the schema${place ? ` at ${place}` : ""}: ${issue?.message}`,
        { cause: result.error },
      );
    },
  };
}

function parseJson(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw new Error(
      "the answer is no complete JSON; it was cut off where finishReason is length: allow more tokens",
      { cause },
    );
  }
}
