/** Tasks over HTTP, with the generalist that ships beside a text model. */

import { resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { encodePng, encodeWav } from "../../src/media/index.ts";
import type { RunningServer } from "../../src/serve/index.ts";
import { createModelPool, startServer } from "../../src/serve/index.ts";
import { findTaskModel, loadTaskModel } from "../../src/task/index.ts";
import { mini, miniFolder, startScripted } from "./support.ts";

const generalist = resolve(import.meta.dirname, "../../models/onefold-generalist");
const CAPTION = "[IMAGE:image] what does the image describe? -> [TEXT:answer]";
const FIND = '[IMAGE:image] which region does the text " [TEXT:phrase] " describe? -> [BOX:box]';

let server: RunningServer;
/** How often the task model was opened. */
let opened = 0;

beforeAll(async () => {
  const source = { ...mini, loadTasks: () => findTaskModel(miniFolder) };
  const load = () => {
    opened++;
    return loadTaskModel(generalist);
  };
  const pool = createModelPool([source], { tasks: { name: "onefold-generalist", load } });
  server = await startServer(pool, { port: 0, fileLimit: 1 << 20 });
});
afterAll(() => server.close());

/** A red square in the middle of white. */
const picture = () => {
  const [width, height] = [64, 48];
  const data = new Uint8Array(width * height * 3).fill(255);
  for (let y = 16; y < 32; y++) {
    for (let x = 24; x < 40; x++) data.set([200, 20, 20], (y * width + x) * 3);
  }
  return encodePng({ width, height, data });
};
const sound = () => encodeWav({ samples: new Float32Array(8000), sampleRate: 16_000 });

const file = (bytes: Uint8Array) => new Blob([new Uint8Array(bytes)]);

interface Reply {
  readonly status: number;
  // Bodies are looked at by matchers alone.
  readonly body: Record<string, unknown>;
}
const reply = async (response: Response): Promise<Reply> => ({
  status: response.status,
  body: (await response.json()) as Record<string, unknown>,
});

const explain = async (instruction: string): Promise<Reply> =>
  reply(
    await fetch(`${server.url}/tasks/explain`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ instruction }),
    }),
  );

async function infer(
  instruction: string,
  inputs: Readonly<Record<string, string | Blob>>,
  options?: object,
): Promise<Reply> {
  const form = new FormData();
  form.set("instruction", instruction);
  if (options) form.set("options", JSON.stringify(options));
  for (const [name, value] of Object.entries(inputs)) form.set(name, value);
  return reply(await fetch(`${server.url}/tasks/infer`, { method: "POST", body: form }));
}
const refusal = async (
  ...asked: Parameters<typeof infer>
): Promise<readonly [status: number, message: string, param: unknown]> => {
  const { status, body } = await infer(...asked);
  const { message, param } = body.error as { message: string; param: unknown };
  return [status, message, param];
};

it("opens the task model when the first task is asked for, and once", async () => {
  expect(opened).toBe(0);
  const [{ body }] = await Promise.all([
    reply(await fetch(`${server.url}/tasks`)),
    reply(await fetch(`${server.url}/tasks`)),
  ]);
  expect(opened).toBe(1);
  expect(body).toMatchObject({ model: "onefold-generalist" });
  expect(body.takes).toEqual(["TEXT", "IMAGE", "VIDEO", "AUDIO"]);
  expect(body.gives).toEqual(["TEXT", "BOX", "IMAGE", "MOTION"]);
  for (const { instruction } of body.examples as { instruction: string }[]) {
    expect((await explain(instruction)).body, instruction).toMatchObject({
      problem: null,
      plan: { lacks: [] },
    });
  }
});

it("explains a plan, what the model lacks, and where an instruction is wrong", async () => {
  const { body } = await explain(CAPTION);
  expect(body).toMatchObject({
    plan: {
      body: expect.stringMatching(/^decoder, \d+ layers, width \d+$/),
      parts: [{ slot: "image", modality: "IMAGE" }, { text: "what does the image describe?" }, {}],
      generator: { name: "beam search" },
    },
  });
  expect((await explain("[TEXT:text] -> [AUDIO:audio]")).body).toMatchObject({
    plan: { lacks: ['it speaks nothing (task.json has no "speech")'] },
  });
  const wrong = await explain("[IMGE:image] what is it? -> [TEXT:answer]");
  expect(wrong.status).toBe(200);
  expect(wrong.body).toMatchObject({ plan: null, problem: { position: 1 } });
});

