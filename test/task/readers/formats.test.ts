/** Each published format on a small file made by hand (test/fixtures/readers). */

import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { metric } from "../../../src/metrics/index.ts";
import {
  readCocoCaptions,
  readColumns,
  readDart,
  readFetaQa,
  readGlue,
  readImageClasses,
  readInstructions,
  readKinetics,
  readLibriSpeech,
  readLjSpeech,
  readMotions,
  readMsrVtt,
  readMsrVttQa,
  readOfaCaptions,
  readOfaClasses,
  readOfaEntailment,
  readOfaGrounding,
  readOfaImageCodes,
  readOfaSummaries,
  readOfaVqa,
  readRefCoco,
  readSpider,
  readSudoku,
  readVqa,
} from "../../../src/task/readers/index.ts";

const root = fileURLToPath(new URL("../../fixtures/readers", import.meta.url));
const at = (name: string) => `${root}/${name}`;
/** A path as the tests write it. */
const below = (file: unknown) => (typeof file === "string" ? relative(root, file) : file);
const dot = new Uint8Array(readFileSync(at("images/dot.png")));
const bytes = (value: unknown) => {
  expect(value).toBeInstanceOf(Uint8Array);
  return new Uint8Array(value as Uint8Array);
};

async function all<T>(records: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const record of records) list.push(record);
  return list;
}

describe("TSV of OFA", () => {
  test("captions", async () => {
    const [first, second, ...more] = await all(readOfaCaptions(at("caption.tsv")));
    expect(first).toMatchObject({
      id: "1",
      cap: "a red dot",
      references: ["a red dot", "one dot"],
    });
    expect(second).toMatchObject({ cap: "a dot.", references: ["a dot."] });
    expect([bytes(first!.img), bytes(second!.img)]).toEqual([dot, dot]); // both alphabets of base64
    expect(more).toEqual([]);
  });

  test("questions, with answers that vqa_score understands", async () => {
    const [record] = await all(readOfaVqa(at("vqa.tsv"), { labels: ["red", "blue"] }));
    expect(record).toMatchObject({ id: "7", question: "what colour is the dot?", answer: "red" });
    expect(metric("vqa_score").compute(["blue"], [record!.references])).toBe(0.6);
  });

  test("entailment, grounding, summaries, classes, codes", async () => {
    expect(await all(readOfaEntailment(at("snli-ve.tsv")))).toMatchObject([
      { id: "1.jpg#1", cap: "a red dot", hyp: "something is red", label: "yes" },
      { id: "2.jpg#0", cap: "a red dot", hyp: "it is blue", label: "no" },
    ]);
    expect(await all(readOfaGrounding(at("refcoco.tsv")))).toMatchObject([
      { id: "79_1", cap: "the dot on the left", patch_boxes: [0.5, 1, 10, 20.25] },
    ]);
    expect(await all(readOfaSummaries(at("gigaword.tsv")))).toEqual([
      { src: "police said the dot was red .", tgt: "dot was red" },
    ]);
    expect(await all(readOfaClasses(at("imagenet.tsv")))).toMatchObject([
      { label_name: "red dot" },
    ]);
    expect(await all(readOfaImageCodes(at("image-codes.tsv")))).toEqual([
      { id: "1", text: "the dot is red.", codes: [6674, 4336, 0, 8191] },
    ]);
  });
});

describe("GLUE", () => {
  test("TSV with and without header", async () => {
    expect(await all(readGlue(at("glue-sst2.tsv"), "sst2"))).toEqual([
      { sentence: 'a "fine" film', label: "positive" },
      { sentence: "dull", label: "negative" },
    ]);
    expect(await all(readGlue(at("glue-cola.tsv"), "cola"))).toEqual([
      { sentence: "The dot is red.", label: "yes" },
      { sentence: "Dot the red.", label: "no" },
    ]);
    expect(await all(readGlue(at("glue-rte.tsv"), "rte"))).toEqual([
      { sentence1: "The dot is red.", sentence2: "It is a dot.", label: "yes" },
      { sentence1: "A dot.", sentence2: "No dot.", label: "no" },
    ]);
    expect(await all(readGlue(at("glue-qqp.tsv"), "qqp"))).toEqual([
      { question1: "What is red?", question2: "Which is red?", label: "yes" },
    ]);
  });

  test("Parquet", async () => {
    expect(await all(readGlue(at("glue-mnli.parquet"), "mnli"))).toEqual([
      { sentence1: "A man naps.", sentence2: "A man is asleep.", label: "yes" },
      { sentence1: "Birds sing.", sentence2: "It is spring.", label: "maybe" },
      { sentence1: "Snow fell.", sentence2: "It was hot.", label: "no" },
    ]);
  });
});

