import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  benchmarks,
  createLocalModel,
  createTasks,
  evaluate,
} from "../../../src/evaluate/index.ts";

test("the page lists the benchmarks that there are, each with what it reads", async () => {
  const page = await readFile("docs/evaluate.md", "utf8");
  const rows = [...page.matchAll(/^\| `([\w-]+)` \| (.+) \| (.+) \|$/gm)].filter(([, name]) =>
    benchmarks.some((each) => each.name === name),
  );
  const cells = rows.map(([, name, measures, files]) => [
    name,
    measures,
    files!.replaceAll("`", ""),
  ]);
  expect(cells).toEqual(
    benchmarks.map(({ name, measures, files }) => [name, measures, files ?? "makes its own data"]),
  );
});

test("names and settings that are not known get the nearest one", async () => {
  await expect(createTasks("mmul")).rejects.toThrow("did you mean mmlu?");
  await expect(createTasks("xyzzy")).rejects.toThrow("those that are: mmlu");
  await expect(createTasks("mmlu:level=1")).rejects.toThrow('no setting "level"');
  await expect(createTasks("mmlu")).rejects.toThrow("--data");
  const empty = await mkdtemp(join(tmpdir(), "onefold-none-"));
  await expect(createTasks("mmlu", { data: empty })).rejects.toThrow("onefold eval --list");
});

test("MMLU from the published CSV files: examples of its subject, answers outside options fail", async () => {
  const data = await mkdtemp(join(tmpdir(), "onefold-mmlu-"));
  const write = async (name: string, rows: string[]) => {
    await mkdir(join(data, "mmlu/data", name, ".."), { recursive: true });
    await writeFile(join(data, "mmlu/data", name), `${rows.join("\n")}\n`);
  };
  // Invented rows, in the format of the published files.
  await write("dev/high_school_sums_dev.csv", [
    '"Two, and one more?",1,2,3,4,C',
    "1 + 1?,1,2,3,4,B",
  ]);
  await write("dev/colours_dev.csv", ["Grass?,red,green,blue,black,B"]);
  await write("test/high_school_sums_test.csv", ["2 + 2?,1,2,3,4,D", "2 + 0?,1,2,3,4,E"]);
  await write("test/colours_test.csv", ["Sky?,red,green,blue,black,C", "Coal?,red,green"]);
  using model = await createLocalModel("models/onefold-mini");
  const tasks = await createTasks("mmlu", { data, fewshot: 1 });
  const { results, isComplete } = await evaluate({ model, tasks, out: join(data, "run") });
  expect(isComplete).toBe(false);
  expect(results[0]).toMatchObject({ requested: 4, scored: 2, failed: 2 });
  expect(results[0]!.failures.map(({ id }) => id)).toEqual(["colours/1", "high_school_sums/1"]);
  expect(results[0]!.failures[1]!.error).toContain('"answer" is "E", expected one of A, B, C, D');
  const journal = await readFile(join(data, "run/journal/mmlu.jsonl"), "utf8");
  const record = journal.split("\n").find((line) => line.includes('"high_school_sums/0"'))!;
  const [asked] = (JSON.parse(record) as { asked: { context: string; argument: string }[] }).asked;
  expect(asked).toMatchObject({
    context:
      "The following are multiple choice questions (with answers) about high school sums.\n\n" +
      "Two, and one more?\nA. 1\nB. 2\nC. 3\nD. 4\nAnswer: C\n\n" +
      "2 + 2?\nA. 1\nB. 2\nC. 3\nD. 4\nAnswer:",
    argument: " A",
  });
});
