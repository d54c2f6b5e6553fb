/**
 * The nine modalities of OFASys, with the attributes that its code reads.
 * @see "OFASys: A Multi-Modal Multi-Task Learning System for Building Generalist Models", 2022
 */

import type { Modality } from "./modality.ts";

const both = ["source", "target"] as const;

const flag = { kind: "flag", sides: both } as const;
const length = { kind: "integer", sides: both, min: 1 } as const;
const ratio = { kind: "number", sides: both, min: 0, max: 1 } as const;

/** Fed to the decoder without loss; at inference a prefix that is given. */
const no_loss = { kind: "flag", sides: ["target"] } as const;
/** Train-time corruption of what the encoder reads. */
const mask_ratio = { ...ratio, sides: ["source"] } as const;

/** The same presets on both sides. */
const eitherSide = <const P>(presets: P) => ({ source: presets, target: presets });

export const builtinModalities = [
  {
    name: "TEXT",
    sides: eitherSide({ preprocess: ["text", "text_phone", "category"], adaptor: ["text"] }),
    isTextLike: true,
    attributes: {
      max_length: length,
      mask_ratio,
      noise_ratio: ratio, // on the target: of the tokens that the decoder reads
      uncased: flag,
      no_punctuation: flag,
      no_loss,
      closed_set: { kind: "flag", sides: ["target"] },
      disable_auto_boseos: flag,
    },
  },
  {
    name: "IMAGE",
    sides: {
      source: {
        preprocess: ["image", "imagenet", "imagepretrain", "image_vqgan"],
        adaptor: ["image_resnet", "image_vit", "image_patch_embed", "image_vqgan"],
      },
      target: { preprocess: ["image_vqgan"], adaptor: ["image_vqgan"] },
    },
    isTextLike: false,
    attributes: { length, mask_ratio },
  },
  {
    name: "BOX",
    sides: eitherSide({ preprocess: ["box"], adaptor: ["text"] }),
    isTextLike: true,
    attributes: { no_loss },
  },
  {
    name: "AUDIO",
    sides: {
      source: { preprocess: ["audio", "audio_embed"], adaptor: ["audio_fbank"] },
      target: { preprocess: ["audio"], adaptor: ["audio_tgt_fbank", "audio_fbank"] },
    },
    isTextLike: false,
    attributes: { use_mask: { kind: "flag", sides: ["source"] }, n_frames_per_step: length },
  },
  {
    name: "VIDEO",
    sides: { source: { preprocess: ["video"], adaptor: ["video_image_sequence"] } },
    isTextLike: false,
    attributes: {},
  },
  {
    name: "MOTION",
    sides: eitherSide({ preprocess: ["motion_6d"], adaptor: ["motion_6d"] }),
    isTextLike: false,
    attributes: {
      max_length: length,
      min_length: length,
      sample_rate: length,
      anchor_frame: { ...length, min: 0 },
      soft_trim: { kind: "number", sides: both, min: 0 },
      window: flag,
    },
  },
  {
    name: "STRUCT",
    sides: eitherSide({ preprocess: ["table", "database"], adaptor: ["text"] }),
    isTextLike: true,
    attributes: { max_length: length, uncased: flag, no_punctuation: flag, no_loss },
  },
  {
    name: "PHONE",
    sides: eitherSide({ preprocess: ["phone"], adaptor: ["text"] }),
    isTextLike: true,
    attributes: { max_length: length, mask_ratio, no_loss },
  },
  {
    name: "CATEGORY",
    sides: eitherSide({ preprocess: ["category"], adaptor: ["text"] }),
    isTextLike: false,
    attributes: { uncased: flag, no_punctuation: flag, no_loss },
  },
] as const satisfies readonly Modality[];
