/** Chats about files over OpenAI's API, with the generalist. */

import { resolve } from "node:path";
import type OpenAI from "openai";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadLanguageModel } from "../../src/generate/language-model.ts";
import { encodePng, encodeWav } from "../../src/media/index.ts";
import { createRandom } from "../../src/nn/random.ts";
import type { ModelSource } from "../../src/serve/index.ts";
import { dataUrl } from "../../src/serve/tasks/data-url.ts";
import { ask, loadTaskModel, type TaskModel } from "../../src/task/index.ts";
import { referScenes } from "../../src/task/worlds/index.ts";
import { mini, startTest } from "./support.ts";

type Messages = OpenAI.ChatCompletionMessageParam[];
type Parts = OpenAI.ChatCompletionContentPart[];

const folder = resolve(import.meta.dirname, "../../models/onefold-generalist");
const source: ModelSource = {
  name: "sees",
  load: () => loadLanguageModel(folder),
  loadTasks: () => loadTaskModel(folder),
};
const { image, phrase } = referScenes(createRandom(3), "train");
const QUESTION = `what color is ${phrase}?`;

let server: Awaited<ReturnType<typeof startTest>>;
let direct: TaskModel;
let picture: OpenAI.ChatCompletionContentPartImage;

beforeAll(async () => {
  server = await startTest([source, mini]);
  direct = await loadTaskModel(folder);
  const url = dataUrl("image/png", await encodePng(image));
  picture = { type: "image_url", image_url: { url } };
});
afterAll(async () => {
  direct[Symbol.dispose]();
  await server.close();
});

const user = (...content: Parts): Messages[number] => ({ role: "user", content });
const said = (text: string): Parts[number] => ({ type: "text", text });

const reply = (messages: Messages, more: object = {}) =>
  server.client.chat.completions.create({ model: "sees", messages, ...more });

async function expected(text: string): Promise<string> {
  const answer = await ask(direct, { image, text });
  if (answer.kind === "box") return `[${answer.box.map(Math.round).join(", ")}]`;
  return answer.kind === "text" ? answer.text : "";
}

it("answers about a picture what the task model answers, and counts text", async () => {
  const { choices, usage, model } = await reply([user(said(QUESTION), picture)]);
  expect(choices[0]?.message.content).toBe(await expected(QUESTION));
  expect(choices[0]?.finish_reason).toBe("stop");
  expect(model).toBe("sees");
  expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0));
  expect(usage?.completion_tokens).toBeGreaterThan(0);
});

it("captions where nothing is asked, and tells boxes by their corners", async () => {
  const caption = await reply([user(picture)]);
  expect(caption.choices[0]?.message.content).toBe(await expected(""));
  const box = await reply([user(picture, said(`where is ${phrase}?`))]);
  expect(box.choices[0]?.message.content).toBe(await expected(`where is ${phrase}?`));
  expect(box.choices[0]?.message.content).toMatch(/^\[\d+, \d+, \d+, \d+\]$/);
});

it("goes on about the file of an earlier turn", async () => {
  const { choices } = await reply([
    user(picture, said("what is in the picture?")),
    { role: "assistant", content: "shapes" },
    { role: "user", content: QUESTION },
  ]);
  expect(choices[0]?.message.content).toBe(await expected(QUESTION));
});

it("streams the same answer, with usage at its end", async () => {
  const stream = await server.client.chat.completions.create({
    model: "sees",
    messages: [user(said(QUESTION), picture)],
    stream: true,
    stream_options: { include_usage: true },
  });
  let content = "";
  let tokens = 0;
  for await (const { choices, usage } of stream) {
    content += choices[0]?.delta.content ?? "";
    tokens = usage?.completion_tokens ?? tokens;
  }
  expect(content).toBe(await expected(QUESTION));
  expect(tokens).toBeGreaterThan(0);
});

it("listens to recordings", async () => {
  const sound = encodeWav({ samples: new Float32Array(8000), sampleRate: 16_000 });
  const data = Buffer.from(sound).toString("base64");
  const { choices } = await reply([
    user({ type: "input_audio", input_audio: { data, format: "wav" } }),
  ]);
  expect(typeof choices[0]?.message.content).toBe("string");
});

it("chats in text as ever", async () => {
  const { choices } = await reply([user(said("What is 2 + 3?"))], { temperature: 0 });
  expect(choices[0]?.message).toHaveProperty("reasoning_content");
});

const refusals: readonly [string, () => Messages, object, RegExp][] = [
  [
    "a model of text alone",
    () => [user(picture)],
    { model: "onefold-mini" },
    /onefold-mini takes text alone/,
  ],
  ["two files", () => [user(picture, picture)], {}, /messages\[0\]\.content: .*one file/],
  [
    "tools",
    () => [user(picture)],
    { tools: [{ type: "function", function: { name: "f" } }] },
    /^400 tools: is for text/,
  ],
  ["several answers", () => [user(picture)], { n: 2 }, /^400 n: is for text/],
  ["stop words", () => [user(picture)], { stop: ["a"] }, /^400 stop: is for text/],
  [
    "a JSON answer",
    () => [user(picture)],
    { response_format: { type: "json_object" } },
    /^400 response_format: is for text/,
  ],
  [
    "an address elsewhere",
    () => [user({ type: "image_url", image_url: { url: "http://127.0.0.1/a.png" } })],
    {},
    /fetches nothing from elsewhere/,
  ],
  [
    "bytes that are no picture",
    () => [user({ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } })],
    {},
    /the file is of no kind known here/,
  ],
  [
    "a file from the system",
    () => [{ role: "system", content: [picture] as never }],
    {},
    /"image_url" is not text/,
  ],
];
it.each(refusals)("refuses %s", async (_, messages, more, message) => {
  await expect(reply(messages(), more)).rejects.toThrow(message);
});

it("takes neutral settings, which clients send unasked", async () => {
  const settings = { n: 1, stop: [], presence_penalty: 0, logit_bias: {}, tools: [] };
  const { choices } = await reply([user(picture)], settings);
  expect(choices[0]?.message.content).toBe(await expected(""));
});
