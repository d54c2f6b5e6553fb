/** What matters in sparse experts (M6-T, arXiv 2105.15082): balance, k, capacity, prototypes. */

import { defineRecipe, type Outcome, type TrialContext, Trials } from "../../src/recipe/index.ts";
import { batchOf, documents } from "../shared/copy-language.ts";
import {
  type SparseArm,
  type SparseSettings,
  sparseDecoder,
  trainSparse,
} from "../shared/sparse.ts";

const FACTOR = 1.25;
const ALPHA = 0.01;
const arm = (topK: number, mode: "1x" | "kx", grouped = false, coefficient = 0): SparseArm => ({
  topK,
  router: { grouped },
  balance: { scope: "micro", coefficient, capacity: { factor: FACTOR, mode } },
});
const settingsOf: Readonly<Record<string, SparseArm>> = {
  "top-1": arm(1, "1x"),
  "top-1 balanced": arm(1, "1x", false, ALPHA),
  "top-2, 1x": arm(2, "1x"),
  "top-2, kx": arm(2, "kx"),
  "2 top-1, 1x": arm(2, "1x", true),
  "2 top-1, kx": arm(2, "kx", true),
};
const arms = Object.keys(settingsOf);

async function runTrial({
  arm: name,
  seed,
  settings: s,
  ...context
}: TrialContext<SparseSettings>): Promise<Outcome> {
  const options = settingsOf[name]!;
  const data = {
    batches: (step: number) => [batchOf(documents(s.batch, s.length, seed, `step ${step}`))],
    held: [batchOf(documents(s.held, s.length, seed, "validation"))],
  };
  const config = sparseDecoder(s, options);
  const trained = await trainSparse(config, options, s, data, { seed, ...context });
  const { loss, variation, dropped, curve } = trained;
  return { metrics: { loss, variation, dropped }, curves: { curve } };
}

const shape = { heads: 4, kvHeads: 2, learningRate: 3e-3, experts: 8 };
const loss = (a: string, b: string) =>
  ({ measure: Trials.difference("loss", a, b), unit: "nats" }) as const;

export default defineRecipe<SparseSettings>({
  name: "m6-t",
  title: "Sparse experts: balance, k, capacity, prototypes",
  paper: "arXiv 2105.15082",
  claim:
    "balance matters little to quality, the number of active experts and their capacity matter, and k top-1 over groups of experts beats top-1 at equal compute",
  presets: {
    quick: {
      arms,
      seeds: [4, 5, 6],
      minutes: 17,
      settings: {
        ...shape,
        layers: 2,
        hidden: 32,
        inner: 64,
        expertInner: 32,
        length: 64,
        batch: 8,
        steps: 1000,
        held: 32,
      },
    },
    full: {
      arms,
      seeds: [1, 2, 3, 4, 5],
      minutes: 600,
      settings: {
        ...shape,
        layers: 4,
        hidden: 96,
        inner: 192,
        expertInner: 192,
        length: 128,
        batch: 8,
        steps: 3000,
        held: 64,
      },
    },
  },
  runTrial,
  checks: [
    {
      claim: "the balance loss does not lower the loss by 0.02",
      isCentral: true,
      threshold: -0.02,
      expected: "above",
      ...loss("top-1 balanced", "top-1"),
    },
    {
      claim: "two active experts with room for them lose less than one",
      isCentral: true,
      expected: "below",
      ...loss("top-2, kx", "top-1"),
    },
    {
      claim: "at equal compute, 2 top-1 loses less than top-1",
      isCentral: true,
      expected: "below",
      ...loss("2 top-1, 1x", "top-1"),
    },
    {
      claim: "2 top-1 loses at most 0.02 more than top-2",
      isCentral: false,
      threshold: 0.02,
      expected: "below",
      ...loss("2 top-1, kx", "top-2, kx"),
    },
    {
      claim: "the balance loss evens what experts compute",
      isCentral: false,
      measure: Trials.difference("variation", "top-1 balanced", "top-1"),
      expected: "below",
    },
  ],
  columns: {
    loss: "validation loss",
    variation: "variation of load",
    dropped: "dropped, %",
  },
  plots: (trials) => ({
    loss: {
      title: "Training loss",
      x: { label: "step" },
      y: { label: "nats a token" },
      series: arms.map((name) => ({ label: name, ...trials.curve("curve", name) })),
    },
  }),
});
