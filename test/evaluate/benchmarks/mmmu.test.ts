/** Rows are invented, in the published format (reference/benchmark_tables.py). */

import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  createLocalModel,
  createTasks,
  type EvalModel,
  evaluate,
} from "../../../src/evaluate/index.ts";
import { scoreOf } from "./ask.ts";

const data = "test/fixtures/evaluate/hub";
const folder = () => mkdtemp(join(tmpdir(), "onefold-mmmu-"));

interface Part {
  readonly text?: string;
  readonly image?: { readonly name: string };
}

/** Answers in turn, and keeps what it is shown. */
function seeing(...answers: readonly string[]) {
  const shown: (readonly Part[])[] = [];
  const model: EvalModel = {
    name: "seeing",
    identity: "seeing",
    sees: ["image"],
    concurrency: 1,
    async generate(requests) {
      return requests.map(({ prompt }) => {
        const [message] = prompt as readonly { content: readonly Part[] }[];
        const text = answers[shown.length]!;
        shown.push(message!.content);
        return { text, finishReason: "stop", promptTokens: 1, completionTokens: 1 };
      });
    },
    usage: () => ({ requests: 0, promptTokens: 0, completionTokens: 0, retries: 0 }),
    [Symbol.dispose]() {},
  };
  return { model, shown };
}

test("MMMU: lm-evaluation-harness's prompts, images in their places, scores by hand", async () => {
  const answers = ["A", "It shows the same, I would say.", "about 2.50", "so [0, 1) ."];
  const { model, shown } = seeing(...answers);
  const tasks = await createTasks("mmmu", { data });
  const out = await folder();
  const [result] = (await evaluate({ model, tasks, out, limit: 4 })).results;
  const { prompts } = JSON.parse(await readFile("test/fixtures/evaluate/mmmu.json", "utf8")) as {
    prompts: [id: string, text: string, images: string[]][];
  };
  expect(prompts).toHaveLength(4);
  for (const [i, [, text, images]] of prompts.entries()) {
    expect(shown[i]!.map((part) => part.text ?? "<image>").join("")).toBe(text);
    const names = shown[i]!.flatMap(({ image }) => image?.name ?? []);
    expect(names.map((name) => `${name.replace("image_", "")}.png`)).toEqual(images);
  }
  // The second answer names neither of two options.
  expect(scoreOf(result!, "acc")).toBe(3 / 4);
  expect(scoreOf(result!, "acc_guessed")).toBe(3.5 / 4);
  const groups = result!.groups.map(({ tag, value, metrics }) => [tag, value, metrics[0]!.value]);
  expect(groups).toEqual([
    ["discipline", "Art and Design", 1 / 2],
    ["discipline", "Business", 1],
    ["subject", "Art", 1 / 2],
    ["subject", "Economics", 1],
  ]);
  const journal = await readFile(join(out, "journal/mmmu.jsonl"), "utf8");
  const [, first] = journal.split("\n").map((line) => line && JSON.parse(line));
  expect(first).toMatchObject({
    id: "validation_Art_1",
    doc: {
      options: ["red", "it's blue"],
      answers: ["A"],
      images: [{ name: "image_1", sha256: expect.stringMatching(/^[\da-f]{64}$/), bytes: 75 }],
    },
  });
  expect(journal).not.toContain("iVBOR");
});

test("MMMU: rows that cannot be asked are failed items, each with its reason", async () => {
  const tasks = await createTasks("mmmu:subject=Math", { data });
  using model = await createLocalModel("models/onefold-generalist");
  const [result] = (await evaluate({ model, tasks, out: await folder() })).results;
  expect(result).toMatchObject({ requested: 13, scored: 0, failed: 13 });
  const row = (n: number) => `data/mmmu/Math/validation-00000-of-00001.parquet:${n}: `;
  const reasons = result!.failures.map(({ error }) => error.replace(/^test.*?\/hub/, "data"));
  const expected = [
    `${row(1)}"image_2" must hold an image's bytes, found `,
    `${row(2)}"image_8" must hold an image's bytes, found `,
    `${row(3)}"answer" is "C", expected one of A, B`,
    `${row(4)}"options" is no list of texts: expected "[" at character 0, found "__import__('"`,
    `${row(5)}"options" is no list of texts: expected a quoted text at character 1, found "1, 2]"`,
    `${row(6)}has 10 options, expected 1 to 9`,
    `${row(7)}has 0 options, expected 1 to 9`,
    `${row(8)}"question_type" is "essay", expected multiple-choice or open`,
    `${row(9)}"answer" is no list of texts: expected a quoted text at character 8, found "3]"`,
    `${row(10)}"image_1" must hold an image's bytes, found `,
    "image_1: ",
    "image_1: begins with 6e 6f 20 69, which is no image that can be read",
    `${row(13)}shows 65 images, more than 64`,
  ];
  for (const [i, start] of expected.entries())
    expect(reasons[i]!.slice(0, start.length)).toBe(start);
});

test("MMMU: splits, subjects and examples that there are not", async () => {
  const [dev] = await createTasks("mmmu:split=dev", { data });
  const ids: string[] = [];
  for await (const { id } of dev!.items()) ids.push(id);
  expect(ids).toEqual(["dev_Art_1"]);
  const refused: [string, string][] = [
    ["mmmu:split=test", 'split is "test", expected validation or dev'],
    ["mmmu:subject=Maths", "did you mean Math?"],
    ["mmmu:subject=Music", "no file of Music beside"],
  ];
  for (const [name, problem] of refused) {
    await expect(createTasks(name, { data })).rejects.toThrow(problem);
  }
  await expect(createTasks("mmmu", { data, fewshot: 2 })).rejects.toThrow("leave out --fewshot");
});
