/** `onefold data` as a user runs it. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { root, runOnefold } from "./run-onefold.ts";

const folder = mkdtempSync(join(tmpdir(), "onefold-data-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const user = { role: "user", content: "2 + 2?" };
const answer = { role: "assistant", content: "4" };
const write = (name: string, rows: readonly object[]): string => {
  const file = join(folder, name);
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return file;
};
const good = write("good.jsonl", [
  { messages: [user, answer], channel: "sums" },
  { messages: [user, answer, user, answer] },
]);
const bad = write("bad.jsonl", [
  { messages: [user, answer] },
  { messages: [{ ...user, role: "human" }, answer] },
  { messages: [user, { role: "tool", content: "4" }, answer] },
  { messages: [user, { ...answer, content: "" }] },
]);
const model = join(root, "models/onefold-mini");

it("counts rows, kinds and tokens of good data", async () => {
  const { code, stdout, stderr } = await runOnefold(["data", "check", good, "--model", model]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  // The template drops the thinking block of earlier answers: the second row makes two.
  expect(stdout).toMatch(/^rows +2\n +messages +2\n +channel sums +1\nsequences +3\n/);
  expect(stdout).toMatch(/supervised +[\d.]+ %\n/);
  expect(stdout).toMatch(/problems +0\n\nup to 64 tokens +3 {2}#+\n$/);
}, 120_000);

it("names every bad row by file, line, field and rule, and fails", async () => {
  const { code, stdout } = await runOnefold(["data", "check", bad]);
  expect(code).toBe(1);
  expect(stdout).toContain(
    `${bad}:2: messages[0].role must be one of system, user, assistant, tool`,
  );
  expect(stdout).toContain(`${bad}:3: messages[1] answers no call`);
  expect(stdout).toContain(`${bad}:4: messages[1].content is blank`);
  expect(stdout).toMatch(/\(rule: empty\)\n$/);
  const cut = await runOnefold(["data", "check", bad, "--limit", "1"]);
  expect(cut.stdout).toMatch(/\(rule: role\)\nand 2 more; --limit shows them\n$/);
  const json = await runOnefold(["data", "check", bad, "--json", "--kind", "messages"]);
  expect(json.code).toBe(1);
  const report = JSON.parse(json.stdout);
  expect(report).toMatchObject({ rows: 4, kinds: { messages: 1 }, problemCount: 3 });
  expect(report.problems[0]).toMatchObject({
    file: bad,
    line: 2,
    field: "messages[0].role",
    rule: "role",
    fix: "write user",
  });
}, 120_000);

it("refuses what the model's template or length refuses", async () => {
  const long = write("long.jsonl", [
    { messages: [{ ...user, content: "why? ".repeat(400) }, answer] },
    {
      messages: [user, { role: "assistant", tool_calls: [{ name: "add", arguments: {} }] }],
      tools: [{}],
    },
  ]);
  const args = ["data", "check", long, "--model", model, "--max-length", "100"];
  const { code, stdout } = await runOnefold(args);
  expect(code).toBe(1);
  expect(stdout).toContain(":1: has nothing to learn: the answer starts after 100 tokens");
  expect(stdout).toMatch(/:2: .*onefold-mini has no tools.*\(rule: template\)/);
}, 120_000);

it("names rows that repeat a test set", async () => {
  const text = "one two three four five six seven eight nine ten eleven";
  const [mine, test] = [write("mine.jsonl", [{ text }]), write("test.jsonl", [{ text }])];
  const { code, stdout } = await runOnefold(["data", "check", mine, "--test-set", `t=${test}`]);
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /mine\.jsonl:1: repeats the test set t: "one two .* ten"; leave the row out/,
  );
  const wrong = await runOnefold(["data", "check", mine, "--test-set", test]);
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain("expected NAME=FILE");
}, 120_000);

it("prints the schema, and says what follows it", async () => {
  const { stdout } = await runOnefold(["data", "schema"]);
  const schema = JSON.parse(stdout);
  expect(schema.anyOf.map(({ title }: { title: string }) => title)).toEqual([
    "messages",
    "completion",
    "preference",
    "unpaired",
    "text",
    "repository",
    "reward",
  ]);
  const one = await runOnefold(["data", "schema", "--kind", "text", "--json"]);
  expect(JSON.parse(one.stdout).required).toEqual(["text"]);
  for (const [args, message] of [
    [["data"], "onefold: onefold data needs check or schema after it, found nothing\n"],
    [["data", "chek"], "onefold: onefold data needs check or schema after it, found 'chek'\n"],
    [["data", "check", "--kin"], "onefold: unknown option '--kin'; did you mean --kind?\n"],
  ] as const) {
    expect(await runOnefold(args)).toEqual({ code: 2, stdout: "", stderr: message });
  }
}, 120_000);
