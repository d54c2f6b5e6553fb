/** Questions with images: what models are sent, and what is written down. */

import { mkdtemp, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  cacheAnswers,
  createEndpointModel,
  createLocalModel,
  defineTask,
  type EvalImage,
  type EvalItem,
  evalImage,
  evaluate,
} from "../../src/evaluate/index.ts";
import { encodePng } from "../../src/media/index.ts";

const folder = () => mkdtemp(join(tmpdir(), "onefold-images-"));

/** One colour, 8 x 8. */
const png = (...rgb: readonly [number, number, number]): Promise<Uint8Array> =>
  encodePng({ width: 8, height: 8, data: new Uint8Array(192).map((_, i) => rgb[i % 3]!) });
const [red, blue] = await Promise.all([png(255, 0, 0), png(0, 0, 255)]);

/** A BMP of one white pixel, 24 bits. */
const bmp = Buffer.alloc(58);
bmp.write("BM");
for (const [at, value] of [
  [2, 58],
  [10, 54],
  [14, 40],
  [18, 1],
  [22, 1],
  [34, 4],
] as const) {
  bmp.writeUInt32LE(value, at);
}
bmp.writeUInt16LE(1, 26);
bmp.writeUInt16LE(24, 28);
bmp.fill(255, 54, 57);

const questions = (...items: readonly EvalItem[]) =>
  defineTask({
    name: "colours",
    kind: "generate_until",
    chat: "single",
    shows: ["image"],
    items: () => items,
    text: ({ question }) => question as string,
    target: () => "red",
    maxTokens: 4,
  });

const item = (id: string, question: string, images: Record<string, EvalImage>): EvalItem => ({
  id,
  doc: { question },
  images,
});

/** A server that keeps what it is sent. */
async function listen() {
  const bodies: { messages: { content: unknown }[] }[] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    bodies.push(JSON.parse(text));
    response.end(JSON.stringify({ choices: [{ message: { content: "red" } }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return { url, bodies, close: () => server.close() };
}

test("endpoints get images in their places as data URLs; a damaged one fails its item alone", async () => {
  const out = await folder();
  const { url, bodies, close } = await listen();
  using model = createEndpointModel({ url, model: "eyes", sees: ["image"], concurrency: 1 });
  const damaged = evalImage("image 3", red.slice(0, 60));
  const task = questions(
    item("a", "Is <2> or <1> red? Not <2>.", {
      "<1>": evalImage("1", red),
      "<2>": evalImage("2", blue),
    }),
    item("b", "<1>", { "<1>": evalImage("1", bmp) }),
    item("c", "<1>?", { "<1>": damaged }),
    item("d", "<1>?", { "<1>": evalImage("text", Buffer.from("no image")) }),
  );
  const { results } = await evaluate({ model, tasks: [task], out });
  close();
  const shown = (bytes: Uint8Array) => ({
    type: "image_url",
    image_url: { url: `data:image/png;base64,${Buffer.from(bytes).toString("base64")}` },
  });
  const said = (text: string) => ({ type: "text", text });
  const [first, second] = bodies.map(({ messages }) => messages[0]!.content);
  expect(bodies).toHaveLength(2);
  expect(first).toEqual([
    ...[said("Is "), shown(blue), said(" or "), shown(red), said(" red? Not ")],
    ...[shown(blue), said(".")],
  ]);
  // BMP is not among the formats that endpoints take.
  const white = await encodePng({ width: 1, height: 1, data: new Uint8Array(3).fill(255) });
  expect(second).toEqual([shown(white)]);
  expect(results[0]).toMatchObject({ scored: 2, failed: 2 });
  expect(results[0]!.failures[0]!.error).toMatch(/^image 3: /);
  expect(results[0]!.failures[1]!.error).toMatch(/^text: begins with 6e 6f 20 69/);
  const journal = await readFile(join(out, "journal/colours.jsonl"), "utf8");
  const { sha256, bytes } = evalImage("2", blue);
  expect(journal).toContain(JSON.stringify({ type: "image", image: { name: "2", sha256, bytes } }));
  expect(journal).not.toContain(Buffer.from(blue).toString("base64").slice(0, 24));
});

test("a model that sees nothing is refused by name before anything is asked", async () => {
  const task = questions(item("a", "<1>?", { "<1>": evalImage("1", red) }));
  using mini = await createLocalModel("models/onefold-mini");
  const run = evaluate({ model: mini, tasks: [task], out: await folder() });
  await expect(run).rejects.toThrow(
    /^colours shows images, which models\/onefold-mini does not take; /,
  );
  const { url, bodies, close } = await listen();
  using blind = createEndpointModel({ url, model: "blind" });
  const asked = evaluate({ model: blind, tasks: [task], out: await folder() });
  await expect(asked).rejects.toThrow("which blind does not take");
  expect(bodies).toEqual([]);
  close();
  const asText = () =>
    defineTask({ ...textTask, shows: ["image"], kind: "multiple_choice", items: () => [] });
  expect(asText).toThrow("plain: images need generate_until and a chat mode");
  const hidden = defineTask({
    ...textTask,
    items: () => [item("a", "1", { 1: evalImage("1", red) })],
  });
  const { results } = await evaluate({ model: mini, tasks: [hidden], out: await folder() });
  expect(results[0]!.failures[0]!.error).toBe("the item has images, but plain shows none");
});

const textTask = {
  name: "plain",
  kind: "generate_until",
  text: () => "?",
  target: () => "!",
} as const;

test("a task model answers about images; answers are kept by the images' digests", async () => {
  const cache = await folder();
  const ask = async (image: Uint8Array) => {
    const opened = await createLocalModel("models/onefold-generalist");
    using model = await cacheAnswers(opened, cache);
    const images = { "<1>": evalImage("1", image), "<2>": evalImage("2", red) };
    const task = questions(item("a", "<1> what colour is it? not <2>", images));
    const { results } = await evaluate({ model, tasks: [task], out: await folder() });
    expect(results[0]).toMatchObject({ scored: 1, failed: 0 });
    return model.usage();
  };
  const first = await ask(blue);
  expect(first).toMatchObject({ requests: 1, cached: 0 });
  expect(first.completionTokens).toBeLessThanOrEqual(4);
  expect(first.completionTokens).toBeGreaterThan(0);
  expect(await ask(blue)).toMatchObject({ requests: 0, cached: 1 });
  expect(await ask(red)).toMatchObject({ requests: 1, cached: 0 });
});

test("what a task model answers is what `infer` answers to the same instruction", async () => {
  const { loadTaskModel } = await import("../../src/task/index.ts");
  using direct = await loadTaskModel("models/onefold-generalist");
  const { answer } = await direct.infer(
    "[IMAGE:image] [TEXT:question] -> [TEXT:answer]",
    { image: blue, question: "what colour is the picture?" },
    { beam: 1, noRepeatNgram: 0, maxLength: 8 },
  );
  using model = await createLocalModel("models/onefold-generalist");
  const content = [
    { type: "image", image: evalImage("1", blue) },
    { type: "text", text: "what colour is the picture?" },
  ];
  const [found] = await model.generate([{ prompt: [{ role: "user", content }], maxTokens: 8 }]);
  expect(found!.text).toBe(answer);
  expect(answer).not.toBe("");
});
