import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { benchmarks } from "../../src/evaluate/index.ts";
import { answerOf, serveAnswers } from "../evaluate/serve-answers.ts";
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

test("a run with failures says so in its first line and exit code; the same command mends it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "onefold-cli-eval-"));
  const rows = ['{"q": "1", "a": "yes"}', '{"q": "2", "a": "yes"}', '{"q": "3"', '{"q": "4"}'];
  const file = join(folder, "rows.jsonl");
  await writeFile(file, rows.join("\n"));
  const yaml = "task: rows\ndataset_path: rows.jsonl\ndoc_to_text: q\ndoc_to_target: a\n";
  await writeFile(join(folder, "rows.yaml"), yaml);
  let isUp = false;
  using endpoint = await serveAnswers(({ text }, response) => {
    response.end(isUp || text === "1" ? answerOf("yes") : "{}");
  });
  const out = join(folder, "run");
  const task = join(folder, "rows.yaml");
  const run = (...more: string[]) =>
    runOnefold([
      "eval",
      "--model",
      "m",
      "--endpoint",
      endpoint.url,
      "--tasks",
      task,
      "--out",
      out,
      ...more,
    ]);
  const broken = await run();
  expect(broken.code).toBe(1);
  const [first, ...others] = broken.stdout.split("\n");
  expect(first).toBe("incomplete: 3 items failed");
  const told = others.join("\n");
  expect(told).toMatch(/exact_match,none +0\.2500/); // failed items are wrong
  expect(told).toContain("rows 1: m answered without a text in choices[0]");
  expect(told).toContain("rows.jsonl:3: is not JSON: it ends too early");
  expect(told).toContain('rows 3: rows.yaml: doc_to_target: no value for "a"; the row has q');
  const json = await run("--json");
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({
    is_complete: false,
    failures: { rows: { failed: 3 } },
  });
  isUp = true;
  await writeFile(file, [...rows.slice(0, 2), '{"q": "3", "a": "yes"}'].join("\n"));
  const mended = await run();
  expect(mended.code).toBe(0);
  expect(mended.stdout).not.toContain("incomplete");
  const journal = (await readFile(join(out, "journal", "rows.jsonl"), "utf8")).trim().split("\n");
  expect(journal.filter((line) => line.includes('"id":"0"'))).toHaveLength(1); // asked once in all
});
