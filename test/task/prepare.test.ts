/** Records as numbers: sentences, masks, boxes, closed sets, media; and what is refused. */

import { describe, expect, it } from "vitest";
import { figureSkeleton, logMel } from "../../src/media/index.ts";
import { createRandom } from "../../src/nn/index.ts";
import type { PreparedGroup, PreparedTarget } from "../../src/task/prepare/sample.ts";
import {
  BINS,
  clip,
  decoderModel,
  noiseImage,
  prepare,
  shownIds,
  spans,
  standing,
  tone,
  vocabulary,
} from "./support.ts";

const image = noiseImage(16, 16);

function textOf(group: PreparedGroup | undefined): string {
  if (group?.kind !== "text") throw new Error(`expected text, got ${group?.kind}`);
  return shownIds(group.ids);
}

function tokensOf(target: PreparedTarget) {
  if (target.kind !== "tokens") throw new Error(`expected tokens, got ${target.kind}`);
  return target;
}

const END = "<think>\n\n</think>\n\n";

describe("sentences", () => {
  it("of a chat model stand around all groups", async () => {
    const { groups } = await prepare("look at [IMAGE:i] and say [TEXT:q] -> [TEXT:a]", {
      i: image,
      q: "why",
      a: "so",
    });
    expect(groups.map(({ kind }) => kind)).toEqual(["text", "image", "text"]);
    expect(textOf(groups[0])).toBe("<|im_start|>user\nlook at");
    const [, , last] = groups;
    // The last token of the template's opening is what the answer starts from.
    const { targetStart } = vocabulary.marks;
    if (last?.kind !== "text") throw new Error("expected text");
    expect(shownIds([...last.ids, targetStart])).toBe(
      ` and say why<|im_end|>\n<|im_start|>assistant\n${END}`,
    );
  });

  it("of OFA stand around each stretch of text", async () => {
    const { groups } = await prepare(
      "[IMAGE:i] say [TEXT:q] -> [TEXT:a]",
      { i: image, q: "why", a: "so" },
      { vocabulary: spans },
    );
    expect(groups.map(({ kind }) => kind)).toEqual(["image", "text"]);
    expect(textOf(groups[1])).toBe("<s> say why</s>");
  });
});

describe("targets", () => {
  it("are learned from behind the prefix up to the end", async () => {
    const record = { q: "Q", a: "the answer" };
    const { target } = await prepare("go -> so [TEXT:q,no_loss] : [TEXT:a]", record);
    const { ids, prefix } = tokensOf(target);
    expect(shownIds(ids.slice(0, prefix))).toBe("so Q :");
    expect(shownIds(ids.slice(prefix))).toBe(" the answer<|im_end|>");
  });

  it("keep to a slot's most tokens", async () => {
    const { target } = await prepare("go -> [TEXT:a,max_length=4]", { a: "abcdefgh" });
    expect(shownIds(tokensOf(target).ids)).toBe("abcd<|im_end|>");
  });

  it("of a group are its items in order", async () => {
    const items = [
      { b: [0, 0, 8, 8], l: "cat" },
      { b: [8, 4, 16, 16], l: "dog" },
    ];
    const text = "[IMAGE:i] find -> ( [BOX:b] is [TEXT:l] )*";
    const { target } = await prepare(text, { i: image, items });
    expect(shownIds(tokensOf(target).ids)).toBe(
      "<bin_0><bin_0><bin_4><bin_4> is cat<bin_4><bin_2><bin_8><bin_8> is dog<|im_end|>",
    );
    await expect(prepare(text, { i: image })).rejects.toThrow(
      'task: a repeated group needs "items", a list of records of its slots',
    );
  });

  it("of an image are its codes, in a grid only where nothing stands before them", async () => {
    const start = vocabulary.codes!.start;
    const ids = [5, 0, 3, 2].map((code) => start + code);
    const { target } = await prepare("draw -> [IMAGE:i]", { i: image });
    expect(target).toMatchObject({ ids: [...ids, vocabulary.marks.targetEnd], isCodes: true });
    const behind = tokensOf((await prepare("draw -> so [IMAGE:i]", { i: image })).target);
    expect(behind.isCodes).toBe(false);
    expect(behind.ids.slice(behind.prefix, -1)).toEqual(ids);
  });
});

