import { expect, test } from "vitest";
import { benchmarks } from "../../src/evaluate/index.ts";
import { runOnefold } from "./run-onefold.ts";

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
