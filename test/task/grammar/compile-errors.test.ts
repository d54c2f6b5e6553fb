/** What the compiler says of wrong instructions is how the parser's own message begins. */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { malformed } from "./malformed.ts";

const root = resolve(import.meta.dirname, "../../..");

/** Rules that types leave to run time. */
const runtimeOnly = ["[TEXT:a-b] -> [TEXT:y]", "[TEXT:__proto__] -> [TEXT:y]"];

const calls = [
  // a record and options that do not fit
  ['infer("[IMAGE:img] -> [TEXT:cap]", { image: "a.png" })', "'image' does not exist"],
  ['infer("[IMAGE:img] -> [TEXT:cap]", {})', "Property 'img' is missing"],
  ['infer("[IMAGE:img] -> [TEXT:cap]", { img: 3 })', "Type 'number' is not assignable"],
  ['infer("[TEXT:a] -> [TEXT:label,closed_set]", { a: "x" })', "Expected 3 arguments"],
  ['infer("[TEXT:a] -> [TEXT:label,closed_set]", { a: "x" }, {})', "'closedSet' is missing"],
  ['infer("[TEXT:a] -> [TEXT:b]", { a: "x" }, { closedSet: ["y"] })', "'undefined'"],
  ['image("img", { uncased: true })', "'uncased' does not exist"],
] as const;

let folder: string;
/** Messages of the compiler by line, from 1; lines that follow a message belong to it. */
const messages = new Map<number, string>();

beforeAll(() => {
  mkdirSync(join(root, ".onefold"), { recursive: true });
  folder = mkdtempSync(join(root, ".onefold/types-"));
  const head = [
    'import { type ArgsOf, type Checked, type DataOf, image, type OutputOf } from "../../src/task/index.ts";',
    "declare function infer<const I extends string>(instruction: Checked<I>, ...args: ArgsOf<I, { beams?: number }>): OutputOf<I>;",
    'declare module "../../src/task/index.ts" { interface ModalityMap { DEPTH: { in: 7; out: 8 } } }',
    'export const own: DataOf<"[DEPTH:d,far=2] -> [TEXT]"> = { d: 7 };',
    "declare function check<const I extends string>(instruction: Checked<I>): void;",
  ];
  const checks = malformed.map(([text]) => `check(${JSON.stringify(text)});`);
  const lines = [...head, ...calls.map(([call]) => call), ...checks];
  writeFileSync(join(folder, "wrong.ts"), lines.join("\n"));
  const config = {
    extends: "../../tsconfig.json",
    compilerOptions: { rootDir: "../.." },
    include: ["*.ts"],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const args = [tsc, "-p", folder, "--pretty", "false"];
  const { stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
  let line = 0;
  for (const message of stdout.split("\n")) {
    line = Number(/wrong\.ts\((\d+),/.exec(message)?.[1] ?? line);
    messages.set(line, `${messages.get(line) ?? ""}${message}\n`);
  }
  for (const [index, line] of head.entries()) expect(messages.get(index + 1), line).toBeUndefined();
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(calls.map(([call, message], index) => ({ call, message, line: 6 + index })))(
  "$call",
  ({ message, line }) => {
    expect(messages.get(line)).toContain(message);
  },
);

test.each(malformed.map(([text, , problem], index) => ({ text, problem, index })))(
  "$text",
  ({ text, problem, index }) => {
    const message = messages.get(6 + calls.length + index);
    if (runtimeOnly.includes(text)) return expect(message).toBeUndefined();
    const said = /parameter of type '"instruction error: (.*)"'\.$/m.exec(message ?? "")?.[1];
    expect(said, message).toBeDefined();
    const unescaped: string = JSON.parse(`"${said}"`);
    expect(problem.slice(0, unescaped.length)).toBe(unescaped);
  },
);
