import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { compileJsonObject, compileJsonSchema } from "../../../src/generate/index.ts";
import type { Tokenizer } from "../../../src/media/text/index.ts";
import { isValid, type Schema } from "./check-schema.ts";
import { accepts, randomText, smallTokenizer } from "./walk.ts";

let tokenizer: Tokenizer;
beforeAll(async () => {
  tokenizer = await smallTokenizer();
});

/** A schema and its valid instances, properties in the order of the schema. */
interface Case {
  readonly schema: Schema;
  readonly value: fc.Arbitrary<unknown>;
}

/** Text as tokens write it: the tokenizer normalises what it encodes (NFC). */
const text = fc
  .string({ unit: "binary", maxLength: 6 })
  .filter((s) => !/\p{Surrogate}/u.test(s) && s.normalize("NFC") === s);
const leaf: fc.Arbitrary<Case> = fc.oneof(
  fc.constant({ schema: { type: "string" }, value: text }),
  fc.tuple(fc.nat(4), fc.nat(4)).map(([lo, more]) => ({
    schema: { type: "string", minLength: lo, maxLength: lo + more },
    value: fc
      .array(fc.constantFrom("a", "é", '"', "\n", "😀"), {
        minLength: lo,
        maxLength: lo + more,
      })
      .map((chars) => chars.join("")),
  })),
  fc.constant({
    schema: { type: "string", pattern: "^[a-c]+-\\d{2}$", maxLength: 8 },
    value: fc.stringMatching(/^[a-c]{1,5}-\d{2}$/),
  }),
  fc.tuple(fc.integer(), fc.nat(2000)).map(([lo, more]) => ({
    schema: { type: "integer", minimum: lo, maximum: lo + more },
    value: fc.integer({ min: lo, max: lo + more }),
  })),
  fc.constant({
    schema: { type: "number" },
    value: fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 }),
  }),
  fc.tuple(fc.integer({ min: -500, max: 500 }), fc.nat(300)).map(([lo, more]) => ({
    schema: { type: "number", minimum: lo / 8, exclusiveMaximum: (lo + more + 1) / 8 },
    value: fc.integer({ min: lo, max: lo + more }).map((n) => n / 8),
  })),
  fc.nat(40).map((k) => ({
    schema: { type: "integer", multipleOf: k + 1 },
    value: fc.integer({ min: -1000, max: 1000 }).map((n) => n * (k + 1)),
  })),
  fc.constant({ schema: { type: ["boolean", "null"] }, value: fc.constantFrom(true, false, null) }),
  fc
    .uniqueArray(fc.oneof(text, fc.integer(), fc.constantFrom(true, null)), {
      minLength: 1,
      maxLength: 4,
    })
    .map((values) => ({ schema: { enum: values }, value: fc.constantFrom(...values) })),
);

const { tree } = fc.letrec<{ tree: Case }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, depthIdentifier: "schema" },
    leaf,
    fc.tuple(tie("tree"), fc.nat(2), fc.nat(3)).map(([item, lo, more]) => ({
      schema: { type: "array", items: item.schema, minItems: lo, maxItems: lo + more },
      value: fc.array(item.value, { minLength: lo, maxLength: lo + more }),
    })),
    fc.tuple(tie("tree"), tie("tree")).map(([a, b]) => ({
      schema: { type: "array", prefixItems: [a.schema, b.schema], items: false, minItems: 1 },
      value: fc.oneof(fc.tuple(a.value), fc.tuple(a.value, b.value)),
    })),
    fc.tuple(tie("tree"), tie("tree")).map(([a, b]) => ({
      schema: { anyOf: [a.schema, b.schema] },
      value: fc.oneof(a.value, b.value),
    })),
    fc
      .tuple(
        fc.dictionary(
          fc.string({ maxLength: 5 }).filter((k) => k !== "__proto__" && !/^\d+$/.test(k)),
          tie("tree"),
          {
            maxKeys: 4,
          },
        ),
        fc.boolean(),
        fc.boolean(),
      )
      .map(([fields, isOpen, needsAll]) => {
        const names = Object.keys(fields);
        const required = needsAll ? names : names.slice(0, 1);
        const values = Object.fromEntries(names.map((name) => [name, fields[name]!.value]));
        return {
          schema: {
            type: "object",
            properties: Object.fromEntries(names.map((name) => [name, fields[name]!.schema])),
            required,
            ...(isOpen ? {} : { additionalProperties: false }),
          },
          value: fc
            .record(values, { requiredKeys: required, noNullPrototype: true })
            .map((record) =>
              Object.fromEntries(
                names
                  .filter((name) => Object.hasOwn(record, name))
                  .map((name) => [name, record[name]]),
              ),
            ),
        };
      }),
  ),
}));

