/** What the generalist learns: tasks over every modality, as instructions over generated worlds. */

import type { Random } from "../../../src/nn/random.ts";
import type { TaskRecord } from "../../../src/task/index.ts";
import {
  askCharts,
  askClips,
  askScenes,
  captionCharts,
  captionClips,
  captionScenes,
  describeMotions,
  detectScenes,
  drawingScenes,
  readDigits,
  readText,
  referScenes,
  type SpeechSample,
  type Split,
  type World,
} from "../../../src/task/worlds/index.ts";
import { codes, MOTION } from "./config.ts";

export interface GeneralistTask {
  readonly name: string;
  /** Templates, of which a sample takes one. */
  readonly instructions: readonly string[];
  /** Share of the micro-batches. */
  readonly weight: number;
  /** Multiplies its loss (default 1). */
  readonly lossScale?: number;
  /** Answers are learned one character at a time. */
  readonly isSpelled?: boolean;
  /** Values of the instruction's slots; `references` are all right answers. */
  readonly draw: (
    random: Random,
    split: Split,
  ) => { readonly record: TaskRecord; readonly references: readonly unknown[] };
}

const CAPTION = [
  "[IMAGE:image] what does the image describe? -> [TEXT:answer]",
  "[IMAGE:image] describe the image. -> [TEXT:answer]",
  "[IMAGE:image] what is in the picture? -> [TEXT:answer]",
];
const QUESTION = ["[IMAGE:image] [TEXT:question] -> [TEXT:answer]"];

/** @param speech clips that were spoken beforehand */
export const generalistTasks = (speech: World<SpeechSample>): readonly GeneralistTask[] => [
  {
    name: "caption",
    instructions: CAPTION,
    weight: 3,
    draw: (random, split) => captioned(captionScenes(random, split)),
  },
  {
    name: "question",
    instructions: QUESTION,
    weight: 4,
    draw: (random, split) => asked(askScenes(random, split)),
  },
  {
    name: "chart",
    instructions: CAPTION,
    weight: 0.5,
    draw: (random, split) => captioned(captionCharts(random, split)),
  },
  {
    name: "chart question",
    instructions: QUESTION,
    weight: 3,
    draw: (random, split) => asked(askCharts(random, split)),
  },
  {
    name: "read",
    instructions: [
      "[IMAGE:image] what is the text in the image? -> [TEXT:answer]",
      "[IMAGE:image] read the text. -> [TEXT:answer]",
    ],
    weight: 6,
    isSpelled: true,
    draw(random, split) {
      const { image, text } = readText(random, split);
      return { record: { image, answer: text }, references: [text] };
    },
  },
  {
    name: "digit",
    instructions: ["[IMAGE:image] which digit is written in the image? -> [TEXT:answer]"],
    weight: 0.3,
    draw(random, split) {
      const { image, digit } = readDigits(random, split);
      return { record: { image, answer: digit }, references: [digit] };
    },
  },
  {
    name: "find",
    instructions: [
      '[IMAGE:image] which region does the text " [TEXT:phrase] " describe? -> [BOX:box]',
      "[IMAGE:image] where is [TEXT:phrase]? -> [BOX:box]",
    ],
    weight: 3,
    draw(random, split) {
      const { image, phrase, box } = referScenes(random, split);
      return { record: { image, phrase, box }, references: [box] };
    },
  },
  {
    name: "detect",
    instructions: [
      "[IMAGE:image] what are the objects in the image? -> ( [BOX:box] [TEXT:label])*",
    ],
    weight: 1.5,
    draw(random, split) {
      const { image, objects } = detectScenes(random, split);
      return { record: { image, items: objects }, references: [objects] };
    },
  },
  {
    name: "listen",
    instructions: [
      "[AUDIO:audio] what is the text corresponding to the voice? -> [TEXT:answer]",
      "[AUDIO:audio] what is said? -> [TEXT:answer]",
    ],
    weight: 0.5,
    draw(random, split) {
      const { audio, text } = speech(random, split);
      return { record: { audio, answer: text }, references: [text] };
    },
  },
  {
    name: "clip",
    instructions: [
      "[VIDEO:video] what does the video describe? -> [TEXT:answer]",
      "[VIDEO:video] describe the video. -> [TEXT:answer]",
    ],
    weight: 0.8,
    draw(random, split) {
      const { video, caption, references } = captionClips(random, split);
      return { record: { video, answer: caption }, references };
    },
  },
  {
    name: "clip question",
    instructions: ["[VIDEO:video] [TEXT:question] -> [TEXT:answer]"],
    weight: 1,
    draw(random, split) {
      const { video, question, answer } = askClips(random, split);
      return { record: { video, question, answer }, references: [answer] };
    },
  },
  {
    name: "draw",
    instructions: [
      "what is the complete image? caption: [TEXT:caption] -> [IMAGE:image]",
      "draw [TEXT:caption] -> [IMAGE:image]",
    ],
    weight: 2.5,
    // Five in six codes are white paper: a mean over all hardly hears the others.
    lossScale: 3,
    draw(random, split) {
      const { image, caption } = drawingScenes(random, split, { size: codes.size });
      return { record: { caption, image }, references: [caption] };
    },
  },
  {
    name: "animate",
    instructions: [
      "motion capture: [TEXT:text] -> [MOTION:motion]",
      "animate [TEXT:text] -> [MOTION:motion]",
    ],
    weight: 1,
    // A distance of 0.1, beside cross-entropies of 0.5: steps would be those of other tasks.
    lossScale: 6,
    draw(random, split) {
      const { text, motion, action } = describeMotions(random, split, MOTION);
      return { record: { text, motion }, references: [action] };
    },
  },
];

const captioned = ({ image, caption, references }: ReturnType<typeof captionScenes>) => ({
  record: { image, answer: caption },
  references,
});

const asked = ({ image, question, answer }: ReturnType<typeof askScenes>) => ({
  record: { image, question, answer },
  references: [answer],
});
