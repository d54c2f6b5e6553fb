/** What a slot's attributes do to its record. */

import { describe, expect, test } from "vitest";
import { animateFigure } from "../../../src/media/index.ts";
import { createRandom } from "../../../src/nn/random.ts";
import {
  type PreparedSample,
  parseInstruction,
  planOf,
  prepareSample,
  type StartingModel,
  type TaskRecord,
} from "../../../src/task/index.ts";
import { motionFrames } from "../../../src/task/prepare/media.ts";
import { tinyStart } from "../tiny.ts";

const decoder = await tinyStart("decoder");
const ofa = await tinyStart("ofa");

interface Given {
  readonly record: TaskRecord;
  readonly model?: StartingModel;
  /** Left out: as at inference. */
  readonly seed?: number;
  /** Of what is hidden alone. */
  readonly masks?: number;
  readonly closedSet?: readonly string[];
}

const prepare = (text: string, { record, model = decoder, seed, masks, closedSet }: Given) =>
  prepareSample(planOf(parseInstruction(text)), record, {
    config: model.config,
    vocabulary: model.vocabulary,
    closedSet,
    ...(seed !== undefined && { random: createRandom(seed) }),
    ...(masks !== undefined && { masks: createRandom(masks) }),
  });

const sourceText = ({ groups }: PreparedSample, { vocabulary } = decoder) =>
  groups.map((group) => (group.kind === "text" ? vocabulary.decode(group.ids) : group.kind)).join();

function tokens({ target }: PreparedSample) {
  if (target.kind !== "tokens") throw new Error("expected tokens");
  return target;
}

const words = "one two three four one two three four one two three four";
const text = { record: { a: words, b: words } };

describe("text", () => {
  test("max_length, uncased, no_punctuation", async () => {
    const cut = tokens(await prepare("[TEXT:a] -> [TEXT:b,max_length=3]", text));
    expect(cut.ids).toHaveLength(4); // with the end
    const record = { a: "One, TWO!", b: "x" };
    const changed = await prepare("[TEXT:a,uncased,no_punctuation] -> [TEXT:b]", { record });
    expect(sourceText(changed)).toContain("one two");
  });

  test("mask_ratio hides words in training alone", async () => {
    const instruction = "[TEXT:a,mask_ratio=0.5] -> [TEXT:b]";
    const masked = sourceText(await prepare(instruction, { ...text, seed: 1 }));
    expect(masked.match(/_/g)).toHaveLength(6);
    expect(sourceText(await prepare(instruction, text))).not.toContain("_");
  });

  test("what an evaluation hides is drawn by its own seed, and nothing else is corrupted", async () => {
    const instruction = "[TEXT:a,mask_ratio=0.5] -> [TEXT:b,noise_ratio=1]";
    const one = await prepare(instruction, { ...text, masks: 1 });
    expect(sourceText(one).match(/_/g)).toHaveLength(6);
    expect(tokens(one).fed).toBeUndefined(); // noise_ratio
    expect(await prepare(instruction, { ...text, masks: 1 })).toEqual(one);
    expect(sourceText(await prepare(instruction, { ...text, masks: 2 }))).not.toBe(sourceText(one));
  });

  test("noise_ratio changes what is read, on either side, not what is learned", async () => {
    const clean = await prepare("[TEXT:a] -> [TEXT:b]", text);
    const noisy = await prepare("[TEXT:a,noise_ratio=0.5] -> [TEXT:b,noise_ratio=0.5]", {
      ...text,
      seed: 1,
    });
    expect(noisy.groups).not.toEqual(clean.groups);
    const { ids, fed } = tokens(noisy);
    expect(ids).toEqual(tokens(clean).ids);
    const changed = fed!.filter((id, i) => id !== ids[i]).length;
    expect(changed).toBeGreaterThan(3);
    expect(changed).toBeLessThan(ids.length - 3);
    const { tokenizer } = decoder.vocabulary;
    expect(fed!.slice(0, -1).some((id) => tokenizer.specialIds.includes(id))).toBe(false);
  });

  test("no_loss is given, closed_set limits", async () => {
    const sample = tokens(
      await prepare("[TEXT:a] -> it is [TEXT:a,no_loss] [TEXT:b,closed_set]", {
        record: { a: "one", b: "yes" },
        closedSet: ["yes", "no"],
      }),
    );
    const { vocabulary } = decoder;
    expect(vocabulary.decode(sample.ids.slice(0, sample.prefix))).toBe("it is one");
    expect(sample.allowed).toHaveLength(sample.ids.length - sample.prefix);
  });

  test("disable_auto_boseos leaves OFA's marks around a text out", async () => {
    const given = { ...text, model: ofa };
    const idsOf = ({ groups: [group] }: PreparedSample) => group.kind === "text" && group.ids;
    const { sourceOpen, sourceClose } = ofa.vocabulary.marks;
    const bare = idsOf(await prepare("[TEXT:a,disable_auto_boseos] -> [TEXT:b]", given));
    const marked = idsOf(await prepare("[TEXT:a] -> [TEXT:b]", given));
    expect(marked).toEqual([...sourceOpen, ...(bare as number[]), ...sourceClose]);
  });
});

