import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type CompiledConstraint,
  ConstraintError,
  compileGrammar,
  compileJsonSchema,
  compileRegex,
} from "../../../src/generate/index.ts";
import type { Tokenizer } from "../../../src/media/text/index.ts";
import { fuzz, fuzzRuns } from "../../fuzz.ts";
import { allowedIds, smallTokenizer } from "./walk.ts";

let tokenizer: Tokenizer;
beforeAll(async () => {
  tokenizer = await smallTokenizer();
});

/** Compiles, and takes some steps; errors are the constraint's own, in one sentence. */
function attempt(compile: () => CompiledConstraint, steps = 6): boolean {
  try {
    const constraint = compile().start();
    for (let i = 0; i < steps; i++) {
      const ids = allowedIds(constraint).filter((id) => id !== tokenizer.eosId);
      if (ids.length === 0) break;
      constraint.accept(ids[(i * 37) % ids.length]!);
    }
    return true;
  } catch (error) {
    if (!(error instanceof ConstraintError)) throw error;
    expect(error.message).not.toContain("\n");
    expect(error.message.length).toBeLessThan(600);
    return false;
  }
}

const keyword = fc.constantFrom(
  ..."type properties required additionalProperties items prefixItems minItems maxItems enum const anyOf allOf oneOf $ref $defs minLength maxLength pattern format minimum maximum multipleOf propertyNames not title".split(
    " ",
  ),
);
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, depthIdentifier: "json" },
    fc.constantFrom<unknown>(true, false, null, 0, -1, 1.5, 3, 1e300, 1e9, "", "#", "#/$defs/a"),
    fc.constantFrom("object", "array", "string", "number", "integer", "null", "date", "a+", "(a"),
    fc.array(tie("json"), { maxLength: 3 }),
    fc.dictionary(keyword, tie("json"), { maxKeys: 4 }),
    fc.dictionary(fc.constantFrom("a", "b", "__proto__", ""), tie("json"), { maxKeys: 2 }),
  ),
}));

const bit = fc.constantFrom(
  ...'root ::= a|b ::=|start: |root|"x"|[a-z]|[^|]|(|)|*|+|?|{2,}|{0,9999}|{3}|\n| |"|/a+/|~ 2..3|..|->|%|#|\\d|\\u{41}|.|^|$|(?=|(?!|(?:|-|é'.split(
    "|",
  ),
  "|",
);
const text = fc.array(bit, { maxLength: 14 }).map((bits) => bits.join(""));

describe("fuzzed: compiled or refused in a sentence", { timeout: 1_800_000 }, () => {
  const check = async <T>(inputs: fc.Arbitrary<T>, compile: (of: T) => CompiledConstraint) => {
    let compiled = 0;
    const property = fc.property(inputs, (source) => {
      if (attempt(() => compile(source), 4)) compiled++;
    });
    await fuzz(10_000, property);
    expect(compiled).toBeGreaterThan(fuzzRuns(500));
  };

  test("10,000 schemas", () =>
    check(fc.dictionary(keyword, json, { maxKeys: 4 }), (schema) =>
      compileJsonSchema(schema, tokenizer),
    ));
  test("10,000 regexes", () => check(text, (source) => compileRegex(source, tokenizer)));
  test("10,000 grammars", () =>
    check(text, (source) => compileGrammar(`root ::= ${source}`, tokenizer)));
});

test.each([
  ["counts in counts", () => compileRegex("((((a{0,99}){0,99}){0,99}b?){0,99}a?){99}", tokenizer)],
  ["an exponential automaton", () => compileRegex("(a|b)*a(a|b){200}(a|b)*b(a|b){200}", tokenizer)],
  [
    "conditions that count",
    () => compileRegex("(?=(a|b)*a(a|b){18}c)(?=(a|b)*b(a|b){17}c).*", tokenizer),
  ],
  ["nested stars", () => compileRegex(`${"(".repeat(60)}a${"*b?)".repeat(60)}`, tokenizer)],
  [
    "ambiguous recursion",
    () => compileGrammar('root ::= "a" root root | "a" root "a" | "a"', tokenizer),
  ],
  ["(a+)+$", () => compileRegex(`(a+)+${"(a+)+".repeat(20)}b`, tokenizer)],
  ["(a|aa)+", () => compileRegex("(a|aa)+(a|aa)+(a|a?)+b", tokenizer)],
  ["(.*)*x at many places", () => compileRegex(`${"(.*,)*".repeat(30)}x`, tokenizer)],
  ["the nth from the end", () => compileRegex("(a|b)*a(a|b){40}", tokenizer)],
  [
    "lookaheads in a row",
    () => compileRegex(`${"(?=(.*a){3})(?!(.*b){5})".repeat(12)}.*`, tokenizer),
  ],
  ["many optional", () => compileRegex("a?".repeat(2000), tokenizer)],
  [
    "nullable counts",
    () => compileGrammar('root ::= (("a"? "b"?){0,9999}){0,9999} x\nx ::= "c" x?', tokenizer),
  ],
  [
    "thousands of rules",
    () =>
      compileGrammar(
        `root ::= r0\n${Array.from({ length: 3000 }, (_, i) => `r${i} ::= "a" r${i + 1} | "b" r${(i * 7) % 3000}`).join("\n")}\nr3000 ::= "c"`,
        tokenizer,
      ),
  ],
  [
    "anyOf beside anyOf",
    () =>
      compileJsonSchema(
        {
          allOf: Array.from({ length: 20 }, (_, i) => ({
            anyOf: [{ properties: { [`a${i}`]: { type: "string" } } }, { required: [`b${i}`] }],
          })),
        },
        tokenizer,
      ),
  ],
  [
    "thousands of optional properties",
    () =>
      compileJsonSchema(
        {
          type: "object",
          properties: Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, {}])),
        },
        tokenizer,
      ),
  ],
  [
    "thousands of values",
    () => compileJsonSchema({ enum: Array.from({ length: 9000 }, (_, i) => `v${i}`) }, tokenizer),
  ],
  [
    "deep nesting",
    () => {
      let schema: object = { type: "string" };
      for (let i = 0; i < 5000; i++) schema = { type: "array", items: schema };
      return compileJsonSchema(schema, tokenizer);
    },
  ],
  [
    "a circle of references",
    () =>
      compileJsonSchema(
        {
          $ref: "#/$defs/a",
          $defs: { a: { allOf: [{ $ref: "#/$defs/b" }] }, b: { $ref: "#/$defs/a" } },
        },
        tokenizer,
      ),
  ],
])("%s: compiled or refused, in bounded work", { timeout: 120_000 }, (_, compile) => {
  expect([true, false]).toContain(attempt(compile, 40));
});
