/** `onefold sage label` and `onefold sage agreement` as a user runs them. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readLabels } from "../../src/evaluate/sage/index.ts";
import { jsonLines, temporaryFolder, variantRow, verdict } from "../evaluate/sage/variants.ts";
import { runOnefold } from "./run-onefold.ts";

/** A folder with four variants of two items, and a way to label them by keys. */
function variantsFolder() {
  const dir = temporaryFolder();
  const file = join(dir, "variants.jsonl");
  const out = join(dir, "labels.jsonl");
  const scores = [0.9, 0.2, 0.8, 0.7];
  writeFileSync(file, jsonLines(scores.map((score, i) => variantRow(i, verdict(score, 1, 1)))));
  const label = (annotator: string, input: string, ...more: string[]) =>
    runOnefold(["sage", "label", "--in", file, "--out", out, "--annotator", annotator, ...more], {
      input,
    });
  return { file, out, label };
}

it("labels by keys, hides the claimed answer, goes back, and goes on later", async () => {
  const { out, label } = variantsFolder();
  // v0: the label cannot be judged unseen; the third key replaces the second by u.
  // v1: is begun, left by u, and v0 is judged again; s skips v1.
  const first = await label("ada", "y y c n u y n\n u y c y y s\n");
  expect(first.code).toBe(0);
  expect(first.stdout).toContain("answer the question yourself first");
  expect(first.stdout).toMatch(
    /v0, negation\nAsks for what is NOT so.*\nsource: Which is 0\?\n {2}\* 0\n {4}1\nvariant: Which/,
  );
  const [before, behind] = first.stdout.split("claimed answer: B");
  expect(before).not.toContain("claimed answer: ");
  expect(behind).toContain("Is the claimed answer right?");
  expect(first.stdout).toMatch(/1 labelled, 3 of 4 left\n$/);
  expect(await readLabels(out)).toMatchObject([
    { id: "v0", annotator: "ada", labels: { type: true, label: true, unique: true } },
  ]);
  // The next sitting asks for the others alone.
  const second = await label("ada", "nyy yyy q", "--show-answers");
  expect(second.stdout).toMatch(/--- 1 of 3: v1, negation/);
  expect(second.stdout).toMatch(/2 labelled, 1 of 4 left\n$/);
  const bob = await label("bob", "yyn", "--show-answers", "--limit", "1", "--json");
  expect(JSON.parse(bob.stdout)).toEqual({ file: out, annotator: "bob", labelled: 1, left: 3 });
});

it("tells how far verifier and people agree", async () => {
  const { file, out, label } = variantsFolder();
  await label("ada", "yyy yyy yyy nyy", "--show-answers");
  await label("bob", "yyy nyy", "--show-answers");
  const { code, stdout } = await runOnefold(["sage", "agreement", out, "--samples", "20"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ada: 4 labelled, [\d.]+ s each\nbob: 2 labelled/);
  expect(stdout).toContain("verifier against ada: 4 variants of 2 source items");
  expect(stdout).toMatch(/\nprecision +0\.667 \[0\.500, 1\.000\]/);
  expect(stdout).toMatch(/bob against ada: 2 variants of 1 source items\n +type/);
  expect(stdout).toMatch(/alpha of all annotators: type 0\.000/);
  const { stdout: json } = await runOnefold([
    "sage",
    "agreement",
    out,
    "--variants",
    file,
    "--tau",
    "0.75",
    "--samples",
    "0",
    "--json",
  ]);
  const { comparisons } = JSON.parse(json) as {
    comparisons: { reference: string; of: { valid: { recall: { value: number } } } }[];
  };
  expect(comparisons.map(({ reference }) => reference)).toEqual(["ada", "bob", "majority", "ada"]);
  expect(comparisons[0]!.of.valid.recall.value).toBeCloseTo(2 / 3, 12);
});

it("says what is wrong", async () => {
  const { file, out, label } = variantsFolder();
  const named = await label("verifier", "");
  expect([named.code, named.stderr]).toEqual([
    2,
    "onefold: --annotator: expected a name other than verifier and majority\n",
  ]);
  const none = await runOnefold(["sage", "agreement", out]);
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("holds no labels")]);
  writeFileSync(file, jsonLines([variantRow(0, { label: 5 })]));
  const bad = await label("ada", "");
  expect(bad.stderr).toBe(
    `onefold: ${file}:1: label: expected the index of one of 2 choices, found 5\n`,
  );
});
