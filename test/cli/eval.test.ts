import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { benchmarks } from "../../src/evaluate/index.ts";
import { root, runOnefold } from "./run-onefold.ts";

test("eval lists its benchmarks, and refuses names it does not know with the nearest", async () => {
  const [list, typo, bare] = await Promise.all([
    runOnefold(["eval", "--list", "--json"]),
    runOnefold(["eval", "--model", "models/onefold-mini", "--tasks", "mmul"]),
    runOnefold(["eval", "--tasks", "mmlu"]),
  ]);
  const names = (JSON.parse(list.stdout) as { name: string }[]).map(({ name }) => name);
  expect(names).toEqual(benchmarks.map(({ name }) => name));
  expect(typo).toMatchObject({ code: 1, stdout: "" });
  expect(typo.stderr).toContain('no benchmark is called "mmul"; did you mean mmlu?');
  expect(bare).toMatchObject({ code: 2, stdout: "" });
  expect(bare.stderr).toContain("--model is missing");
});

test("eval shows images to models that see, and refuses others by name", async () => {
  const data = "test/fixtures/evaluate/hub";
  const out = await mkdtemp(join(tmpdir(), "onefold-eval-images-"));
  const mmmu = ["eval", "--tasks", "mmmu", "--data", join(root, data), "--out", out, "--model"];
  const [seeing, blind, idle] = await Promise.all([
    runOnefold([...mmmu, "models/onefold-generalist", "--limit", "2", "--json"]),
    runOnefold([...mmmu, "models/onefold-mini"]),
    runOnefold([...mmmu, "models/onefold-mini", "--sees", "image"]),
  ]);
  const { results, tags } = JSON.parse(seeing.stdout) as {
    results: { mmmu: object };
    tags: { mmmu: object[] };
  };
  expect(results.mmmu).toMatchObject({ sample_len: 2, "acc,none": expect.any(Number) });
  expect(tags.mmmu).toMatchObject([
    { tag: "discipline", value: "Art and Design", scored: 2 },
    { tag: "subject", value: "Art", scored: 2 },
  ]);
  expect(blind).toMatchObject({ code: 1, stdout: "" });
  expect(blind.stderr).toContain("mmmu shows images, which models/onefold-mini does not take");
  expect(idle).toMatchObject({ code: 2, stdout: "" });
  expect(idle.stderr).toContain("--sees is for --endpoint");
});
