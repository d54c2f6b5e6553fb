/** Balance over micro-batches or whole steps (arXiv 2501.11873): loss and specialisation. */

import { defineRecipe, type Outcome, type TrialContext, Trials } from "../../src/recipe/index.ts";
import { measureRouting } from "../../src/train/index.ts";
import { batchOf } from "../shared/copy-language.ts";
import {
  type SparseArm,
  type SparseData,
  type SparseSettings,
  sparseDecoder,
  trainSparse,
} from "../shared/sparse.ts";
import { DOMAINS, domainDocuments } from "./domains.ts";

const COEFFICIENT = 0.05;
const TOP_K = 2;
const settingsOf: Readonly<Record<string, SparseArm & { readonly isMixed?: boolean }>> = {
  micro: { topK: TOP_K, balance: { scope: "micro", coefficient: COEFFICIENT } },
  global: { topK: TOP_K, balance: { scope: "global", coefficient: COEFFICIENT } },
  "micro-mixed": {
    topK: TOP_K,
    balance: { scope: "micro", coefficient: COEFFICIENT },
    isMixed: true,
  },
  bias: { topK: TOP_K, router: { bias: true }, balance: { coefficient: 0 }, biasRate: 1e-3 },
  none: { topK: TOP_K, balance: { coefficient: 0 } },
};
const arms = Object.keys(settingsOf);
const domains = Array.from({ length: DOMAINS }, (_, domain) => domain);

/** Each step has `batch` documents of every domain; a micro-batch has two, mostly of one domain. */
function dataOf(s: SparseSettings, seed: number, isMixed: boolean): SparseData {
  const documents = (count: number, stream: string): number[][][] =>
    domains.map((domain) => domainDocuments(domain, count, s.length, seed, stream));
  return {
    batches: (step) => {
      const inTurn = documents(s.batch, `step ${step}`);
      // Another domain comes first in each step.
      const byDomain = domains.map((domain) => inTurn[(domain + step) % DOMAINS]!);
      const inOrder = isMixed
        ? byDomain[0]!.flatMap((_, i) => byDomain.map((texts) => texts[i]!))
        : byDomain.flat();
      return Array.from({ length: inOrder.length / 2 }, (_, i) =>
        batchOf(inOrder.slice(2 * i, 2 * i + 2)),
      );
    },
    held: documents(s.held, "validation").map(batchOf),
  };
}

async function runTrial({
  arm,
  seed,
  settings: s,
  ...context
}: TrialContext<SparseSettings>): Promise<Outcome> {
  const { isMixed = false, ...options } = settingsOf[arm]!;
  const config = sparseDecoder(s, options);
  const data = dataOf(s, seed, isMixed);
  const trained = await trainSparse(config, options, s, data, { seed, ...context });
  const held = domains.map((domain) => {
    const texts = domainDocuments(domain, s.held, s.length, seed, "validation");
    return [`domain ${domain}`, texts] as const;
  });
  const model = { config, weights: trained.weights };
  const { layers } = await measureRouting(model, Object.fromEntries(held), { threads: 1 });
  const average = (values: readonly number[]): number =>
    values.reduce((a, b) => a + b, 0) / values.length;
  return {
    metrics: {
      loss: trained.loss,
      information: average(layers.map(({ information }) => information)),
      largest: Math.max(...layers.flatMap(({ frequencies }) => frequencies.flat())),
      maxViolation: average(layers.map(({ load }) => load.maxViolation)),
      entropy: average(layers.flatMap(({ entropy }) => entropy)),
      dead: layers.reduce((n, { load }) => n + load.dead, 0),
    },
    curves: { curve: trained.curve },
  };
}

const shape = { heads: 4, kvHeads: 2, learningRate: 3e-3 };

export default defineRecipe<SparseSettings>({
  name: "moe-balance",
  title: "Load balance over the global batch",
  paper: "arXiv 2501.11873",
  claim:
    "a balance loss over the whole step's batch instead of each micro-batch lets experts specialise by domain and lowers the loss",
  presets: {
    quick: {
      arms,
      seeds: [4, 5, 6],
      minutes: 15,
      settings: {
        ...shape,
        layers: 2,
        hidden: 32,
        inner: 64,
        expertInner: 32,
        experts: 8,
        length: 32,
        batch: 4,
        steps: 2000,
        held: 16,
      },
    },
    full: {
      arms,
      seeds: [1, 2, 3],
      minutes: 600,
      settings: {
        ...shape,
        layers: 4,
        hidden: 96,
        inner: 192,
        expertInner: 96,
        experts: 16,
        length: 128,
        batch: 8,
        steps: 3000,
        held: 32,
      },
    },
  },
  runTrial,
  checks: [
    {
      claim: "balance over the step loses less than over micro-batches",
      isCentral: true,
      measure: Trials.difference("loss", "global", "micro"),
      unit: "nats",
      expected: "below",
    },
    {
      claim: "balance over the step lets experts tell more of the domain",
      isCentral: true,
      measure: Trials.difference("information", "global", "micro"),
      unit: "bits",
      expected: "above",
    },
    {
      claim: "micro-batches of mixed domains lose less than those of one domain",
      isCentral: false,
      measure: Trials.difference("loss", "micro-mixed", "micro"),
      unit: "nats",
      expected: "below",
    },
    {
      claim: "balance over the step evens the load, against none",
      isCentral: false,
      measure: Trials.difference("maxViolation", "global", "none"),
      expected: "below",
    },
  ],
  columns: {
    loss: "validation loss",
    information: "expert tells of domain, bits",
    largest: "largest share of a domain",
    maxViolation: "MaxVio",
    entropy: "entropy of gates, nats",
    dead: "dead experts",
  },
  plots: (trials) => ({
    loss: {
      title: "Training loss",
      x: { label: "step" },
      y: { label: "nats a token" },
      series: arms.map((arm) => ({ label: arm, ...trials.curve("curve", arm) })),
    },
  }),
});
