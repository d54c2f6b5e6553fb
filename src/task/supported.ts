/** What instructions may name that no network of onefold does, or not this one: refused, not ignored. */

import type { Instruction, Side, Slot } from "./grammar/ast.ts";
import { slotsOf } from "./grammar/check.ts";
import { InstructionError } from "./grammar/instruction-error.ts";
import type { TaskModelConfig } from "./model/config.ts";

interface Gap {
  readonly modality: string;
  /** Left out: on both. */
  readonly side?: Side;
  readonly key: string;
  /** Left out: any. */
  readonly value?: string;
  readonly instead: string;
}

const PIXELS = "leave it out: images are read as pixels";

const gaps: readonly Gap[] = [
  {
    modality: "TEXT",
    key: "preprocess",
    value: "text_phone",
    instead: "leave it out: the text is learned without its phones",
  },
  { modality: "TEXT", key: "preprocess", value: "category", instead: "write closed_set" },
  {
    modality: "TEXT",
    side: "target",
    key: "disable_auto_boseos",
    instead: "leave it out: an answer needs its end",
  },
  {
    modality: "IMAGE",
    key: "length",
    instead: "leave it out: an image has as many codes as the model's grid",
  },
  ...["imagenet", "imagepretrain"].map((value) => ({
    modality: "IMAGE",
    key: "preprocess",
    value,
    instead: "leave it out, and change the images before they are given",
  })),
  ...["preprocess", "adaptor"].map((key) => ({
    modality: "IMAGE",
    side: "source" as const,
    key,
    value: "image_vqgan",
    instead: PIXELS,
  })),
  {
    modality: "AUDIO",
    key: "preprocess",
    value: "audio_embed",
    instead: "leave it out: sound is read as log-mel frames",
  },
  {
    modality: "AUDIO",
    side: "target",
    key: "adaptor",
    value: "audio_fbank",
    instead: "write adaptor=audio_tgt_fbank",
  },
  ...["sample_rate", "anchor_frame", "soft_trim"].map((key) => ({
    modality: "MOTION",
    key,
    instead: "leave it out, and change the motions before they are given",
  })),
];

/** @throws InstructionError at the first thing that is not supported */
export function checkSupported(instruction: Instruction): void {
  for (const { slot, side } of slotsBySide(instruction)) {
    const { modality, attributes, position } = slot;
    const gap = gaps.find(
      ({ key, value, ...of }) =>
        of.modality === modality &&
        (of.side === undefined || of.side === side) &&
        attributes[key] !== undefined &&
        (value === undefined || attributes[key] === value),
    );
    if (!gap) continue;
    const what = gap.value === undefined ? gap.key : `${gap.key}=${gap.value}`;
    throw new InstructionError(
      instruction.text,
      position,
      `'${what}' of [${modality}] is not supported yet; ${gap.instead}`,
    );
  }
}

/** @throws InstructionError where a slot names what this model does not have */
export function checkModel(instruction: Instruction, c: TaskModelConfig): void {
  for (const { slot, side } of slotsBySide(instruction)) {
    const { modality, attributes, position } = slot;
    for (const [key, own] of Object.entries(modelHas(slot, side, c))) {
      const named = attributes[key];
      if (named === undefined || own === undefined || named === own) continue;
      throw new InstructionError(
        instruction.text,
        position,
        `[${modality}] names ${key}=${named}; this model has ${own}`,
      );
    }
  }
}

/** What is the model's own, by the attribute that may name it. */
function modelHas({ modality }: Slot, side: Side, c: TaskModelConfig) {
  if (modality === "IMAGE" && side === "source" && c.image) return { adaptor: imageAdaptorOf(c) };
  if (modality === "AUDIO" && side === "source" && c.audio) {
    return { n_frames_per_step: c.audio.stack * (c.audio.merge ?? 1) };
  }
  if (modality === "AUDIO" && c.speech) return { n_frames_per_step: c.speech.stack };
  return {};
}

function imageAdaptorOf({ body, image }: TaskModelConfig): string {
  if (body.kind === "ofa") {
    return typeof body.config.stem === "string" ? "image_resnet" : "image_patch_embed";
  }
  return image && image.layers > 0 ? "image_vit" : "image_patch_embed";
}

const slotsBySide = ({ source, target }: Instruction) => [
  ...slotsOf(source).map((slot) => ({ slot, side: "source" as const })),
  ...slotsOf(target).map((slot) => ({ slot, side: "target" as const })),
];
