import { expect, test } from "vitest";
import { z } from "zod";
import { structuredOutput } from "../../src/generate/index.ts";
import { accepts, smallTokenizer } from "./constrain/walk.ts";

const schema = z.object({
  name: z.string().transform((name) => name.toUpperCase()),
  sum: z.int().refine((n) => n % 2 === 0, "must be even"),
  note: z.string().optional(),
});

test("a zod schema holds answers, and gives typed values", async () => {
  const output = await structuredOutput(schema);
  const compiled = output.compile(await smallTokenizer());
  const tokenizer = await smallTokenizer();
  expect(accepts(compiled, tokenizer, '{"name":"ada","sum":4}')).toBe(true);
  expect(accepts(compiled, tokenizer, '{"name":"ada","sum":4,"more":1}')).toBe(false);
  expect(accepts(compiled, tokenizer, '{"name":"ada"}')).toBe(false);
  const value: { name: string; sum: number; note?: string | undefined } = output.parse(
    '{"name": "ada", "sum": 4}',
  );
  expect(value).toEqual({ name: "ADA", sum: 4 });
});

test("what the schema refuses is told with its place", async () => {
  const output = await structuredOutput(schema);
  expect(() => output.parse('{"name": "ada", "sum": 3}')).toThrow(
    "the answer does not meet the schema at sum: must be even",
  );
  expect(() => output.parse('{"name": "a')).toThrow("the answer is no complete JSON");
});