it("answers with text, a box in the image's pixels, and a picture", async () => {
  const image = file(await picture());
  const caption = await infer(CAPTION, { image }, { beam: 1 });
  expect(caption.status).toBe(200);
  using own = await loadTaskModel(generalist);
  const { answer } = await own.infer(CAPTION, { image: await picture() }, { beam: 1 });
  expect(caption.body.outputs).toEqual({ answer: { type: "text", text: answer } });

  const found = await infer(FIND, { image, phrase: "the red square" });
  expect(found.body.image).toEqual({ slot: "image", width: 64, height: 48 });
  const { box } = (found.body.outputs as { box: { box: number[] } }).box;
  for (const [i, side] of box.entries()) {
    expect(side).toBeGreaterThanOrEqual(0);
    expect(side).toBeLessThanOrEqual(i % 2 === 0 ? 64 : 48);
  }

  const drawn = await infer("draw [TEXT:caption] -> [IMAGE:image]", { caption: "a red circle" });
  expect(drawn.body.outputs).toMatchObject({
    image: { type: "image", width: 72, url: expect.stringMatching(/^data:image\/png;base64,/) },
  });
});

it("answers with an animation and its BVH; files come as data: URLs too", async () => {
  const motion = await infer(
    "animate [TEXT:text] -> [MOTION:motion]",
    { text: "a person walks" },
    { steps: 2, frames: 8 },
  );
  expect(motion.body.outputs).toMatchObject({
    motion: {
      url: expect.stringMatching(/^data:image\/gif;/),
      bvh: expect.stringMatching(/^HIER/),
    },
  });
  const audio = `data:audio/wav;base64,${Buffer.from(sound()).toString("base64")}`;
  const heard = await infer("[AUDIO:audio] what is said? -> [TEXT:answer]", { audio });
  expect(heard.status).toBe(200);
});

it("names the slot where a file is another, broken, missing, too large or elsewhere", async () => {
  const png = await picture();
  expect(await refusal(CAPTION, { image: file(sound()) })).toEqual([
    400,
    "image: the file is a recording; [IMAGE:image] takes an image",
    "image",
  ]);
  expect((await refusal(CAPTION, { image: new Blob([]) }))[1]).toContain("the file is empty");
  expect(await refusal(CAPTION, { image: file(png.subarray(0, 60)) })).toEqual([
    400,
    expect.stringMatching(/^image: /),
    "image",
  ]);
  expect(await refusal(CAPTION, {})).toEqual([
    400,
    "image: the slot [IMAGE:image] has no value",
    "image",
  ]);
  expect((await refusal(CAPTION, { image: file(png), other: "1" }))[2]).toBe("other");
  expect((await refusal(CAPTION, { image: file(new Uint8Array(2 << 20)) }))[0]).toBe(413);
  expect((await refusal(CAPTION, { image: "/etc/passwd" }))[1]).toContain("data:");
  expect((await refusal(CAPTION, { image: "http://example.com/a.png" }))[1]).toContain("fetches");
  expect((await refusal("[TEXT:text] -> [AUDIO:audio]", { text: "a" }))[2]).toBe("instruction");
  expect((await refusal("[IMGE:a] -> [TEXT:b]", {}))[2]).toBe("instruction");
});

it("says so where neither the model nor another does tasks", async () => {
  await using text = await startScripted({ answers: [] });
  const list = await reply(await fetch(`${text.url}/tasks`));
  expect(list.body).toMatchObject({ takes: [], gives: [], examples: [] });
  const asked = await reply(
    await fetch(`${text.url}/tasks/explain`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ instruction: CAPTION }),
    }),
  );
  expect(asked).toMatchObject({ status: 400, body: { error: { code: "no_tasks" } } });
});
