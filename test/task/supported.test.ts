/** Every attribute of the registry acts or is refused by name; the first half is below, the rest in prepare/. */

import { describe, expect, test } from "vitest";
import { type InstructionError, parseInstruction, planOf } from "../../src/task/index.ts";
import { checkModel } from "../../src/task/supported.ts";
import { tinyStart } from "./tiny.ts";

const decoder = (await tinyStart("decoder")).config;
const ofa = (await tinyStart("ofa")).config;

test.each([
  ["[AUDIO:a] -> [TEXT:b,preprocess=text_phone]", "'preprocess=text_phone' of [TEXT]", 13],
  ["[TEXT:a] -> [TEXT:b,preprocess=category]", "'preprocess=category' of [TEXT]", 12],
  ["[TEXT:a] -> [TEXT:b,disable_auto_boseos]", "'disable_auto_boseos' of [TEXT]", 12],
  ["[TEXT:a] -> [IMAGE:b,length=16]", "'length' of [IMAGE]", 12],
  ["[IMAGE:a,preprocess=imagenet] -> [TEXT:b]", "'preprocess=imagenet' of [IMAGE]", 0],
  ["[IMAGE:a,preprocess=imagepretrain] -> [TEXT:b]", "'preprocess=imagepretrain' of [IMAGE]", 0],
  ["[IMAGE:a,preprocess=image_vqgan] -> [TEXT:b]", "'preprocess=image_vqgan' of [IMAGE]", 0],
  ["[IMAGE:a,adaptor=image_vqgan] -> [TEXT:b]", "'adaptor=image_vqgan' of [IMAGE]", 0],
  ["[AUDIO:a,preprocess=audio_embed] -> [TEXT:b]", "'preprocess=audio_embed' of [AUDIO]", 0],
  ["[TEXT:a] -> [AUDIO:b,adaptor=audio_fbank]", "'adaptor=audio_fbank' of [AUDIO]", 12],
  ["[TEXT:a] -> [MOTION:b,sample_rate=2]", "'sample_rate' of [MOTION]", 12],
  ["[TEXT:a] -> [MOTION:b,anchor_frame=0]", "'anchor_frame' of [MOTION]", 12],
  ["[TEXT:a] -> [MOTION:b,soft_trim=0.5]", "'soft_trim' of [MOTION]", 12],
])("%s is refused when it is planned", (text, what, position) => {
  const instruction = parseInstruction(text);
  expect(() => planOf(instruction)).toThrow(`${what} is not supported yet; `);
  try {
    planOf(instruction);
  } catch (error) {
    expect((error as InstructionError).position).toBe(position);
  }
});

describe("what a slot names must be the model's own", () => {
  test.each([
    [
      "[IMAGE:a,adaptor=image_resnet] -> [TEXT:b]",
      "adaptor=image_resnet; this model has image_vit",
    ],
    ["[AUDIO:a,n_frames_per_step=2] -> [TEXT:b]", "n_frames_per_step=2; this model has 16"],
    ["[TEXT:a] -> [AUDIO:b,n_frames_per_step=2]", "n_frames_per_step=2; this model has 4"],
  ])("%s", (text, message) => {
    expect(() => checkModel(parseInstruction(text), decoder)).toThrow(message);
  });

  test("by the body's stem, and by nothing where nothing is named", () => {
    const of = (text: string) => () => checkModel(parseInstruction(text), ofa);
    expect(of("[IMAGE:a,adaptor=image_patch_embed] -> [TEXT:b]")).not.toThrow();
    expect(of("[IMAGE:a] [AUDIO:c,n_frames_per_step=16] -> [TEXT:b]")).not.toThrow();
    expect(of("[IMAGE:a,adaptor=image_vit] -> [TEXT:b]")).toThrow("has image_patch_embed");
  });
});