test("every valid instance is accepted, compact and indented", { timeout: 240_000 }, () => {
  const cases = tree.chain(({ schema, value }) => fc.tuple(fc.constant(schema), value));
  fc.assert(
    fc.property(cases, ([schema, value]) => {
      const compiled = compileJsonSchema(schema, tokenizer);
      for (const written of [JSON.stringify(value), JSON.stringify(value, null, 2)]) {
        expect(accepts(compiled, tokenizer, written), written).toBe(true);
      }
    }),
    { numRuns: 150 },
  );
});

test("random walks through allowed tokens end in valid instances", { timeout: 240_000 }, () => {
  let ended = 0;
  fc.assert(
    fc.property(
      tree,
      fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
      (c, stream) => {
        const compiled = compileJsonSchema(c.schema, tokenizer);
        const written = randomText(compiled, tokenizer, () => stream.next().value ?? 0, 40);
        if (written === undefined) return;
        ended++;
        expect(isValid(JSON.parse(written), c.schema), written).toBe(true);
      },
    ),
    { numRuns: 150 },
  );
  expect(ended).toBeGreaterThan(75);
});

describe("keywords", () => {
  const check = (schema: unknown, yes: readonly unknown[], no: readonly unknown[]): void => {
    const compiled = compileJsonSchema(schema, tokenizer);
    for (const value of yes) {
      expect(accepts(compiled, tokenizer, JSON.stringify(value)), JSON.stringify(value)).toBe(true);
    }
    for (const value of no) {
      expect(accepts(compiled, tokenizer, JSON.stringify(value)), JSON.stringify(value)).toBe(
        false,
      );
    }
  };

  test("recursion through $ref", () => {
    const schema = {
      $ref: "#/$defs/node",
      $defs: {
        node: {
          type: "object",
          properties: {
            name: { type: "string" },
            next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] },
          },
          required: ["name", "next"],
          additionalProperties: false,
        },
      },
    };
    const end = { name: "c", next: null };
    check(schema, [end, { name: "a", next: { name: "b", next: end } }], [{ name: "a" }, 1]);
  });

  test("allOf merges, anyOf beside properties", () => {
    check(
      {
        allOf: [
          { type: "object", properties: { a: { type: "number", minimum: 2 } }, required: ["a"] },
          { type: "object", properties: { a: { type: "integer", maximum: 4 } } },
        ],
        anyOf: [
          { properties: { b: { const: 1 } }, required: ["b"] },
          { properties: { c: { const: 2 } }, required: ["c"] },
        ],
        additionalProperties: true,
      },
      [
        { a: 3, b: 1 },
        { a: 2, c: 2 },
        { a: 4, b: 1, z: [] },
      ],
      [{ a: 1, b: 1 }, { a: 5, c: 2 }, { a: 3 }, { a: 2.5, b: 1 }],
    );
  });

  test("additionalProperties and propertyNames", () => {
    check(
      {
        type: "object",
        properties: { id: { type: "integer" } },
        additionalProperties: { type: "string" },
        propertyNames: { pattern: "^[a-z]+$" },
      },
      [{}, { id: 1 }, { id: 1, x: "y" }, { x: "y", yy: "z" }],
      [{ id: "1" }, { x: 1 }, { X: "y" }],
    );
  });

  test("a schema of zod with all its forms", () => {
    const schema = z.object({
      name: z.string().min(1).max(20),
      age: z.int().min(0).max(150),
      email: z.email(),
      when: z.iso.datetime(),
      id: z.uuid(),
      link: z.url().optional(),
      scores: z.record(z.string(), z.number()),
      pair: z.tuple([z.string(), z.number()]),
      kind: z.discriminatedUnion("k", [
        z.object({ k: z.literal("x") }),
        z.object({ k: z.literal("y"), n: z.number().nullable() }),
      ]),
      sides: z.record(z.enum(["p", "q"]), z.number()),
    });
    const value = {
      name: 'Zoë "q"\n',
      age: 42,
      email: "a.b@c.org",
      when: "2024-02-29T10:00:00Z",
      id: "123e4567-e89b-42d3-a456-426614174000",
      link: "https://x.org/a?b#c",
      scores: { foo: 1.5e-7, bar: -3 },
      pair: ["hello", 1e21],
      kind: { k: "y", n: null },
      sides: { p: 1, q: 2 },
    };
    check(
      z.toJSONSchema(schema),
      [value],
      [
        { ...value, when: "2023-02-29T10:00:00Z" },
        { ...value, age: 151 },
        { ...value, kind: { k: "z" } },
        { ...value, extra: 1 },
      ],
    );
  });

  test.each([
    ["date", ["2024-02-29", "1999-12-31"], ["2023-02-29", "2024-13-01", "24-01-01"]],
    ["time", ["23:59:59Z", "00:00:00.5+02:00"], ["24:00:00Z", "12:00"]],
    ["date-time", ["2024-01-31T10:00:00Z"], ["2024-01-31", "2024-04-31T10:00:00Z"]],
    ["duration", ["P1D", "PT5M", "P1Y2M3DT4H", "P3W"], ["P", "PT", "P1M1Y", "1D"]],
    ["email", ["a@b.org", "x.y+z@sub.example.com"], ["a@b", "a..b@c.org", "@c.org"]],
    ["hostname", ["example.org", "a-b.c"], ["-a.org", "a..b"]],
    ["ipv4", ["0.0.0.0", "255.1.20.3"], ["256.1.1.1", "1.2.3", "01.2.3.4"]],
    ["ipv6", ["::", "::1", "1:2:3:4:5:6:7:8", "fe80::1:2", "1::"], ["1:2", ":::", "1::2::3"]],
    ["uuid", ["123e4567-e89b-12d3-a456-426614174000"], ["123e4567"]],
    ["uri", ["https://a.org/b?c=%20#d", "mailto:x@y.z"], ["a b", "//x"]],
  ])("format %s", (format, yes, no) => {
    check({ type: "string", format }, yes, no);
  });

  test("what is not supported is named with its place", () => {
    const at = (schema: unknown) => () => compileJsonSchema(schema, tokenizer);
    expect(at({ properties: { "a/b": { not: {} } } })).toThrow(
      'the schema at #/properties/a~1b: the keyword "not" is not supported; leave it out',
    );
    expect(at({ type: "string", format: "wine" })).toThrow('the format "wine" is not supported');
    expect(at({ $ref: "other.json" })).toThrow("is not of this schema");
    expect(at({ $ref: "#/$defs/no" })).toThrow("names nothing in the schema");
    const endless = { type: "object", properties: { a: { $ref: "#" } }, required: ["a"] };
    expect(at(endless)).toThrow("the schema at #/properties/a can never end");
    expect(at({ oneOf: [{ type: "string" }, { minLength: 2 }] })).toThrow("may both be valid");
    expect(at({ type: "integer", minimum: 3, maximum: 2 })).toThrow("has no valid instance");
    expect(at({ type: "array", minItems: -1 })).toThrow("minItems must be an integer");
    expect(at({ type: "string", pattern: "(?<=a)b" })).toThrow(
      "a lookbehind, which is not supported",
    );
    expect(at({ type: "thing" })).toThrow("type must be one or more of object");
    expect(at([])).toThrow("must be an object or a boolean");
  });

  test("any JSON object", () => {
    const compiled = compileJsonObject(tokenizer);
    const open = '{"a":['.repeat(40);
    const deep = `${open}0${"]}".repeat(40)}`;
    for (const yes of ["{}", '{"a": [1, "é\\n", {"b": null}]}', deep]) {
      expect(accepts(compiled, tokenizer, yes), yes).toBe(true);
    }
    for (const no of ["[]", "{,}", '{"a":1,}', '{"a":01}', '{"a":"\\ud800"}', "{  }"]) {
      expect(accepts(compiled, tokenizer, no), no).toBe(false);
    }
  });
});