test("Natural-Instructions", async () => {
  const file = at("task001_colours.json");
  expect(await all(readInstructions(file, { positive: 1, negative: 1 }))).toEqual([
    {
      id: "task001-1",
      instruction: "Name the colour.",
      examples:
        "Positive Example 1 -\nInput: a red dot\nOutput: red\n\nNegative Example 1 -\nInput: a red dot\nOutput: dot",
      src: "a green dot",
      tgt: "green",
      references: ["green", "Green"],
    },
    expect.objectContaining({ id: "task001_colours-1", src: "two dots", tgt: "none" }),
  ]);
  const [plain] = await all(readInstructions(file, { positive: 0 }));
  expect(plain!.examples).toBe("");
});

describe("images", () => {
  test("classes by folder and in Parquet", async () => {
    const found = await all(
      readImageClasses(at("imagenet"), { names: { n01_red: "red", n02: "blue" } }),
    );
    expect(found.map(({ image, label_name }) => [below(image), label_name])).toEqual([
      ["imagenet/n01_red/a.png", "red"],
      ["imagenet/n01_red/b.png", "red"],
      ["imagenet/n02/c.png", "blue"],
    ]);
    const [named] = await all(readImageClasses(at("imagenet")));
    expect(named!.label_name).toBe("n01 red");
    const table = await all(
      readImageClasses(at("imagenet.parquet"), { names: { 0: "blue", 1: "red" } }),
    );
    expect(table.map(({ label_name }) => label_name)).toEqual(["red", "blue"]);
    expect(bytes(table[0]!.image)).toEqual(dot);
  });

  test("captions of COCO", async () => {
    const found = await all(readCocoCaptions(at("coco-captions.json"), { images: at("images") }));
    const references = ["A red dot.", "One dot."];
    expect(found.map((record) => ({ ...record, img: below(record.img) }))).toEqual([
      { id: "1", img: "images/COCO_val2014_000000000042.jpg", cap: "A red dot.", references },
      { id: "2", img: "images/COCO_val2014_000000000042.jpg", cap: "One dot.", references },
    ]);
  });

  test("questions of VQA v2", async () => {
    const options = { images: at("images"), annotations: at("vqa-annotations.json") };
    const [record] = await all(readVqa(at("vqa-questions.json"), options));
    expect(below(record!.image)).toBe("images/COCO_val2014_000000000042.jpg");
    expect(record).toMatchObject({ id: "42000", question: "What colour?", answer: "red" });
    // eight said red, one blue, one Red: nine matches once normalised
    expect(metric("vqa_score").compute(["blue"], [record!.references])).toBeCloseTo(0.3);
    const fileOf = () => "dot.png";
    const [other] = await all(readVqa(at("vqa-questions.json"), { ...options, fileOf }));
    expect(below(other!.image)).toBe("images/dot.png");
  });

  test("regions of RefCOCO: a record a text", async () => {
    const found = await all(readRefCoco(at("refcoco.parquet")));
    expect(found).toMatchObject([
      { cap: "left dot", patch_boxes: [1.5, 2, 4.5, 6] },
      { cap: "the red one", patch_boxes: [1.5, 2, 4.5, 6] },
    ]);
    expect(bytes(found[0]!.img)).toEqual(dot);
  });
});

test("speech", async () => {
  const libri = await all(readLibriSpeech(at("librispeech")));
  expect(libri.map((record) => ({ ...record, wav: below(record.wav) }))).toEqual([
    {
      id: "84-121123-0000",
      wav: "librispeech/84/121123/84-121123-0000.flac",
      text: "GO DO YOU HEAR",
    },
    {
      id: "84-121123-0001",
      wav: "librispeech/84/121123/84-121123-0001.flac",
      text: "BUT IN LESS THAN FIVE MINUTES",
    },
  ]);
  const lj = await all(readLjSpeech(at("ljspeech")));
  expect(lj.map((record) => ({ ...record, fbank: below(record.fbank) }))).toEqual([
    {
      id: "LJ001-0001",
      text: '"In nineteen eighty-four," he said.',
      fbank: "ljspeech/wavs/LJ001-0001.wav",
    },
    { id: "LJ001-0002", text: "No numbers here.", fbank: "ljspeech/wavs/LJ001-0002.wav" },
  ]);
});

