/** A training of tasks from YAML: the same object as the typed call, resumable, refusing what is idle. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { openCheckpoint } from "../../../src/checkpoint/index.ts";
import { encodePng } from "../../../src/media/index.ts";
import {
  loadTaskModel,
  readTaskTraining,
  runTaskTraining,
  trainTasks,
} from "../../../src/task/index.ts";
import { noiseImage } from "../support.ts";

const folder = mkdtempSync(join(tmpdir(), "onefold-task-config-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string): string => join(folder, name);

const config = (name: string, text: string): string => {
  writeFileSync(file(`${name}.yaml`), `${text}\noutput: ${name}\n`);
  return file(`${name}.yaml`);
};

for (const name of ["a", "b"])
  writeFileSync(file(`${name}.png`), await encodePng(noiseImage(9, 7)));
const rows = ["a", "b", "a", "b"].map((name, i) => ({
  img: `${name}.png`,
  question: `is it number ${i}?`,
  answer: i % 2 === 0 ? "yes" : "no",
}));
writeFileSync(file("rows.jsonl"), rows.map((row) => JSON.stringify(row)).join("\n"));

const two = `
model: {body: decoder, width: 32, layers: 1, heads: 2, vocabulary: 300, image: {size: 16, layers: 1}}
tasks:
  - name: own
    instruction: "[IMAGE:img] [TEXT:question] -> [TEXT:answer,closed_set]"
    closed_set: [yes, no]
    train: {file: rows.jsonl}
    held_out: {file: rows.jsonl}
    metric: accuracy
    weight: 2
  - preset: summarisation
    generated: {size: 8}
    generate: {beam: 1, max_length: 3}
train: {steps: 4, lr: 0.01, positions: 400, threads: 1, save_every: 1, seed: 3}
eval: {limit: 2}`;

const weights = (dir: string): Buffer => readFileSync(join(dir, "model.safetensors"));

describe("a config of two tasks", () => {
  test("gives the weights and scores of the typed call, and goes on bit for bit", async () => {
    const path = config("two", two);
    const stop = new AbortController();
    const cut = await runTaskTraining(path, {
      onStep: ({ step }) => step === 2 && stop.abort(),
      signal: stop.signal,
    });
    expect(cut).toMatchObject({ model: undefined, scores: [] });
    const starts: number[] = [];
    const { model, scores } = await runTaskTraining(path, { onStart: (step) => starts.push(step) });
    expect(starts).toEqual([2]);
    expect(scores.map(({ task, metric, count, errors }) => [task, metric, count, errors])).toEqual([
      ["own", "accuracy", 2, 0],
      ["summarisation", "rouge", 2, 0],
    ]);
    const written = JSON.parse(readFileSync(file("two/scores.json"), "utf8"));
    expect(written[0].value).toBe(scores[0].value);
    expect(["yes", "no"]).toContain(scores[0].predictions[0].answer?.answer);

    using training = await readTaskTraining(path, ["output=typed"]);
    const { options } = training;
    expect(options.tasks.map(({ name, weight, pool }) => ({ name, weight, pool }))).toEqual([
      { name: "own", weight: 2, pool: 256 },
      { name: "summarisation", weight: 1, pool: 256 },
    ]);
    expect(options).toMatchObject({ schedule: "all", balance: "tasks", learningRate: 0.01 });
    const typed = await trainTasks(options);
    expect(weights(typed.model!).equals(weights(model!))).toBe(true);
  });

  test("is gone on from with another modality; what is frozen stays", async () => {
    const path = config(
      "more",
      `
model: {from: two/final, codes: {size: 8, levels: [3, 2], width: 32, steps: 3}}
tasks:
  - {preset: grounding, generated: {size: 4}}
  - {preset: text-to-image, generated: {size: 4}}
train: {steps: 2, threads: 1, freeze: [model.layers.*]}
eval: {limit: 0}`,
    );
    const codes: number[] = [];
    const { model } = await runTaskTraining(path, { onCodeStep: ({ step }) => codes.push(step) });
    expect(codes).toEqual([1, 2, 3]);
    using opened = await loadTaskModel(model!, { threads: 1 });
    expect(opened.config).toMatchObject({
      bins: 100,
      codes: { levels: [3, 2] },
      image: { size: 16 },
    });
    using before = await openCheckpoint(file("two/final"));
    using after = await openCheckpoint(model!);
    const frozen = before.names.filter((name) => name.startsWith("model.layers."));
    expect(frozen.length).toBeGreaterThan(5);
    for (const name of frozen) expect(after.read(name).data).toEqual(before.read(name).data);
    const table = "model.embed_tokens.weight";
    const [old, grown] = [before, after].map((each) => each.info(table).shape[0]);
    expect(grown).toBe(old + 100 + 6);
    // Rows of the text keep what was learned, but for two small steps.
    const [was, is] = [before, after].map((each) => each.read(table).data as Float32Array);
    const distances = Array.from(was, (value, i) => Math.abs(value - is[i]));
    expect(Math.max(...distances)).toBeLessThan(0.01);
  });
});

test("an ofa of all parts measures motions and sounds, and shares one stem", async () => {
  const path = config(
    "ofa",
    `
model: {body: ofa, width: 32, layers: 1, heads: 2}
tasks:
  - {preset: text-to-motion, generated: {size: 2}}
  - {preset: tts, generated: {size: 2}}
  - {preset: video-qa, generated: {size: 2}}
train: {steps: 1}`,
  );
  using training = await readTaskTraining(path);
  const { body, motion, speech, video, image } = training.options.model.config;
  expect({ body: body.kind, image }).toEqual({ body: "ofa", image: undefined });
  expect(video).toMatchObject({ size: 32, patch: 8, frames: 4 });
  expect(motion!.mean).toHaveLength(motion!.features);
  expect(motion!.deviation.every((value) => value >= 0.05)).toBe(true);
  // Natural logarithms of magnitudes: silence is at ln 1e-5.
  expect(speech!.mean).toBeGreaterThan(Math.log(1e-5));
  expect(speech!.mean).toBeLessThan(0);
});

const start = "model: {width: 32, layers: 1, heads: 2}\ntrain: {steps: 1}\n";
const own = '{instruction: "[TEXT:a] -> [TEXT:b]", train: {file: rows.jsonl}';
test.each([
  [
    "tasks: [{preset: captoin}]",
    'tasks.0: preset "captoin" does not exist; did you mean "caption"?',
  ],
  [
    "tasks: [{preset: caption, wieght: 2}]",
    'unknown key "tasks.0.wieght"; did you mean "tasks.0.weight"?',
  ],
  [
    "tasks: [{preset: vqa, train: {fle: x}}]",
    'unknown key "tasks.0.train.fle"; did you mean "tasks.0.train.file"?',
  ],
  ["tasks: [{name: x}]", 'tasks.0: a task needs a "preset" or an "instruction"'],
  [
    "tasks: [{instruction: '[IMAGES:x] -> [TEXT:a]', train: {file: x}}]",
    "unknown modality 'IMAGES'",
  ],
  ["tasks: []", '"tasks" must be a list'],
  [`tasks: [${own}, metric: bluu}]`, '"tasks.0.metric" must be one of accuracy'],
  [`tasks: [${own}, metric: bleu}]`, '"tasks.0.metric" changes nothing'],
  [`tasks: [${own}, held_out: {file: x}}]`, '"tasks.0.held_out" changes nothing'],
  [`tasks: [${own}}]\neval: {every: 2}`, '"eval" changes nothing'],
  [`tasks: [${own}, closed_set: [a]}]`, "it has a closedSet, but no slot is closed_set"],
  [
    'tasks: [{instruction: "[TEXT:a] -> [TEXT:b]", train: {file: x, glue: rte}}]',
    'x: "glue" changes nothing for a task without preset, by columns; it takes "file", "columns"',
  ],
  [
    'tasks: [{instruction: "[TEXT:a] -> [TEXT:b]", train: {file: x, columns: {a: q, c: r}}}]',
    '"columns.c" fills no slot of a task without preset; expected one of a, b',
  ],
  [
    "tasks: [{preset: caption, train: {file: x.tsv, images: y}}]",
    '"images" changes nothing for preset "caption"',
  ],
  [
    "tasks: [{preset: nlu, train: {file: x.tsv, glue: rte}, held_out: {file: y.tsv}}]",
    '"train.glue" and "held_out.glue" differ',
  ],
  [
    "tasks: [{preset: nlu, generated: {size: 2}, train: {file: x}}]",
    '"generated" has no place beside',
  ],
  [
    "tasks: [{preset: nlu}]\nmodel: {width: 48, heads: 2}",
    "expected a multiple of 32 and of twice the 2 heads",
  ],
  [
    "tasks: [{preset: caption}]\nmodel: {image: {size: 20}}",
    '"model.image.size" is 20, expected a multiple of patch 8',
  ],
  [
    "tasks: [{preset: caption}]\nmodel: {image: {patch: 6}}",
    '"model.image.patch" is 6, expected a power of two',
  ],
  [
    "tasks: [{preset: text-to-image}]\nmodel: {codes: {width: 40}}",
    '"model.codes.width" is 40, expected a multiple of 32',
  ],
  [
    "tasks: [{preset: nlu}]\nmodel: {motion: {rate: 5}}",
    '"model.motion" is measured on what tasks write',
  ],
  ["tasks: [{preset: nlu}]\nmodel: {from: x, width: 3}", "must be a whole number of at least 16"],
  [
    "tasks: [{preset: nlu}]\nmodel: {from: x, width: 32}",
    '"model.width" has no place beside "model.from"',
  ],
  ["tasks: [{preset: nlu}]\nmodel: {modal_ffn: [image]}", '"model.modal_ffn" is of body ofa'],
  [
    "tasks: [{preset: nlu, weight: 2}]\ntrain: {steps: 1, order: round-robin}",
    "round-robin is over one task",
  ],
  ["tasks: [{preset: nlu}]\ntrain: {steps: 1, balance: tokens}", "a step is over one micro-batch"],
  [
    "tasks: [{preset: nlu}]\ntrain: {steps: 1, freeze: [nothing]}",
    'no parameter matches "nothing"',
  ],
  [
    "tasks: [{preset: nlu}]\ntrain: {stpes: 1}",
    'unknown key "train.stpes"; did you mean "train.steps"?',
  ],
])("%s: %s", async (text, message) => {
  const lines = start.split("\n").filter((line) => !text.includes(`\n${line.slice(0, 6)}`));
  const path = config("bad", [...lines, text].join("\n"));
  await expect(readTaskTraining(path)).rejects.toThrow(message);
});

test("a task of GLUE brings its instruction and answers", async () => {
  writeFileSync(
    file("rte.tsv"),
    "index\tsentence1\tsentence2\tlabel\n0\tit rains\tit is wet\tentailment\n",
  );
  const path = config("glue", `${start}tasks: [{preset: nlu, train: {file: rte.tsv, glue: rte}}]`);
  using training = await readTaskTraining(path);
  expect(training.options.tasks[0].instruction).toContain("can text1");
  expect(training.options.tasks[0].closedSet).toEqual(["yes", "no"]);
});