describe("closed sets", () => {
  const closedSet = ["cat", "car", "dog"];
  const text = "[TEXT:q] -> [TEXT:a,closed_set]";

  it("say what may stand at each place", async () => {
    const { target } = await prepare(text, { q: "?", a: "car" }, { closedSet });
    const allowed = tokensOf(target).allowed!.map((ids) => Array.from(ids, (id) => shownIds([id])));
    expect(allowed).toEqual([["c", "d"], ["a"], ["t", "r"], ["<|im_end|>"]]);
  });

  it("begin with a blank behind a prefix", async () => {
    const { target } = await prepare(
      `${text.slice(0, 11)}so [TEXT:a,closed_set]`,
      {
        q: "?",
        a: "dog",
      },
      { closedSet },
    );
    expect(Array.from(tokensOf(target).allowed![0]!, (id) => shownIds([id]))).toEqual([" "]);
  });

  it("refuse an answer outside, by its place", async () => {
    const options = { closedSet, where: "data.jsonl:3" };
    await expect(prepare(text, { q: "?", a: "cow" }, options)).rejects.toThrow(
      'data.jsonl:3: [TEXT:a]: "cow" is not among the 3 answers of the closed set',
    );
    await expect(prepare(text, { q: "?", a: "ca" }, options)).rejects.toThrow('"ca" is not among');
    await expect(prepare(text, { q: "?", a: "cat" })).rejects.toThrow(
      "task: a closed set needs answers (closedSet)",
    );
  });
});

describe("boxes", () => {
  it("are shares of the image's sides", async () => {
    const box = [0, 5, 20, 10];
    const { groups } = await prepare("[IMAGE:i] what is in [BOX:b]? -> [TEXT:a]", {
      i: noiseImage(40, 10),
      b: box,
      a: "it",
    });
    const bins = box.map((at, i) => Math.round((at / (i % 2 === 0 ? 40 : 10)) * (BINS - 1)));
    expect(textOf(groups[2])).toContain(` what is in${bins.map((b) => `<bin_${b}>`).join("")} ?`);
  });

  it.each([
    [{ i: image, b: [1, 2, 3] }, "[BOX:b] was given [1,2,3]; expected [left, top, right, bottom]"],
    [{ i: image, b: [1, 2, 3, "4"] }, "expected [left, top, right, bottom] in pixels"],
  ])("%#: are four numbers", async (record, message) => {
    await expect(prepare("[IMAGE:i] find -> [BOX:b]", record)).rejects.toThrow(message);
  });

  it("lie in an image", async () => {
    await expect(prepare("find -> [BOX:b]", { b: [0, 0, 1, 1] })).rejects.toThrow(
      "[BOX:b] needs an image to lie in: name an [IMAGE] before ->",
    );
  });
});

