import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runOnefold } from "./run-onefold.ts";
import { createTinyModel, type TinyModel } from "./tiny-model.ts";

let model: TinyModel;
beforeAll(async () => {
  model = await createTinyModel();
});
afterAll(() => model[Symbol.dispose]());

const messages = [{ role: "user", content: "你好" }];
const rendered = "<|im_start|>user\n你好<|im_end|>\n<|im_start|>assistant\n";

test("a file gives the prompt, to the byte", async () => {
  const file = join(model.folder, "chat.json");
  writeFileSync(file, JSON.stringify({ messages }));
  const args = ["template", model.folder, "--conversation", file];
  expect(await runOnefold(args)).toEqual({ code: 0, stdout: rendered, stderr: "" });
});

test("standard input and --json, with thinking off", async () => {
  const input = JSON.stringify({ messages, enable_thinking: false });
  const { code, stdout } = await runOnefold(["template", model.folder, "--json"], { input });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ prompt: `${rendered}<think>\n\n</think>\n\n` });
});

test.each([
  ["{", "invalid JSON"],
  ["{}", "messages"],
  ['{"messages": [{"role": "user"}]}', "content"],
])("the conversation %j is refused in one sentence", async (input, named) => {
  const { code, stdout, stderr } = await runOnefold(["template", model.folder], { input });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^onefold: [^\n]+\n$/);
  expect(stderr).toContain(named);
});
