/** Pretraining across text and pictures in one stack (M6, arXiv 2103.00823), for few questions. */

import type { NDArray } from "../../src/graph/ndarray.ts";
import { createRandom } from "../../src/nn/random.ts";
import { defineRecipe, type Outcome, type TrialContext, Trials } from "../../src/recipe/index.ts";
import { TaskModel } from "../../src/task/index.ts";
import { captionScenes } from "../../src/task/worlds/index.ts";
import { blindRight, fewShots, questionsRight } from "../shared/answer.ts";
import { sceneOf, sceneVocabulary } from "../shared/scenes.ts";
import { type TaskSettings, trainTasks } from "../shared/train-tasks.ts";
import { type M6Size, m6Config } from "./model.ts";
import { CAPTION, type Objective, objectives } from "./objectives.ts";
import { slotAccuracy } from "./slots.ts";

interface M6Settings extends M6Size, TaskSettings {
  /** Held-out scenes to caption. */
  readonly heldCaptions: number;
}

const objectivesOf: Readonly<Record<string, readonly Objective[]>> = {
  scratch: [],
  text: ["text denoising", "language modelling"],
  caption: ["caption"],
  all: ["caption", "image denoising", "text denoising", "language modelling"],
};
const arms = Object.keys(objectivesOf);

async function runTrial({
  arm,
  seed,
  settings: s,
  signal,
  progress,
}: TrialContext<M6Settings>): Promise<Outcome> {
  const names = objectivesOf[arm];
  const vocabulary = await sceneVocabulary([], 0);
  const config = m6Config(s, vocabulary);
  const scene = sceneOf(s.shapes);
  const common = { config, vocabulary, seed, signal };
  const modelOf = (weights: ReadonlyMap<string, NDArray>): TaskModel =>
    new TaskModel({ config, vocabulary, weights: ({ name }) => weights.get(name)!, threads: 1 });
  const metrics: Record<string, number> = { blind: blindRight(s, seed) };

  const pretrained =
    names.length === 0
      ? undefined
      : await trainTasks({
          ...common,
          tasks: objectives(names, scene, { config, vocabulary }),
          ...s.pretraining,
          progress: (share, note) => progress(0.8 * share, note),
        });
  if (pretrained && names.includes("caption")) {
    using model = modelOf(pretrained.weights);
    metrics.slots = await captionSlots(model, s, seed);
  }

  const { weights, curves } = await trainTasks({
    ...common,
    tasks: [await fewShots(s.shots, seed, scene, { config, vocabulary })],
    ...s.tuning,
    from: pretrained?.weights,
    progress: (share, note) => progress(0.8 + 0.15 * share, note),
  });
  using model = modelOf(weights);
  const { all, byKind } = await questionsRight(model, "trie", s, seed);
  metrics.questions = all;
  for (const [kind, value] of Object.entries(byKind)) metrics[kind] = value;
  return { metrics, curves: { ...pretrained?.curves, ...curves } };
}

/** Longer than any caption of two shapes. */
const MOST_TOKENS = 24;

/** Percent of slots that are right in captions of held-out scenes. */
async function captionSlots(
  model: TaskModel,
  { heldCaptions: count, shapes }: M6Settings,
  seed: number,
): Promise<number> {
  const random = createRandom(seed, "held-out captions");
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const { image, references } = captionScenes(random, "heldout", sceneOf(shapes));
    const { text } = await model.infer(CAPTION, { image }, { beam: 1, maxLength: MOST_TOKENS });
    sum += slotAccuracy(String(text), references);
  }
  return (100 * sum) / count;
}

const shape = { heads: 3, shots: 200 };

export default defineRecipe<M6Settings>({
  name: "m6",
  title: "M6: pretraining across text and pictures",
  paper: "arXiv 2103.00823",
  claim:
    "pretraining one stack to write text from text, from pictures and from both helps a task on pictures more than captions alone, or text alone",
  presets: {
    quick: {
      arms,
      seeds: [1, 2, 3],
      minutes: 12,
      settings: {
        ...shape,
        shapes: 1,
        width: 96,
        layers: 3,
        pretraining: { steps: 400, batch: 16, learningRate: 4e-3 },
        tuning: { steps: 150, batch: 32, learningRate: 1e-3 },
        held: 200,
        heldCaptions: 50,
      },
    },
    full: {
      arms,
      seeds: [1, 2, 3, 4, 5],
      minutes: 400,
      settings: {
        ...shape,
        shapes: 2,
        width: 144,
        layers: 4,
        pretraining: { steps: 6000, batch: 24, learningRate: 2e-3 },
        tuning: { steps: 400, batch: 32, learningRate: 1e-3 },
        held: 1000,
        heldCaptions: 250,
      },
    },
  },
  runTrial,
  checks: [
    {
      claim: "after all four objectives, 200 questions teach more than after captions alone",
      isCentral: true,
      measure: Trials.difference("questions", "all", "caption"),
      unit: "points",
      expected: "above",
    },
    {
      claim: "after all four objectives, they teach more than after text alone",
      isCentral: true,
      measure: Trials.difference("questions", "all", "text"),
      unit: "points",
      expected: "above",
    },
    {
      claim: "after captions alone, they teach more than after text alone",
      isCentral: false,
      measure: Trials.difference("questions", "caption", "text"),
      unit: "points",
      expected: "above",
    },
    {
      claim: "the other objectives cost captions less than two points of their slots",
      isCentral: false,
      measure: Trials.difference("slots", "all", "caption"),
      unit: "points",
      expected: "above",
      threshold: -2,
    },
  ],
  columns: {
    questions: "questions after 200 shots, %",
    slots: "slots of captions, %",
    blind: "blind, %",
  },
  plots: (trials) => ({
    captions: {
      title: "Loss of captions",
      x: { label: "step" },
      y: { label: "nats a token" },
      series: ["caption", "all"].map((arm) => ({ label: arm, ...trials.curve("caption", arm) })),
    },
  }),
});
