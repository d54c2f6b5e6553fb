/** Figures as pictures for models that see. */

import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { imageOf, openImage } from "../../../src/evaluate/image.ts";
import {
  createLocalModel,
  createTasks,
  evaluate,
  type MathOpItem,
  mathOpTask,
} from "../../../src/evaluate/index.ts";

const item = (id: string, reference: string): MathOpItem => ({
  id,
  figure: "bar",
  operation: "MCG",
  level: "made",
  instruction: "Write the program that draws it.",
  options: [],
  answer: -1,
  reference,
});

test("a model that sees is shown what the program draws, in its colours", async () => {
  const program = "import matplotlib.pyplot as plt\nplt.bar(['a'], [3], color='red')\nplt.show()\n";
  const items = [item("red", program), item("none", "x = 1 +")];
  const task = mathOpTask({ items, format: "free", figure: "image" });
  expect(task.shows).toEqual(["image"]);
  const prompts: unknown[] = [];
  const out = await mkdtemp(join(tmpdir(), "onefold-picture-"));
  const model = {
    name: "seeing",
    identity: "seeing",
    sees: ["image"] as const,
    concurrency: 1,
    generate: async (requests: readonly { prompt: unknown }[]) => {
      prompts.push(...requests.map(({ prompt }) => prompt));
      const text = `\`\`\`python\n${program}\`\`\``;
      return requests.map(() => ({
        text,
        finishReason: "stop" as const,
        promptTokens: 1,
        completionTokens: 1,
      }));
    },
    usage: () => ({ requests: 0, promptTokens: 0, completionTokens: 0, retries: 0 }),
    [Symbol.dispose]() {},
  };
  const [result] = (await evaluate({ model, tasks: [task], out })).results;
  expect(result).toMatchObject({ scored: 1, failed: 1 });
  expect(result!.failures[0]!.error).toBe("its program draws no figure to show");
  expect(result!.metrics.find(({ name }) => name === "success")!.scoredValue).toBe(1);
  const [[message]] = prompts as [[{ content: Parameters<typeof imageOf>[0][] }]];
  const [before, shown, after] = message.content;
  expect([before!.text, after!.text]).toEqual([
    "Figure:\n",
    "\nWrite the program that draws it.\nAnswer with one complete Python program between fences.",
  ]);
  const { width, height, data } = await openImage(imageOf(shown!)!);
  expect([width, height]).toEqual([480, 360]);
  const pixel = (x: number, y: number) => [...data.subarray(3 * (y * width + x)).subarray(0, 3)];
  expect(pixel(width / 2, height / 2)).toEqual([255, 0, 0]);
  expect(pixel(2, 2)).toEqual([255, 255, 255]);
});

test("the default task model is shown figures; letters are asked of no picture", async () => {
  using model = await createLocalModel("models/onefold-generalist");
  const tasks = await createTasks("mathopeval-free:figure=image:items=1");
  const out = await mkdtemp(join(tmpdir(), "onefold-picture-"));
  const [result] = (await evaluate({ model, tasks, out, limit: 1 })).results;
  expect(result).toMatchObject({ scored: 1, failed: 0 });
  await expect(createTasks("mathopeval-choice:figure=image")).rejects.toThrow(
    "mathopeval-choice: images need generate_until",
  );
});
