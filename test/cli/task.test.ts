import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decodeImage, encodePng, encodeWav } from "../../src/media/index.ts";
import { runOnefold } from "./run-onefold.ts";
import { createTinyModel, type TinyModel } from "./tiny-model.ts";

let folder: string;
let model: TinyModel;
const file = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "onefold-task-"));
  model = await createTinyModel(); // of text alone: what is checked before a model is opened
  const image = { width: 8, height: 8, data: new Uint8Array(192) };
  writeFileSync(file("cat.png"), await encodePng(image));
  // Called an image, and none.
  const audio = { sampleRate: 8000, samples: new Float32Array(80) };
  writeFileSync(file("voice.png"), encodeWav(audio));
  writeFileSync(file("notes.png"), "some words");
  writeFileSync(file("empty.wav"), "");
});
afterAll(() => {
  model[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

test("explain prints parts, generator and criterion, as text and as JSON", async () => {
  const instruction = "[IMAGE:img] what is it? -> [TEXT:name]";
  const [text, json] = await Promise.all([
    runOnefold(["task", "explain", instruction]),
    runOnefold(["task", "explain", instruction, "--json"]),
  ]);
  expect(text.stdout).toContain("[IMAGE:img]");
  expect(text.stdout).toContain("generator: beam search (beam 5");
  expect(JSON.parse(json.stdout)).toMatchObject({
    instruction,
    parts: [{ slot: "img" }, { text: "what is it?" }, { slot: "name", role: "written" }],
    criterion: { name: "cross-entropy" },
  });
});

test("a wrong instruction is shown with a caret under the place", async () => {
  const { code, stderr } = await runOnefold(["task", "explain", "[IMAGES:x] what? -> [TEXT:a]"]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/column 2: unknown modality 'IMAGES'.*did you mean IMAGE\?/);
  expect(stderr.split("\n").slice(1)).toEqual(["  [IMAGES:x] what? -> [TEXT:a]", "   ^", ""]);
});

const ask = "[IMAGE:img] [TEXT:question] -> [TEXT:a]";
const closed = "[IMAGE:img] is it day? -> [TEXT:a,closed_set]";
test.each([
  [ask, [], 2, "[IMAGE:img] is given nothing; add --set img=FILE"],
  [ask, ["img=cat.png"], 2, "[TEXT:question] is given nothing; add --set question=…"],
  [ask, ["imgs=cat.png"], 2, "no slot 'imgs'; did you mean img?"],
  [ask, ["a=x"], 2, "the model writes 'a', so it takes no value"],
  [ask, ["img"], 2, "expected NAME=VALUE"],
  [ask, ["img=nowhere.png"], 1, "no such file"],
  [ask, ["img=voice.png"], 1, "it is a recording; [IMAGE:img] takes an image"],
  [ask, ["img=notes.png"], 1, "it is not an image"],
  ["[AUDIO:v] what is said? -> [TEXT:a]", ["v=empty.wav"], 1, "it is empty; expected a recording"],
  [closed, ["img=cat.png"], 2, "has a closed_set slot; give its answers: --closed-set yes,no"],
  [ask, ["img=cat.png", "question=x"], 1, "no task.json"],
])("%s with %j fails with %i: %s", async (instruction, sets, code, words) => {
  const given = sets.flatMap((set) => ["--set", set.replace(/(?<==)(?=.*\.)/, `${folder}/`)]);
  const outcome = await runOnefold(["task", "run", model.folder, instruction, ...given]);
  expect(outcome).toMatchObject({ code, stdout: "" });
  expect(outcome.stderr).toContain(words);
  expect(outcome.stderr.trimEnd().split("\n")).toHaveLength(1);
});

test("a file of another kind is refused by run with the right flag", async () => {
  const run = (...args: string[]) => runOnefold(["run", model.folder, ...args]);
  const [kind, text, chat, none] = await Promise.all([
    run("--image", file("voice.png")),
    run("--audio", file("notes.png")),
    run("--image", file("cat.png"), "what?", "--system", "x"),
    run("--image", file("cat.png"), "what?"),
  ]);
  expect(kind.stderr).toMatch(/it is a recording; give it as --audio\n$/);
  expect(text.stderr).toMatch(/it is not a recording \(WAV, /);
  expect(chat).toMatchObject({
    code: 2,
    stderr: "onefold: --system is for chats, not for --image\n",
  });
  expect(none.stderr).toContain("no task.json, so it takes and gives text alone");
});

test("without a model's name, draw goes to the generalist, and to the chat with a chat's flag", async () => {
  const out = file("circle.png");
  const [drawn, said] = await Promise.all([
    runOnefold(["run", "draw a red circle", "--out", out, "--explain", "--seed", "1"]),
    runOnefold(["run", "draw a red circle", "--system", "x", "--out", out, "--max-tokens", "1"]),
  ]);
  expect(drawn).toMatchObject({ code: 0, stdout: `${out}\n` });
  expect(drawn.stderr).toContain("draw: what is the complete image? caption: [TEXT:caption]");
  const { width, height } = await decodeImage(out);
  expect(width).toBe(height);
  expect(said.stderr).toContain("--out is for questions about a file");
});
