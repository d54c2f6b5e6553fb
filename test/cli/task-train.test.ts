import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { presets } from "../../src/task/index.ts";
import { runOnefold } from "./run-onefold.ts";

let folder: string;
const file = (name: string): string => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "onefold-task-train-"));
  const config = (steps: string) => `
model: {body: ofa, width: 32, layers: 1, heads: 2, vocabulary: 300}
tasks: [{preset: nlu, generated: {size: 8}}, {preset: text-infilling, generated: {size: 8}}]
train: {${steps}: 2, threads: 1}
eval: {limit: 2}
output: run`;
  writeFileSync(file("good.yaml"), config("steps"));
  writeFileSync(file("bad.yaml"), config("step"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("train shows its tasks and scores, goes on, and tells all of it as JSON", async () => {
  const first = await runOnefold(["task", "train", file("good.yaml")]);
  expect(first.stderr).toMatch(/^ofa of \d+ tokens; tasks:\n {2}nlu +is the sentiment/);
  expect(first.stderr).toMatch(
    /\ntask +metric +value +records\nnlu +accuracy +[\d.]+ +2\ntext-infilling +bleu +[\d.]+ +2\n$/,
  );
  expect(first).toMatchObject({ code: 0, stdout: `${file("run/final")}\n` });

  const args = ["task", "train", file("good.yaml"), "--json", "--set", "train.steps=3"];
  const second = await runOnefold(args);
  const events = second.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(events.map(({ event }) => event)).toEqual(["plan", "start", "step", "done"]);
  const [plan, start, step, done] = events;
  expect(plan).toMatchObject({ body: "ofa", parts: [], tasks: [{ name: "nlu", weight: 1 }, {}] });
  expect(start.step).toBe(2);
  expect(Object.keys(step.metrics as object)).toEqual(["loss/nlu", "loss/text-infilling"]);
  expect(done).toMatchObject({
    step: 3,
    model: file("run/final"),
    scores: [{ task: "nlu" }, { task: "text-infilling" }],
  });
});

test("a wrong key is one sentence with the nearest one; help has every option", async () => {
  const [bad, help] = await Promise.all([
    runOnefold(["task", "train", file("bad.yaml")]),
    runOnefold(["task", "train", "--help"]),
  ]);
  expect(bad.code).toBe(1);
  expect(bad.stderr).toBe(
    `onefold: ${file("bad.yaml")}: unknown key "train.step"; did you mean "train.steps"?\n`,
  );
  expect(help.stdout).toMatch(/ {2}model\.image\.size +pixels .* \(32\)\n/);
  expect(help.stdout).toMatch(/Options of each task:\n {2}preset +an example task/);
});

test("list prints the presets, as text and as JSON", async () => {
  const [text, json] = await Promise.all([
    runOnefold(["task", "list"]),
    runOnefold(["task", "list", "--json"]),
  ]);
  const listed = JSON.parse(json.stdout) as Record<string, unknown>[];
  expect(listed.map(({ name }) => name)).toEqual(presets.map(({ name }) => name));
  expect(listed[4]).toMatchObject({
    number: 5,
    metric: "accuracy",
    data: expect.stringMatching(/ImageNet/),
  });
  for (const { name } of presets) expect(text.stdout).toContain(`${name}  `);
  expect(text.stdout).toContain("  [IMAGE:img] what does the image describe? -> [TEXT:cap]\n");
});
