/** What a task model takes and gives, and instructions to begin with. */

import type { TaskModelConfig } from "../../task/index.ts";

export interface TaskExample {
  readonly title: string;
  readonly instruction: string;
  /** Values of slots that are no files. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** Modalities that a model reads. */
export const takenBy = ({ image, video, audio }: TaskModelConfig): string[] => [
  "TEXT",
  ...(image ? ["IMAGE"] : []),
  ...(video ? ["VIDEO"] : []),
  ...(audio ? ["AUDIO"] : []),
];

/** Modalities that a model writes. */
export const givenBy = ({ bins, codes, speech, motion }: TaskModelConfig): string[] => [
  "TEXT",
  ...(bins > 0 ? ["BOX"] : []),
  ...(codes ? ["IMAGE"] : []),
  ...(speech ? ["AUDIO"] : []),
  ...(motion ? ["MOTION"] : []),
];

type Example = TaskExample & { readonly takes: string; readonly gives: string };

const all: readonly Example[] = [
  {
    title: "Describe an image",
    takes: "IMAGE",
    gives: "TEXT",
    instruction: "[IMAGE:image] what does the image describe? -> [TEXT:answer]",
    inputs: {},
  },
  {
    title: "Ask about an image",
    takes: "IMAGE",
    gives: "TEXT",
    instruction: "[IMAGE:image] [TEXT:question] -> [TEXT:answer]",
    inputs: { question: "how many circles are there?" },
  },
  {
    title: "Read text",
    takes: "IMAGE",
    gives: "TEXT",
    instruction: "[IMAGE:image] what is the text in the image? -> [TEXT:answer]",
    inputs: {},
  },
  {
    title: "Read a digit",
    takes: "IMAGE",
    gives: "TEXT",
    instruction: "[IMAGE:image] which digit is written in the image? -> [TEXT:answer]",
    inputs: {},
  },
  {
    title: "Find an object",
    takes: "IMAGE",
    gives: "BOX",
    instruction:
      '[IMAGE:image] which region does the text " [TEXT:phrase] " describe? -> [BOX:box]',
    inputs: { phrase: "the red circle" },
  },
  {
    title: "Find all objects",
    takes: "IMAGE",
    gives: "BOX",
    instruction: "[IMAGE:image] what are the objects in the image? -> ( [BOX:box] [TEXT:label])*",
    inputs: {},
  },
  {
    title: "Transcribe speech",
    takes: "AUDIO",
    gives: "TEXT",
    instruction: "[AUDIO:audio] what is said? -> [TEXT:answer]",
    inputs: {},
  },
  {
    title: "Describe a video",
    takes: "VIDEO",
    gives: "TEXT",
    instruction: "[VIDEO:video] what does the video describe? -> [TEXT:answer]",
    inputs: {},
  },
  {
    title: "Ask about a video",
    takes: "VIDEO",
    gives: "TEXT",
    instruction: "[VIDEO:video] [TEXT:question] -> [TEXT:answer]",
    inputs: { question: "how many shapes are there?" },
  },
  {
    title: "Draw an image",
    takes: "TEXT",
    gives: "IMAGE",
    instruction: "what is the complete image? caption: [TEXT:caption] -> [IMAGE:image]",
    inputs: { caption: "a large blue square" },
  },
  {
    title: "Speak a text",
    takes: "TEXT",
    gives: "AUDIO",
    instruction: "[TEXT:text] -> [AUDIO:audio]",
    inputs: { text: "seven" },
  },
  {
    title: "Animate a figure",
    takes: "TEXT",
    gives: "MOTION",
    instruction: "motion capture: [TEXT:text] -> [MOTION:motion]",
    inputs: { text: "a person waves with the left hand" },
  },
];

/** Those that a model's parts are enough for. */
export function examplesFor(config: TaskModelConfig): TaskExample[] {
  const [takes, gives] = [takenBy(config), givenBy(config)];
  return all
    .filter((each) => takes.includes(each.takes) && gives.includes(each.gives))
    .map(({ title, instruction, inputs }) => ({ title, instruction, inputs }));
}