describe("what training corrupts", () => {
  const words = "one two three four five six seven eight nine ten";
  const masked = async (seed: number) => {
    const random = createRandom(seed);
    const text = "[TEXT:a,mask_ratio=0.3] -> [TEXT:a]";
    return prepare(text, { a: words }, { random });
  };

  it("masks words, as many as are wanted and the same from one seed", async () => {
    const [one, again, other] = await Promise.all([masked(1), masked(1), masked(2)]);
    const source = textOf(one!.groups[0])
      .slice("<|im_start|>user\n".length)
      .split("<|im_end|>")[0]!;
    const kept = source.split(" ");
    expect(kept.length).toBe(10);
    expect(kept.filter((word) => word === "_").length).toBe(3);
    kept.forEach((word, i) => {
      if (word !== "_") expect(word).toBe(words.split(" ")[i]);
    });
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
    expect(shownIds(tokensOf(one!.target).ids)).toBe(`${words}<|im_end|>`);
    const plain = await prepare("[TEXT:a,mask_ratio=0.3] -> [TEXT:a]", { a: words });
    expect(textOf(plain.groups[0])).toContain(words);
  });

  it("feeds noise in place of some tokens, and learns the true ones", async () => {
    const noisy = async (seed: number) => {
      const random = createRandom(seed);
      return tokensOf(
        (await prepare("go -> [TEXT:a,noise_ratio=0.5]", { a: words }, { random })).target,
      );
    };
    const [one, again] = await Promise.all([noisy(3), noisy(3)]);
    expect(again).toEqual(one);
    expect(shownIds(one!.ids)).toBe(`${words}<|im_end|>`);
    const changed = one!.fed!.filter((id, i) => id !== one!.ids[i]).length;
    expect(one!.fed!.length).toBe(one!.ids.length);
    expect(changed / one!.ids.length).toBeGreaterThan(0.3);
    expect(changed / one!.ids.length).toBeLessThan(0.7);
    expect(Math.max(...one!.fed!)).toBeLessThan(decoderModel.body.config.vocabSize);
  });

  it("blanks the middle of an image", async () => {
    const text = "[IMAGE:i,mask_ratio=0.5] draw -> [IMAGE:i]";
    const pixelsOf = async (random?: ReturnType<typeof createRandom>): Promise<Float32Array> => {
      const [, group] = (await prepare(text, { i: image }, { random })).groups;
      if (group?.kind !== "image") throw new Error("expected an image");
      return group.pixels;
    };
    const [whole, blanked] = [await pixelsOf(), await pixelsOf(createRandom(1))];
    for (let i = 0; i < whole.length; i++) {
      const [row, column] = [Math.floor(i / 16) % 16, i % 16];
      const isMiddle = [row, column].every((at) => at >= 4 && at < 12);
      expect(blanked[i]).toBe(isMiddle ? 0 : whole[i]);
    }
    expect(whole.filter((x) => x === 0).length).toBeLessThan(10);
  });
});

describe("sound", () => {
  const text = "[AUDIO:s] what is said? -> [TEXT:a]";
  // A position is 2 x 2 frames of 160 samples.
  it("is log-mel frames, silence behind its end", async () => {
    const sound = tone(1500);
    const { groups } = await prepare(text, { s: sound, a: "a" });
    const [, group] = groups;
    if (group?.kind !== "audio") throw new Error("expected audio");
    expect(group.positions).toBe(3);
    expect(group.features.length).toBe(3 * 16);
    expect(group.features).toEqual(logMel(sound, { mels: 4, length: 1920 }).data);
  });

  it("is refused where it is empty or too long", async () => {
    const where = "data.jsonl:7";
    await expect(prepare(text, { s: tone(0), a: "a" }, { where })).rejects.toThrow(
      "task: data.jsonl:7: [AUDIO:s] is empty",
    );
    await expect(prepare(text, { s: tone(6401), a: "a" }, { where })).rejects.toThrow(
      "task: data.jsonl:7: [AUDIO:s] lasts 0.4 s; this model takes at most 0.4 s",
    );
    await expect(prepare("say -> [AUDIO:s]", { s: tone(0) })).rejects.toThrow("is empty");
    await expect(prepare("say -> [AUDIO:s]", { s: tone(16_000) })).rejects.toThrow(
      "task: [AUDIO:s] has 63 frames; this model gives at most 24",
    );
  });
});

