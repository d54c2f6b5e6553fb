/** `onefold sage train-qual` and `train-gen` as a user runs them. */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sage } from "../../src/evaluate/index.ts";
import { inventedItems, writeInvented } from "../evaluate/sage/invented.ts";
import { makeTinyBase } from "../evaluate/sage/tiny-base.ts";
import { runOnefold } from "./run-onefold.ts";

const folder = mkdtempSync(join(tmpdir(), "onefold-sage-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const [type] = sage.chooseTypes("facts", ["restatement"]) as [sage.KnownType];
const rows = inventedItems(4).map(({ id, ...source }, i) => ({
  id,
  variant: {
    ...sage.jsonNotation.read(writeInvented(type.id, source)),
    type: type.id,
    src_id: id,
    source,
  },
  labels: { type_ok: 1, label_ok: i % 2, unique_ok: 1 },
  annotator: "ada",
}));
const labels = join(folder, "labels.jsonl");
writeFileSync(labels, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));

const sets = ["data.max_length=600", "dtype=f32", "train.threads=1"].flatMap((set) => [
  "--set",
  set,
]);
const common = ["--seed", labels, ...sets, "--json"];
let base: string[] = [];
beforeAll(async () => {
  base = ["--base", await makeTinyBase(folder)];
}, 60_000);

const eventsOf = (stdout: string) =>
  stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

it("trains a verifier, then a generator whose reward it is", async () => {
  const qual = join(folder, "qual");
  const first = await runOnefold([
    "sage",
    "train-qual",
    ...common,
    ...base,
    "--out",
    qual,
    "--steps",
    "1",
    "--reason-weight",
    "0",
  ]);
  expect(first.stderr).toBe("");
  const events = eventsOf(first.stdout);
  expect(events.map(({ event }) => event)).toEqual(["plan", "step", "done"]);
  expect(events.at(-1)).toMatchObject({ model: join(qual, "final"), agreement: { variants: 1 } });
  expect(existsSync(join(qual, "final", "sage.json"))).toBe(true);

  const gen = join(folder, "gen");
  const rl = [
    "--rl",
    "gspo",
    "--reward",
    join(qual, "final"),
    "--steps",
    "1",
    "--prompts",
    "1",
    "--answers",
    "2",
  ];
  const args = [
    "sage",
    "train-gen",
    ...common,
    ...base,
    "--out",
    gen,
    "--supervised-steps",
    "1",
    "--max-tokens",
    "8",
    ...rl,
  ];
  const second = await runOnefold(args);
  expect(second.stderr).toBe("");
  const told = eventsOf(second.stdout);
  expect(told.map(({ event }) => event)).toEqual([
    ...["warning", "warning", "stage", "plan", "step"],
    ...["stage", "validity", "plan", "step", "validity", "done"],
  ]);
  expect(told[0].text).toContain("start from the same weights");
  expect(told.at(-1)).toMatchObject({ model: join(gen, "final"), seeds: 1 });
}, 120_000);

it.each([
  [["train-gen", "--rl", "gspo"], 2, "--rl and --reward go together"],
  [["train-gen", "--rl", "ppo"], 2, "give gspo or grpo"],
  [["train-qual", "--seed", "none.jsonl"], 1, "none.jsonl: holds no labels"],
  [["train-qual", "--base", join(folder, "no-model")], 1, "no-model"],
  [["train-qual", "--set", "train.stps=3"], 1, 'did you mean "train.steps"?'],
])("refuses %j in one sentence", async ([name, ...args], code, sentence) => {
  const out = join(folder, "refused");
  const found = await runOnefold(["sage", name!, ...common, ...base, "--out", out, ...args]);
  expect(found).toMatchObject({ code, stdout: "" });
  expect(found.stderr).toContain(sentence);
  expect(found.stderr.trim().split("\n")).toHaveLength(1);
});
