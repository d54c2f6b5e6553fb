/** Images: classes, captions, questions, regions, and pictures that are drawn. */

import {
  readCocoCaptions,
  readCocoObjects,
  readImageClasses,
  readOfaCaptions,
  readOfaClasses,
  readOfaEntailment,
  readOfaGrounding,
  readOfaVqa,
  readRefCoco,
  readVqa,
} from "../readers/index.ts";
import { type WorldRecordsOptions, worldRecords } from "../records.ts";
import {
  askScenes,
  captionScenes,
  classifyShapes,
  detectScenes,
  drawingScenes,
  ENTAILMENT_LABELS,
  entailScenes,
  referScenes,
  SHAPE_LABELS,
} from "../worlds/index.ts";
import { SCENE_ANSWERS } from "./answers.ts";
import { type DataFiles, format } from "./data-files.ts";
import { pictureVector } from "./features.ts";
import { referencesOr } from "./language.ts";
import { definePreset, isTsv, type Preset, renamed, SMOOTHING } from "./preset.ts";

/** Captions of OFA's .tsv or of COCO's .json. */
export const captions = (files: DataFiles) =>
  isTsv(files)
    ? format({ read: () => readOfaCaptions(files.file, files) })
    : format({ needs: ["images"], read: (all) => readCocoCaptions(all.file, all) });

export const captionRecords = (options?: WorldRecordsOptions) =>
  worldRecords(
    captionScenes,
    ({ image, caption, references }) => ({ img: image, cap: caption, references }),
    options,
  );

export const drawingRecords = (options?: WorldRecordsOptions) =>
  worldRecords(drawingScenes, ({ image, caption }) => ({ text: caption, img: image }), options);

export const drawings = (files: DataFiles) => {
  const { read, ...keys } = captions(files);
  return format({
    ...keys,
    read: (all) => renamed(read(all), ({ img, cap }) => ({ text: cap, img })),
  });
};

/** The metric of CLIP similarity over what pictures look like, since there is no CLIP here. */
export const pictureSimilarity = {
  name: "clip_ti",
  prediction: pictureVector,
  references: (record: object) => pictureVector((record as { readonly img: unknown }).img),
} as const;

const regionFormat = (files: DataFiles) =>
  isTsv(files)
    ? format({ read: () => readOfaGrounding(files.file, files) })
    : format({ takes: ["images"], read: () => readRefCoco(files.file, files) });

const regions = (options?: WorldRecordsOptions) =>
  worldRecords(
    referScenes,
    ({ image, phrase, box }) => ({ img: image, cap: phrase, patch_boxes: box }),
    options,
  );

