/** Videos: classes, captions, questions. */

import { readKinetics, readMsrVtt, readMsrVttQa } from "../readers/index.ts";
import { worldRecords } from "../records.ts";
import { askClips, CLIP_ACTIONS, captionClips, classifyClips } from "../worlds/index.ts";
import { CLIP_ANSWERS } from "./answers.ts";
import { format } from "./data-files.ts";
import { referencesOr } from "./language.ts";
import { definePreset, type Preset, SMOOTHING } from "./preset.ts";

export const video: readonly Preset[] = [
  definePreset({
    name: "video-classification",
    number: 14,
    about: "what happens in a video",
    instruction: "[VIDEO:video] what is in the video? -> [TEXT:label_name,closed_set]",
    data: "Kinetics (.csv with videos)",
    metric: { name: "accuracy" },
    closedSet: CLIP_ACTIONS,
    options: { smoothing: SMOOTHING },
    world: (options) =>
      worldRecords(
        classifyClips,
        ({ video: clip, label }) => ({ video: clip, label_name: label }),
        options,
      ),
    format: format({
      needs: ["videos"],
      takes: ["labels"],
      read: (files) => readKinetics(files.file, files),
    }),
  }),
  definePreset({
    name: "video-caption",
    number: 15,
    about: "captions of videos",
    instruction: "[VIDEO:video] what does the video describe? -> [TEXT:cap]",
    data: "MSR-VTT (.json with videos)",
    metric: { name: "cider", references: (record) => referencesOr(record, "cap") },
    options: { smoothing: SMOOTHING },
    world: (options) =>
      worldRecords(
        captionClips,
        ({ video: clip, caption, references }) => ({ video: clip, cap: caption, references }),
        options,
      ),
    format: format({
      needs: ["videos"],
      takes: ["split"],
      read: (files) => readMsrVtt(files.file, files),
    }),
  }),
  definePreset({
    name: "video-qa",
    number: 16,
    about: "questions about videos",
    instruction: "[VIDEO:video] [TEXT:question] -> [TEXT:answer,closed_set]",
    data: "MSR-VTT QA (.json with videos)",
    metric: { name: "vqa_score" },
    closedSet: CLIP_ANSWERS,
    options: { smoothing: SMOOTHING },
    world: (options) =>
      worldRecords(
        askClips,
        ({ video: clip, question, answer }) => ({ video: clip, question, answer }),
        options,
      ),
    format: format({
      needs: ["videos"],
      takes: ["labels"],
      read: (files) => readMsrVttQa(files.file, files),
    }),
  }),
];