describe("videos", () => {
  it("of fewer frames show them again, of more leave some out", async () => {
    const framesOf = async (count: number) => {
      const { groups } = await prepare("[VIDEO:v] -> [TEXT:a]", { v: clip(count), a: "a" });
      const group = groups.find(({ kind }) => kind === "video");
      if (group?.kind !== "video") throw new Error("expected a video");
      return [0, 1, 2].map((i) => group.pixels.slice(192 * i, 192 * (i + 1)));
    };
    const [few, own, many] = [await framesOf(2), await framesOf(3), await framesOf(9)];
    // Floor((i + 1/2) * 2 / 3): 0, 1, 1; of nine 1, 4, 7, of which only the second is among three.
    expect([few[0], few[1], few[2]]).toEqual([own[0], own[1], own[1]]);
    expect(many[0]).toEqual(own[1]);
    expect(many[1]).not.toEqual(own[1]);
    await expect(prepare("[VIDEO:v] -> [TEXT:a]", { v: clip(0), a: "a" })).rejects.toThrow(
      "task: [VIDEO:v] was given an object; expected a path, a file's bytes, or a Video with frames",
    );
  });
});

describe("motion", () => {
  it("is normalised, and cut to what the model gives", async () => {
    const { target } = await prepare("move -> [MOTION:m]", { m: standing(14) });
    if (target.kind !== "motion") throw new Error("expected motion");
    const { mean, features } = decoderModel.motion!;
    expect(target.count).toBe(10);
    expect(target.frames.length).toBe(10 * features);
    const short = await prepare("move -> [MOTION:m]", { m: standing(4) });
    if (short.target.kind !== "motion") throw new Error("expected motion");
    expect(short.target.count).toBe(4);
    expect(mean.length).toBe(features);
  });

  it("of another skeleton is refused", async () => {
    const [root, ...rest] = figureSkeleton.joints;
    const skeleton = { joints: [root!, ...rest.slice(0, 4)], ends: [] };
    await expect(prepare("move -> [MOTION:m]", { m: standing(3, skeleton) })).rejects.toThrow(
      `task: [MOTION:m] has 5 joints; this model gives ${figureSkeleton.joints.length}`,
    );
  });

  it("leaves the text out of one sample in ten in training", async () => {
    const random = createRandom(8);
    let empty = 0;
    for (let i = 0; i < 400; i++) {
      const { groups } = await prepare("walk -> [MOTION:m]", { m: standing(2) }, { random });
      if (!textOf(groups[0]).includes("walk")) empty++;
    }
    expect(empty).toBeGreaterThan(20);
    expect(empty).toBeLessThan(64);
  });
});

describe("refusals", () => {
  const { image: _, video: __, audio: ___, motion: ____, ...rest } = decoderModel;
  const bare = { config: { ...rest, bins: 0 }, where: "x.jsonl:2" };

  it.each([
    ["[IMAGE:v] -> [TEXT:a]", { v: image }, "IMAGE"],
    ["[VIDEO:v] -> [TEXT:a]", { v: clip(1) }, "VIDEO"],
    ["[AUDIO:v] -> [TEXT:a]", { v: tone(400) }, "AUDIO"],
    ["go -> [MOTION:v]", { v: standing(2) }, "MOTION"],
  ])("%s of a model without it", async (text, record, modality) => {
    await expect(prepare(text, { ...record, a: "a" }, bare)).rejects.toThrow(
      `task: this model does not take or give ${modality}`,
    );
  });

  it.each([
    ["[TEXT:q] -> [TEXT:a]", { a: "a" }, "x.jsonl:2: [TEXT:q] has no value; the record has a"],
    ["[TEXT:q] -> [TEXT:a]", { q: ["?"], a: "a" }, "[TEXT:q] was given an array; expected text"],
    ["[IMAGE:q] -> [TEXT:a]", { q: 5, a: "a" }, "[IMAGE:q] was given a number; expected a path"],
    [
      "[AUDIO:q] -> [TEXT:a]",
      { q: image, a: "a" },
      "[AUDIO:q] was given an object; expected a path",
    ],
  ])("%s: %#", async (text, record, message) => {
    await expect(prepare(text, record, { where: "x.jsonl:2" })).rejects.toThrow(message);
  });
});
