/**
 * Each of the 23 presets over a small file in its data set's published format, from the reader over a
 * training step to an answer. Rows are invented in the formats (test/fixtures/readers, and below).
 */

import { copyFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { animateFigure, writeBvh } from "../../../src/media/index.ts";
import {
  type DataFiles,
  loadTaskModel,
  type PresetOptions,
  parseInstruction,
  planOf,
  preset,
  presetOf,
  presets,
  type TaskModel,
  trainTasks,
} from "../../../src/task/index.ts";
import { tinyStart } from "../tiny.ts";
import { recordsFrom } from "./support.ts";

const fixtures = fileURLToPath(new URL("../../fixtures", import.meta.url));
const root = mkdtempSync(join(tmpdir(), "onefold-published-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const at = (name: string): string => join(root, name);

// The readers' own tests name media and decode none: here they are real.
cpSync(join(fixtures, "readers"), root, { recursive: true });
const sound = (format: string) => join(fixtures, `media/audio/seven.${format}`);
for (const i of [0, 1]) {
  copyFileSync(sound("flac"), at(`librispeech/84/121123/84-121123-000${i}.flac`));
  copyFileSync(sound("wav"), at(`ljspeech/wavs/LJ001-000${i + 1}.wav`));
}
// A GIF under another name: what a file is, its first bytes say, and no ffmpeg is needed.
for (const name of [
  "video0",
  "video7",
  "-7aeB7vFtB4_000037_000047",
  "playing_drums/ab_000000_000010",
]) {
  copyFileSync(join(fixtures, "video/clip.gif"), at(`videos/${name}.mp4`));
}
for (const name of ["b", "walk/a"]) {
  writeFileSync(at(`motions/${name}.bvh`), writeBvh(animateFigure("walk", { duration: 0.5 })));
}
writeFileSync(at("texts.jsonl"), '{"text": "the dot is red"}\n{"text": "a dot"}\n');
writeFileSync(
  at("instances.json"),
  JSON.stringify({
    images: [{ id: 42, file_name: "dot.png", width: 8, height: 8 }],
    annotations: [
      { id: 1, image_id: 42, category_id: 3, bbox: [3, 1, 2, 2], iscrowd: 0, area: 4 },
      { id: 2, image_id: 42, category_id: 1, bbox: [0, 0, 2, 3], iscrowd: 0, area: 6 },
    ],
    categories: [
      { id: 1, name: "dot", supercategory: "shape" },
      { id: 3, name: "ring", supercategory: "shape" },
    ],
  }),
);

const images = at("images");
const videos = at("videos");
const published: Readonly<Record<string, DataFiles & { closedSet?: readonly string[] }>> = {
  nlu: { file: at("glue-sst2.tsv") },
  instructions: { file: at("task001_colours.json") },
  summarisation: { file: at("gigaword.tsv") },
  "text-infilling": { file: at("texts.jsonl") },
  "image-classification": { file: at("imagenet"), closedSet: ["n01 red", "n02"] },
  "visual-entailment": { file: at("snli-ve.tsv") },
  caption: { file: at("coco-captions.json"), images },
  vqa: {
    file: at("vqa-questions.json"),
    images,
    annotations: at("vqa-annotations.json"),
    closedSet: ["red", "blue"],
  },
  "text-to-image": { file: at("caption.tsv") },
  "image-infilling": { file: at("imagenet") },
  grounding: { file: at("refcoco.parquet") },
  "grounded-caption": { file: at("refcoco.tsv") },
  detection: { file: at("instances.json"), images },
  "video-classification": {
    file: at("kinetics.csv"),
    videos,
    closedSet: ["playing drums", "playing, the piano"],
  },
  "video-caption": { file: at("msrvtt.json"), videos, split: "train" },
  "video-qa": { file: at("msrvtt-qa.json"), videos, closedSet: ["dot", "ring"] },
  asr: { file: at("librispeech") },
  tts: { file: at("ljspeech") },
  "text-to-sql": { file: at("spider.json"), tables: at("spider-tables.json") },
  "table-to-text": { file: at("dart.json") },
  "table-qa": { file: at("fetaqa.jsonl") },
  sudoku: { file: at("sudoku.csv") },
  "text-to-motion": { file: at("motions") },
};
const short: Record<string, PresetOptions["generate"]> = {
  tokens: { maxLength: 4, beam: 2 },
  codes: {},
  speech: { positions: 2 },
  motion: { frames: 2, steps: 2 },
};

const tasks = Object.entries(published).map(([name, { closedSet, ...train }]) => {
  const { target } = planOf(parseInstruction(presetOf(name).instruction));
  return preset(name, { train, closedSet, generate: short[target.kind] });
});
let model: TaskModel;

beforeAll(async () => {
  const losses = new Map<string, number>();
  const { model: folder } = await trainTasks({
    ...{ model: await tinyStart("ofa"), tasks, steps: 1, positions: 1000, threads: 1 },
    dir: at("run"),
    onStep({ metrics }) {
      for (const [name, value] of Object.entries(metrics)) losses.set(name, value);
    },
  });
  for (const { name } of tasks) expect(losses.get(`loss/${name}`)).toSatisfy(Number.isFinite);
  model = await loadTaskModel(folder!, { threads: 1 });
}, 60_000);
afterAll(() => model?.[Symbol.dispose]());

test("all 23 are here", () => {
  const numbered = presets.filter(({ number }) => number !== undefined);
  expect(Object.keys(published)).toEqual(numbered.map(({ name }) => name));
});

test.each(tasks.map((task) => [task.name, task] as const))("%s answers", async (_, task) => {
  const [record] = await recordsFrom(task.train);
  const answer = await model.infer(task.plans[0], record as never, task.generate);
  const { target } = task.plans[0];
  const names =
    target.kind === "tokens" && target.repeated
      ? ["items"]
      : target.kind === "tokens"
        ? target.generated.map(({ name }) => name)
        : [target.slot.name];
  expect(Object.keys(answer)).toEqual(names);
  // The metric takes what the reader and the model give.
  const { metric } = task;
  const guess = await metric!.prediction(answer[metric!.slot], record!);
  const value = metric!.metric.compute([guess], [await metric!.reference(record!)]);
  expect(value).toSatisfy(Number.isFinite);
});