test("a source that says nothing is still a sentence", async () => {
  for (const model of [decoder, ofa]) {
    const { groups } = await prepare("-> [TEXT:b]", { ...text, model });
    expect(groups.map(({ kind }) => kind)).toEqual(["text"]);
  }
});

test("STRUCT names its kind, or takes it as it is", async () => {
  const table = { columns: ["a"], rows: [["X"]] };
  const of = (attributes: string) =>
    prepare(`[STRUCT:s${attributes}] -> [TEXT:b]`, { record: { s: table, b: "x" } });
  expect(sourceText(await of(",preprocess=table"))).toContain("[table content] X");
  expect(sourceText(await of(",uncased"))).toContain("[table content] x");
  await expect(of(",preprocess=database")).rejects.toThrow(
    "was given rows, but names preprocess=database; write preprocess=table",
  );
});

test("IMAGE masks its middle in training alone", async () => {
  const image = { width: 16, height: 16, data: new Uint8Array(768).fill(255) };
  const record = { img: image, b: "x" };
  const zeros = async (seed?: number) => {
    const { groups } = await prepare("[IMAGE:img,mask_ratio=0.5] -> [TEXT:b]", { record, seed });
    const group = groups.find(({ kind }) => kind === "image");
    return group?.kind === "image" && group.pixels.filter((value) => value === 0).length;
  };
  expect(await zeros(1)).toBe(3 * 8 * 8);
  expect(await zeros()).toBe(0);
});

test("AUDIO use_mask masks frames and bands in training alone", async () => {
  const samples = Float32Array.from({ length: 16_000 }, (_, i) => Math.sin(i / 3));
  const record = { wav: { sampleRate: 16_000, samples }, b: "x" };
  const features = async (seed?: number) => {
    const { groups } = await prepare("[AUDIO:wav,use_mask] -> [TEXT:b]", { record, seed });
    const group = groups.find(({ kind }) => kind === "audio");
    return group?.kind === "audio" ? group.features : new Float32Array(0);
  };
  const [plain, masked] = [await features(), await features(3)];
  const changed = plain.filter((value, i) => value !== masked[i]).length;
  expect(changed).toBeGreaterThan(0.02 * plain.length);
  expect(changed).toBeLessThan(0.95 * plain.length);
  expect(plain.every((value, i) => value === masked[i] || masked[i] === 0)).toBe(true);
});

describe("MOTION", () => {
  const c = decoder.config.motion!; // 8 frames at 4 a second
  const motion = animateFigure("walk", { duration: 5, framesPerSecond: 4 });
  const frames = (attributes: Parameters<typeof motionFrames>[3], seed?: number) =>
    motionFrames(motion, c, "m", attributes, seed === undefined ? undefined : createRandom(seed));

  test("max_length cuts, window begins anywhere in training", () => {
    expect(frames({}).count).toBe(8);
    expect(frames({ max_length: 3 }).count).toBe(3);
    const first = frames({ window: true });
    expect(first.frames).toEqual(frames({}).frames);
    expect(frames({ window: true }, 2).frames).not.toEqual(first.frames);
  });

  test("min_length leaves short ones out of training", () => {
    expect(() => frames({ min_length: 30 }, 1)).toThrow("fewer than min_length=30");
    expect(frames({ min_length: 30 }).count).toBe(8);
  });
});
