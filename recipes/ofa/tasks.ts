/** What the unified model is pretrained on, in wordings of its own and in others that it never sees. */

import type { Random } from "../../src/nn/random.ts";
import { type Plan, parseInstruction, planOf, type TaskRecord } from "../../src/task/index.ts";
import {
  COLOUR_NAMES,
  captionScenes,
  detectScenes,
  makeScene,
  nameObject,
  referScenes,
  type SceneOptions,
  SHAPES,
  type Split,
  sceneCaptions,
} from "../../src/task/worlds/index.ts";
import { pick } from "../../src/task/worlds/world.ts";
import { sentence } from "../shared/scenes.ts";

export interface UnifiedTask {
  readonly name: string;
  /** Instructions of pretraining. */
  readonly known: readonly string[];
  /** The same said otherwise, in words that pretraining knows. Empty: not asked. */
  readonly unseen: readonly string[];
  /** The slots' values; `references`: all right values of the target. */
  readonly draw: (random: Random, split: Split, scene: SceneOptions) => Drawn;
}

export interface Drawn {
  readonly record: TaskRecord;
  readonly references: readonly unknown[];
}

/** OFA's pretraining (paper, section 3.2) without images as targets, and without questions. */
export const unifiedTasks: readonly UnifiedTask[] = [
  {
    name: "caption",
    known: [
      "[IMAGE:image] what does the image describe? -> [TEXT:caption]",
      "[IMAGE:image] what is in the image? -> [TEXT:caption]",
    ],
    unseen: [
      "[IMAGE:image] which text does the image describe? -> [TEXT:caption]",
      "[IMAGE:image] describe what is in the image. -> [TEXT:caption]",
    ],
    draw(random, split, scene) {
      const { image, caption, references } = captionScenes(random, split, scene);
      return { record: { image, caption }, references };
    },
  },
  {
    name: "match",
    known: [
      '[IMAGE:image] does the image describe " [TEXT:caption] "? -> [TEXT:answer]',
      '[IMAGE:image] is the text " [TEXT:caption] " right? -> [TEXT:answer]',
    ],
    unseen: [
      '[IMAGE:image] is " [TEXT:caption] " what the image does describe? -> [TEXT:answer]',
      '[IMAGE:image] does the text " [TEXT:caption] " describe the image? -> [TEXT:answer]',
    ],
    draw: matched,
  },
  {
    name: "find",
    known: [
      '[IMAGE:image] which region does the text " [TEXT:phrase] " describe? -> [BOX:box]',
      "[IMAGE:image] where is [TEXT:phrase]? -> [BOX:box]",
    ],
    unseen: [
      '[IMAGE:image] where is the region of the text " [TEXT:phrase] "? -> [BOX:box]',
      "[IMAGE:image] which region is [TEXT:phrase] in? -> [BOX:box]",
    ],
    draw(random, split, scene) {
      const { image, phrase, box } = referScenes(random, split, scene);
      return { record: { image, phrase, box }, references: [box] };
    },
  },
  {
    name: "region",
    known: [
      "[IMAGE:image] what does the region describe? region: [BOX:box] -> [TEXT:label]",
      "[IMAGE:image] which object is in the region [BOX:box]? -> [TEXT:label]",
    ],
    unseen: [
      "[IMAGE:image] what is in region: [BOX:box]? -> [TEXT:label]",
      "[IMAGE:image] which object does the region [BOX:box] describe? -> [TEXT:label]",
    ],
    draw(random, split, scene) {
      const { image, objects } = detectScenes(random, split, scene);
      const { box, label } = pick(random, objects);
      return { record: { image, box, label }, references: [label] };
    },
  },
  {
    name: "detect",
    known: ["[IMAGE:image] what are the objects in the image? -> ( [BOX:box] [TEXT:label])*"],
    unseen: [],
    draw(random, split, scene) {
      const { image, objects } = detectScenes(random, split, scene);
      return { record: { image, items: objects }, references: [objects] };
    },
  },
  {
    name: "infill",
    known: ['what is the complete text of " [TEXT:masked,mask_ratio=0.3] "? -> [TEXT:text]'],
    unseen: [],
    draw(random, _split, scene) {
      const text = sentence(random, scene);
      return { record: { masked: text, text }, references: [text] };
    },
  },
];

/** A caption that fits, or one with a colour or a shape of it exchanged. */
function matched(random: Random, split: Split, scene: SceneOptions): Drawn {
  const { image, objects } = makeScene(random, split, scene);
  const isRight = random.uniform() < 0.5;
  const answer = isRight ? "yes" : "no";
  const [first, ...rest] = objects;
  const names = new Set(objects.map(nameObject));
  let other = first;
  while (!isRight && names.has(nameObject(other))) {
    const isColour = random.uniform() < 0.5;
    other = isColour
      ? { ...first, colour: pick(random, COLOUR_NAMES) }
      : { ...first, shape: pick(random, SHAPES) };
  }
  const caption = pick(random, sceneCaptions({ image, objects: [other, ...rest] }));
  return { record: { image, caption, answer }, references: [answer] };
}

export const plansOf = (instructions: readonly string[]): readonly Plan[] =>
  instructions.map((text) => planOf(parseInstruction(text)));

/** The words of instructions, for the vocabulary. */
export const wordsOf = (instruction: string): string =>
  instruction
    .replace(/\[[^\]]*\]|->|[()"*]/g, " ")
    .replace(/\s+/g, " ")
    .trim();
