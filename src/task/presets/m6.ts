/** What M6 is pretrained on (Lin et al. 2021): text and images with text, one network for all. */

import { referencesOr, sentences, texts } from "./language.ts";
import { definePreset, type Preset } from "./preset.ts";
import { captionRecords, captions, drawingRecords, drawings, pictureSimilarity } from "./vision.ts";

const TEXTS = 'rows with "text" (.jsonl, .parquet)';
const IMAGES = "images with captions (COCO's .json, OFA's .tsv)";

export const m6: readonly Preset[] = [
  definePreset({
    name: "m6-text-denoising",
    about: "M6: hidden words of a text",
    instruction: "[TEXT:text,mask_ratio=0.15] -> [TEXT:text]",
    data: TEXTS,
    metric: { name: "bleu" },
    options: { weight: 0.4 },
    world: sentences,
    format: texts,
  }),
  definePreset({
    name: "m6-language-model",
    about: "M6: text without a source",
    instruction: "-> [TEXT:text]",
    data: TEXTS,
    options: { weight: 0.2 },
    world: sentences,
    format: texts,
  }),
  definePreset({
    name: "m6-image-to-text",
    about: "M6: captions of images",
    instruction: "[IMAGE:img] -> [TEXT:cap]",
    data: IMAGES,
    metric: { name: "cider", references: (record) => referencesOr(record, "cap") },
    options: { weight: 0.2 },
    world: captionRecords,
    format: captions,
  }),
  definePreset({
    name: "m6-image-denoising",
    about: "M6: hidden words of a caption beside its image",
    instruction: "[IMAGE:img] [TEXT:cap,mask_ratio=0.15] -> [TEXT:cap]",
    data: IMAGES,
    metric: { name: "bleu" },
    options: { weight: 0.2 },
    world: captionRecords,
    format: captions,
  }),
  definePreset({
    name: "m6-text-to-image",
    about: "M6: images from captions",
    instruction: "[TEXT:text] -> [IMAGE:img]",
    data: IMAGES,
    metric: pictureSimilarity,
    options: { weight: 0.2 },
    world: drawingRecords,
    format: drawings,
  }),
];
