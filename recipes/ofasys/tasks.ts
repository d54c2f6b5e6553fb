/** The 15 tasks: instruction, generated data and metric of each. Answers are in the slot `answer`. */

import { meanIou, metric } from "../../src/metrics/index.ts";
import type { Random } from "../../src/nn/random.ts";
import type { TaskRecord } from "../../src/task/index.ts";
import {
  askDatabases,
  askScenes,
  captionScenes,
  classifyClips,
  classifyShapes,
  describeFacts,
  describeMotions,
  detectScenes,
  entailScenes,
  judgeSentences,
  makeScene,
  readDigits,
  referScenes,
  type Split,
  sceneCaptions,
  summariseNews,
  toneSpeech,
} from "../../src/task/worlds/index.ts";
import { shareOfColours } from "./score-drawings.ts";
import { shareOfActions } from "./score-motions.ts";
import { MOTION, PICTURE, VIDEO } from "./sizes.ts";

export interface TaskSample {
  /** Values of the instruction's slots, the answer among them. */
  readonly record: TaskRecord & { readonly answer: unknown };
  /** What an answer is compared with. */
  readonly reference: unknown;
}

export interface TaskMetric {
  readonly better: "higher" | "lower";
  /** Value of answers that are all right, or with "lower" all wrong. */
  readonly most: number;
  /** @throws Error where there are no pairs */
  compute(answers: readonly unknown[], references: readonly unknown[]): number;
}

export interface OfasysTask {
  readonly name: string;
  readonly instruction: string;
  readonly draw: (random: Random, split: Split) => TaskSample;
  readonly metric: TaskMetric;
  /** Of the metric, in tables. */
  readonly unit: string;
}

const named = (name: string, most = 1): TaskMetric => {
  const { better, compute } = metric(name);
  return { better, most, compute };
};

const isRight = { metric: named("accuracy"), unit: "accuracy" } as const;
/** Pictures of one or two objects. */
const SCENES = { size: PICTURE, most: 2 } as const;

export const TASKS: readonly OfasysTask[] = [
  {
    name: "sentiment",
    instruction:
      'is the sentiment of text " [TEXT:sentence] " positive or negative? -> [TEXT:answer]',
    draw(random, split) {
      const { sentence, label } = judgeSentences(random, split);
      return { record: { sentence, answer: label }, reference: label };
    },
    ...isRight,
  },
  {
    name: "summary",
    instruction: 'what is the summary of article " [TEXT:article] "? -> [TEXT:answer]',
    draw(random, split) {
      const { article, summary } = summariseNews(random, split);
      return { record: { article, answer: summary }, reference: summary };
    },
    metric: named("rouge"),
    unit: "ROUGE-L",
  },
  {
    name: "facts",
    instruction:
      'structured knowledge: " [STRUCT:facts] " . how to describe the tripleset ? -> [TEXT:answer]',
    draw(random, split) {
      const { triples, text, references } = describeFacts(random, split);
      return { record: { facts: triples, answer: text }, reference: references };
    },
    metric: named("bleu", 100),
    unit: "BLEU",
  },
  {
    name: "sql",
    instruction:
      '" [TEXT:question] " ; structured knowledge: " [STRUCT:schema] " . generating sql code. ' +
      "-> [TEXT:answer]",
    draw(random, split) {
      const { question, schema, sql } = askDatabases(random, split);
      return { record: { question, schema, answer: sql }, reference: sql };
    },
    // A right query as a whole is out of reach of so short a training.
    metric: named("rouge"),
    unit: "ROUGE-L",
  },
  {
    name: "shape",
    instruction: "[IMAGE:image] what is the object in the image? -> [TEXT:answer]",
    draw(random, split) {
      const { image, label } = classifyShapes(random, split, { size: PICTURE });
      return { record: { image, answer: label }, reference: label };
    },
    ...isRight,
  },
  {
    name: "digit",
    instruction: "[IMAGE:image] which digit is written in the image? -> [TEXT:answer]",
    draw(random, split) {
      const { image, digit } = readDigits(random, split, { size: PICTURE });
      return { record: { image, answer: digit }, reference: digit };
    },
    ...isRight,
  },
  {
    name: "caption",
    instruction: "[IMAGE:image] what does the image describe? -> [TEXT:answer]",
    draw(random, split) {
      const { image, caption, references } = captionScenes(random, split, SCENES);
      return { record: { image, answer: caption }, reference: references };
    },
    metric: named("cider", 10),
    unit: "CIDEr-D",
  },
  {
    name: "question",
    instruction: "[IMAGE:image] [TEXT:question] -> [TEXT:answer]",
    draw(random, split) {
      const { image, question, answer } = askScenes(random, split, SCENES);
      return { record: { image, question, answer }, reference: answer };
    },
    ...isRight,
  },
  {
    name: "entail",
    instruction:
      '[IMAGE:image] can image and text1 " [TEXT:caption] " imply text2 " [TEXT:hypothesis] "? ' +
      "-> [TEXT:answer]",
    draw(random, split) {
      const { image, caption, hypothesis, label } = entailScenes(random, split, SCENES);
      return { record: { image, caption, hypothesis, answer: label }, reference: label };
    },
    ...isRight,
  },
  {
    name: "ground",
    instruction:
      '[IMAGE:image] which region does the text " [TEXT:phrase] " describe? -> [BOX:answer]',
    draw(random, split) {
      const { image, phrase, box } = referScenes(random, split, SCENES);
      return { record: { image, phrase, answer: box }, reference: box };
    },
    metric: { better: "higher", most: 1, compute: (a, b) => meanIou(a as Boxes, b as Boxes) },
    unit: "mean IoU",
  },
  {
    name: "region",
    instruction: "[IMAGE:image] what does the region describe? region: [BOX:box] -> [TEXT:answer]",
    draw(random, split) {
      const { image, objects } = detectScenes(random, split, SCENES);
      const { box, label } = objects[random.below(objects.length)];
      return { record: { image, box, answer: label }, reference: label };
    },
    ...isRight,
  },
  {
    name: "clip",
    instruction: "[VIDEO:video] what is in the video? -> [TEXT:answer]",
    draw(random, split) {
      const { video, label } = classifyClips(random, split, VIDEO);
      return { record: { video, answer: label }, reference: label };
    },
    ...isRight,
  },
  {
    name: "listen",
    instruction: "[AUDIO:audio] what is the text corresponding to the voice? -> [TEXT:answer]",
    draw(random, split) {
      const { audio, text } = toneSpeech(random, split);
      return { record: { audio, answer: text }, reference: text };
    },
    metric: named("wer"),
    unit: "WER, lower is better",
  },
  {
    name: "animate",
    instruction: "motion capture: [TEXT:text] -> [MOTION:answer]",
    draw(random, split) {
      const { text, motion, action } = describeMotions(random, split, MOTION);
      return { record: { text, answer: motion }, reference: action };
    },
    metric: { better: "higher", most: 1, compute: shareOfActions },
    unit: "right action",
  },
  {
    name: "draw",
    instruction: "what is the complete image? caption: [TEXT:caption] -> [IMAGE:answer]",
    draw(random, split) {
      const scene = makeScene(random, split, { size: PICTURE, most: 1, isPlain: true });
      const [caption] = sceneCaptions(scene);
      return { record: { caption, answer: scene.image }, reference: scene.objects[0] };
    },
    metric: { better: "higher", most: 1, compute: shareOfColours },
    unit: "right colour in place",
  },
];

type Boxes = Parameters<typeof meanIou>[0]; // what this task's answers are