export const vision: readonly Preset[] = [
  definePreset({
    name: "image-classification",
    number: 5,
    about: "what an image shows",
    instruction: "[IMAGE:image] what does the image describe? -> [TEXT:label_name,closed_set]",
    data: "ImageNet (folders, .parquet, OFA's .tsv)",
    metric: { name: "accuracy" },
    closedSet: SHAPE_LABELS,
    options: { smoothing: SMOOTHING },
    world: (options) =>
      worldRecords(classifyShapes, ({ image, label }) => ({ image, label_name: label }), options),
    format: (files) =>
      isTsv(files)
        ? format({ takes: ["labels"], read: () => readOfaClasses(files.file, files) })
        : format({ takes: ["names", "labels"], read: () => readImageClasses(files.file, files) }),
  }),
  definePreset({
    name: "visual-entailment",
    number: 6,
    about: "whether image and text imply a text",
    instruction:
      '[IMAGE:img] can image and text1 " [TEXT:cap] " imply text2 " [TEXT:hyp] "? -> can image and ' +
      'text1 " [TEXT:cap,no_loss] " imply text2 " [TEXT:hyp,no_loss] "? [TEXT:label,closed_set]',
    data: "SNLI-VE as OFA's .tsv",
    metric: { name: "accuracy" },
    closedSet: ENTAILMENT_LABELS,
    options: { smoothing: SMOOTHING },
    world: (options) =>
      worldRecords(
        entailScenes,
        ({ image, caption, hypothesis, label }) => ({
          img: image,
          cap: caption,
          hyp: hypothesis,
          label,
        }),
        options,
      ),
    format: format({ read: (files) => readOfaEntailment(files.file, files) }),
  }),
  definePreset({
    name: "caption",
    number: 7,
    about: "captions of images",
    instruction: "[IMAGE:img] what does the image describe? -> [TEXT:cap]",
    data: "COCO (.json with images, OFA's .tsv)",
    metric: { name: "cider", references: (record) => referencesOr(record, "cap") },
    options: { smoothing: SMOOTHING },
    world: captionRecords,
    format: captions,
  }),
  definePreset({
    name: "vqa",
    number: 8,
    about: "questions about images",
    instruction: "[IMAGE:image] [TEXT:question] -> [TEXT:answer,closed_set]",
    data: "VQA v2 (.json with images and annotations, OFA's .tsv)",
    metric: { name: "vqa_score", references: (record) => referencesOr(record, "answer") },
    closedSet: SCENE_ANSWERS,
    options: { smoothing: SMOOTHING },
    world: (options) =>
      worldRecords(
        askScenes,
        ({ image, question, answer }) => ({ image, question, answer }),
        options,
      ),
    format: (files) =>
      isTsv(files)
        ? format({ takes: ["labels"], read: () => readOfaVqa(files.file, files) })
        : format({
            needs: ["images", "annotations"],
            takes: ["labels"],
            read: (all) => readVqa(all.file, all),
          }),
  }),
  definePreset({
    name: "text-to-image",
    number: 9,
    about: "images from captions",
    instruction:
      'what is the complete image? caption: [TEXT:text]"? -> ' +
      "[IMAGE:img,preprocess=image_vqgan,adaptor=image_vqgan]",
    data: "COCO (.json with images, OFA's .tsv)",
    metric: pictureSimilarity,
    world: drawingRecords,
    format: drawings,
  }),
  definePreset({
    name: "image-infilling",
    number: 10,
    about: "the hidden middle of an image",
    instruction:
      'what is the complete image of "[IMAGE:img,mask_ratio=0.5]"? -> ' +
      "[IMAGE:img,preprocess=image_vqgan,adaptor=image_vqgan]",
    data: "images with captions, or in folders",
    metric: pictureSimilarity,
    world: drawingRecords,
    format: (files) =>
      isTsv(files) || files.images
        ? drawings(files)
        : format({
            read: () =>
              renamed(readImageClasses(files.file, files), ({ image }) => ({ img: image })),
          }),
  }),
  definePreset({
    name: "grounding",
    number: 11,
    about: "the region that a text describes",
    instruction:
      '[IMAGE:img] which region does the text " [TEXT:cap] " describe? -> [BOX:patch_boxes]',
    data: "RefCOCO (.parquet, .jsonl, OFA's .tsv)",
    metric: { name: "iou_acc" },
    options: { smoothing: SMOOTHING },
    world: regions,
    format: regionFormat,
  }),
  definePreset({
    name: "grounded-caption",
    number: 12,
    about: "what a region shows",
    instruction:
      "[IMAGE:img] what does the region describe? region: [BOX:patch_boxes] -> [TEXT:cap]",
    data: "RefCOCO (.parquet, .jsonl, OFA's .tsv)",
    metric: { name: "cider" },
    world: regions,
    format: regionFormat,
  }),
  definePreset({
    name: "detection",
    number: 13,
    about: "all objects and where they are",
    instruction: "[IMAGE:img] what are the objects in the image? -> ( [BOX:box] [TEXT:label])*",
    data: "COCO instances (.json with images)",
    metric: { name: "detection_ap" },
    options: { generate: { beam: 1, maxLength: 256 } },
    world: (options) =>
      worldRecords(detectScenes, ({ image, objects }) => ({ img: image, items: objects }), options),
    format: format({
      needs: ["images"],
      read: (files) => readCocoObjects(files.file, files),
    }),
  }),
];