test("videos", async () => {
  const videos = at("videos");
  const captions = await all(readMsrVtt(at("msrvtt.json"), { videos, split: "train" }));
  expect(captions.map((record) => ({ ...record, video: below(record.video) }))).toEqual([
    { video: "videos/video0.mp4", cap: "a dot moves", references: ["a dot moves", "it moves"] },
    { video: "videos/video0.mp4", cap: "it moves", references: ["a dot moves", "it moves"] },
  ]);
  expect(await all(readMsrVtt(at("msrvtt.json"), { videos }))).toHaveLength(3);
  expect(await all(readMsrVttQa(at("msrvtt-qa.json"), { videos }))).toMatchObject([
    { id: "1", question: "what moves?", answer: "dot" },
  ]);
  const clips = await all(readKinetics(at("kinetics.csv"), { videos }));
  expect(clips.map(({ video, label_name }) => [below(video), label_name])).toEqual([
    ["videos/-7aeB7vFtB4_000037_000047.mp4", "playing, the piano"],
    ["videos/playing_drums/ab_000000_000010.mp4", "playing drums"],
  ]);
});

test("structures", async () => {
  expect(await all(readSpider(at("spider.json"), { tables: at("spider-tables.json") }))).toEqual([
    {
      src: "How many singers?",
      database: {
        name: "concert_singer",
        tables: [
          { name: "stadium", columns: ["Stadium_ID", "Location"] },
          { name: "Singer", columns: ["Name"] },
        ],
      },
      tgt: "select count(*) from singer where name = 'Joe B'",
    },
  ]);
  expect(await all(readDart(at("dart.json")))).toEqual([
    {
      database: [
        ["Rome", "CAPITAL_OF", "Italy"],
        ["Italy", "IN", "Europe"],
      ],
      tgt: "Rome is the capital of Italy in Europe.",
      references: ["Rome is the capital of Italy in Europe.", "Italy's capital is Rome."],
    },
  ]);
  expect(await all(readFetaQa(at("fetaqa.jsonl")))).toEqual([
    {
      database: {
        columns: ["City", "Size"],
        rows: [
          ["Rome", "2.8"],
          ["Milan", ""],
        ],
      },
      name: "Big Cities Italy",
      src: "Which is big?",
      tgt: "Rome, with 2.8 million.",
    },
  ]);
  const [old] = await all(readSudoku(at("sudoku.csv")));
  const [current] = await all(readSudoku(at("sudoku-9m.csv")));
  expect(old).toEqual(current);
  expect(old!.src[0]).toEqual([5, 3, 0, 0, 7, 0, 0, 0, 0]);
  expect(old!.tgt[8]).toEqual([3, 4, 5, 2, 8, 6, 1, 7, 9]);
});

test("motions, by a text beside the file or in texts/", async () => {
  const found = await all(readMotions(at("motions")));
  expect(found.map((record) => ({ ...record, bvh_frames: below(record.bvh_frames) }))).toEqual([
    { id: "b", text: "a jump", bvh_frames: "motions/b.bvh" },
    { id: "walk/a", text: "a person walks", bvh_frames: "motions/walk/a.bvh" },
    { id: "walk/a", text: "someone strolls", bvh_frames: "motions/walk/a.bvh" },
  ]);
});

test("any table by its columns", async () => {
  const [csv] = await all(
    readColumns(at("columns.csv"), {
      columns: {
        img: { column: "path", as: "file" },
        cap: "caption",
        label: { column: "kind", as: "label" },
      },
      labels: ["dot"],
    }),
  );
  expect({ ...csv, img: below(csv!.img) }).toEqual({
    img: "images/dot.png",
    cap: 'a "red" dot,\nin two lines',
    label: "dot",
  });
  const columns = { img: { column: "img", as: "base64" }, n: "n" } as const;
  const [json] = await all(readColumns(at("columns.jsonl"), { columns }));
  expect([bytes(json!.img), json!.n]).toEqual([dot, 3]);
  const parquet = { img: { column: "image", as: "bytes" }, n: "label" } as const;
  const [first] = await all(readColumns(at("imagenet.parquet"), { columns: parquet }));
  expect([bytes(first!.img), first!.n]).toEqual([dot, 1]);
  const sst = await all(readColumns(at("glue-sst2.tsv"), { columns: { text: "sentence" } }));
  expect(sst).toEqual([{ text: 'a "fine" film' }, { text: "dull" }]);
});
