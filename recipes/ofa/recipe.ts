/** Unified pretraining and closed sets (OFA, arXiv 2202.03052): few questions, unseen wordings, tries. */

import type { NDArray } from "../../src/graph/ndarray.ts";
import { defineRecipe, type Outcome, type TrialContext, Trials } from "../../src/recipe/index.ts";
import { prepareSample, TaskModel } from "../../src/task/index.ts";
import { pick } from "../../src/task/worlds/world.ts";
import { blindRight, fewShots, questionsRight } from "../shared/answer.ts";
import { sceneOf } from "../shared/scenes.ts";
import { type StudyTask, type TaskSettings, trainTasks } from "../shared/train-tasks.ts";
import { tasksRight } from "./measure.ts";
import { type OfaSize, ofaConfig, ofaVocabulary } from "./model.ts";
import { plansOf, unifiedTasks } from "./tasks.ts";

interface OfaSettings extends OfaSize, TaskSettings {
  /** Held-out samples of each pretraining task. */
  readonly heldTasks: number;
}

const arms = ["scratch", "unified"];

async function runTrial({
  arm,
  seed,
  settings: s,
  signal,
  progress,
}: TrialContext<OfaSettings>): Promise<Outcome> {
  const vocabulary = await ofaVocabulary();
  const config = ofaConfig(s, vocabulary);
  const scene = sceneOf(s.shapes);
  const common = { config, vocabulary, seed, signal };
  const modelOf = (weights: ReadonlyMap<string, NDArray>): TaskModel =>
    new TaskModel({ config, vocabulary, weights: ({ name }) => weights.get(name)!, threads: 1 });
  const metrics: Record<string, number> = { blind: blindRight(s, seed) };

  const pretrained =
    arm === "scratch"
      ? undefined
      : await trainTasks({
          ...common,
          tasks: unifiedTasks.map(({ name, known, draw }): StudyTask => {
            const plans = plansOf(known);
            return {
              name,
              draw: (random) => {
                const { record } = draw(random, "train", scene);
                return prepareSample(pick(random, plans), record, { config, vocabulary, random });
              },
            };
          }),
          ...s.pretraining,
          progress: (share, note) => progress(0.8 * share, note),
        });
  if (pretrained) {
    using model = modelOf(pretrained.weights);
    for (const wordings of ["known", "unseen"] as const) {
      const right = await tasksRight(model, wordings, s, seed);
      for (const [task, value] of Object.entries(right)) metrics[`${task}, ${wordings}`] = value;
      metrics[wordings] = meanOf(Object.values(right));
    }
    const zero = await questionsRight(model, "trie", s, seed);
    metrics.zero = zero.all;
    for (const [kind, value] of Object.entries(zero.byKind)) metrics[`zero, ${kind}`] = value;
  }

  const { weights, curves } = await trainTasks({
    ...common,
    tasks: [await fewShots(s.shots, seed, scene, { config, vocabulary })],
    ...s.tuning,
    from: pretrained?.weights,
    progress: (share, note) => progress(0.8 + 0.15 * share, note),
  });
  using model = modelOf(weights);
  for (const decoding of ["free", "trie", "candidates"] as const) {
    const { all, invalid, byKind } = await questionsRight(model, decoding, s, seed);
    metrics[decoding] = all;
    metrics[`invalid, ${decoding}`] = invalid;
    if (decoding !== "trie") continue;
    for (const [kind, value] of Object.entries(byKind)) metrics[`few, ${kind}`] = value;
  }
  return { metrics, curves: { ...pretrained?.curves, ...curves } };
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** How much `a` exceeds `b` in one trial, as the mean over both arms. */
const overArms =
  (a: string, b: string) =>
  (seed: number, trials: Trials): number | undefined => {
    const differences = arms.flatMap((arm) => {
      const [x, y] = [trials.metric(a, arm, seed), trials.metric(b, arm, seed)];
      return x === undefined || y === undefined ? [] : [x - y];
    });
    return differences.length === 0 ? undefined : meanOf(differences);
  };

/** A number of the pretrained model. */
const ofUnified =
  (measure: (metric: (name: string) => number) => number) =>
  (seed: number, trials: Trials): number | undefined =>
    trials.find("unified", seed) &&
    measure((name) => trials.metric(name, "unified", seed) ?? Number.NaN);

const shape = { layers: 2, heads: 4, shots: 200 };

export default defineRecipe<OfaSettings>({
  name: "ofa",
  title: "OFA: one model, told what to do",
  paper: "arXiv 2202.03052",
  claim:
    "pretraining on many tasks in one format helps with tasks and instructions that were not among them, and a trie keeps answers in a closed set at no cost",
  presets: {
    quick: {
      arms,
      seeds: [1, 2, 3],
      minutes: 12,
      settings: {
        ...shape,
        shapes: 1,
        width: 96,
        pretraining: { steps: 600, batch: 16, learningRate: 4e-3 },
        tuning: { steps: 150, batch: 32, learningRate: 1e-3 },
        held: 200,
        heldTasks: 50,
      },
    },
    full: {
      arms,
      seeds: [1, 2, 3, 4, 5],
      minutes: 400,
      settings: {
        ...shape,
        shapes: 2,
        width: 128,
        pretraining: { steps: 8000, batch: 16, learningRate: 2e-3 },
        tuning: { steps: 400, batch: 32, learningRate: 1e-3 },
        held: 1000,
        heldTasks: 250,
      },
    },
  },
  runTrial,
  checks: [
    {
      claim: "after unified pretraining, 200 questions teach to answer more than from nothing",
      isCentral: true,
      measure: Trials.difference("trie", "unified", "scratch"),
      unit: "points",
      expected: "above",
    },
    {
      claim: "in unseen wordings, tasks come right more than half as often as in known ones",
      isCentral: true,
      measure: ofUnified((metric) => metric("unseen") - metric("known") / 2),
      unit: "points",
      expected: "above",
    },
    {
      claim: "with the trie no answer lies outside the set",
      isCentral: true,
      measure: ofUnified((metric) => metric("invalid, trie")),
      unit: "%",
      expected: "below",
      threshold: 0.1,
    },
    {
      claim: "the trie costs less than half a point of a free beam's accuracy",
      isCentral: true,
      measure: overArms("trie", "free"),
      unit: "points",
      expected: "above",
      threshold: -0.5,
    },
    {
      claim: "the trie gives more right answers than a free beam",
      isCentral: false,
      measure: overArms("trie", "free"),
      unit: "points",
      expected: "above",
    },
    {
      claim: "scoring every answer loses less than half a point to the trie's beam",
      isCentral: false,
      measure: overArms("candidates", "trie"),
      unit: "points",
      expected: "above",
      threshold: -0.5,
    },
    {
      claim: "with no example of a question, more come right than by each kind's commonest answer",
      isCentral: false,
      measure: ofUnified((metric) => metric("zero") - metric("blind")),
      unit: "points",
      expected: "above",
    },
  ],
  columns: {
    trie: "questions after 200 shots: trie, %",
    free: "free beam, %",
    candidates: "all candidates, %",
    "invalid, free": "invalid, free beam, %",
    "invalid, trie": "invalid, trie, %",
    zero: "no shots, trie, %",
    blind: "blind, %",
    known: "own tasks, known wordings, %",
    unseen: "own tasks, unseen wordings, %",
  },
  plots: (trials) => ({
    pretraining: {
      title: "Unified pretraining",
      x: { label: "step" },
      y: { label: "nats a token" },
      series: unifiedTasks.map(({ name }) => ({ label: name, ...trials.curve(name, "unified") })),
    },
  }),
});
