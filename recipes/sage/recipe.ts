/** SAGE on the oracle world: RL against a trained verifier (Li et al. 2026, arXiv 2605.12022). */

import { chooseThreshold } from "../../src/evaluate/sage/index.ts";
import {
  type Check,
  defineRecipe,
  type Outcome,
  type TrialContext,
  Trials,
} from "../../src/recipe/index.ts";
import { agreement, bestOf, judgeGroups, judgeLabelled, validShare, yields } from "./measure.ts";
import { type PolicySettings, reinforce, rewardOf } from "./reinforce.ts";
import { sampleVariants } from "./sample.ts";
import { prepareStages, type StageSettings, type Stages } from "./stages.ts";
import { variantTypes } from "./variant-types.ts";
import type { World } from "./world.ts";

interface Settings extends StageSettings, PolicySettings {
  /** That the threshold of acceptance is chosen for, on labelled variants of other facts. */
  readonly precision: number;
  /** Labelled variants for that, and as many for each test of a verifier. */
  readonly labelledForTest: number;
  /** Held-out items of each world; each is asked for every type. */
  readonly items: number;
}

const settings: Settings = {
  layers: 2,
  width: 64,
  baseSteps: 1200,
  written: 6000,
  spoiled: 0.4,
  sftSteps: 300,
  drafted: 4000,
  verifierSteps: 1500,
  baseRate: 5e-3,
  tuningRate: 3e-3,
  rounds: 50,
  promptsPerRound: 16,
  candidates: 8,
  miniBatches: 4,
  policyRate: 3e-4,
  clip: [0.02, 0.03],
  beta: 0.02,
  precision: 0.95,
  labelledForTest: 400,
  items: 40,
};

interface Start {
  readonly stages: Stages;
  /** From what score on the verifier accepts. */
  readonly tau: number;
}

/** Arms of a seed start from the same stages: they are prepared once, as long as they run in turn. */
let prepared: { readonly key: string; readonly start: Promise<Start> } | undefined;

function startOf({ seed, settings: s, ...run }: TrialContext<Settings>): Promise<Start> {
  const key = JSON.stringify([seed, s]);
  if (prepared?.key === key) return prepared.start;
  const prepare = async (): Promise<Start> => {
    const stages = await prepareStages(s, { seed, ...run });
    const validation = await stages.labelled(stages.home, "validation", s.labelledForTest);
    const judged = await judgeLabelled(stages.verifier, validation);
    return { stages, tau: chooseThreshold(judged, s.precision).tau };
  };
  prepared = { key, start: prepare() };
  return prepared.start;
}

async function runTrial(context: TrialContext<Settings>): Promise<Outcome> {
  const { arm, seed, settings: s, signal, progress } = context;
  const { stages, tau } = await startOf(context);
  const { home, away, verifier, config, tokenizer } = stages;
  const learned = arm.startsWith("rl")
    ? await reinforce(stages, s, { reward: rewardOf(arm, stages, seed), seed, signal, progress })
    : undefined;
  const generator = { config, tokenizer, weights: learned?.weights ?? stages.sft };
  const candidates = arm === "best-of-8" ? 8 : 4;
  const sampled = async (world: World) => {
    const asked = { world, split: "held", items: s.items, candidates, seed, signal } as const;
    const groups = await judgeGroups(await sampleVariants(generator, asked), verifier, world);
    return { all: groups.flat(), chosen: arm === "best-of-8" ? groups.map(bestOf) : groups.flat() };
  };
  const [own, other] = [await sampled(home), await sampled(away)];
  const ofTypes = variantTypes.map(({ id }): [string, number] => [
    id,
    validShare(own.chosen.filter(({ type }) => type === id)),
  ]);
  return {
    metrics: {
      ...yields(own.chosen, own.all, tau),
      awayValid: validShare(other.chosen),
      ...Object.fromEntries(ofTypes),
      ...learned?.metrics,
      ...(arm === "sft" && (await agreements(stages, s.labelledForTest))),
    },
    curves: learned?.curves,
  };
}

/** Of the trained and the untrained verifier with the oracle, in both worlds. */
async function agreements(
  { home, away, verifier, untrained, labelled }: Stages,
  count: number,
): Promise<Record<string, number>> {
  const [own, other] = [await labelled(home, "held", count), await labelled(away, "held", count)];
  const trained = agreement(await judgeLabelled(verifier, own));
  const base = agreement(await judgeLabelled(untrained, own));
  return {
    ...trained,
    kappaUntrained: base.kappa,
    aurocUntrained: base.auroc,
    awayAuroc: agreement(await judgeLabelled(verifier, other)).auroc,
    awayAurocUntrained: agreement(await judgeLabelled(untrained, other)).auroc,
  };
}

/** What the arm "sft" measured of the verifiers. */
const gain =
  (trained: string, untrained: string): Check["measure"] =>
  (seed, trials) => {
    const [a, b] = [trained, untrained].map((name) => trials.metric(name, "sft", seed));
    return a === undefined || b === undefined ? undefined : a - b;
  };

/** Accepted and valid variants a thousand tokens, those of RL itself spread over 10,000 variants. */
function perThousandTokens(arm: string, seed: number, trials: Trials): number | undefined {
  const [right, tokens] = ["validAccepted", "tokensPerValid"].map((name) =>
    trials.metric(name, arm, seed),
  );
  if (right === undefined || tokens === undefined) return undefined;
  const spent = trials.metric("trainTokens", arm, seed) ?? 0;
  return right === 0 ? 0 : 1000 / (tokens + spent / 10_000);
}

/** How much the mean of a curve over the last rounds exceeds that over the first. */
const AT_ENDS = 5;
const rise =
  (name: string, arm: string): Check["measure"] =>
  (seed, trials) => {
    const values = trials.find(arm, seed)?.curves?.[name]?.map(([, value]) => value);
    if (!values) return undefined;
    const mean = (some: readonly number[]) => some.reduce((sum, v) => sum + v, 0) / some.length;
    return mean(values.slice(-AT_ENDS)) - mean(values.slice(0, AT_ENDS));
  };

const checks: readonly Check[] = [
  {
    claim:
      "RL against the trained verifier raises the share of truly valid variants over SFT alone",
    isCentral: true,
    measure: Trials.difference("valid", "rl", "sft"),
    expected: "above",
  },
  {
    claim: "training makes the verifier tell valid variants better (AUROC)",
    isCentral: true,
    measure: gain("auroc", "aurocUntrained"),
    expected: "above",
  },
  {
    claim: "transfer: RL raises the share in the second world, too, in which nothing was tuned",
    isCentral: true,
    measure: Trials.difference("awayValid", "rl", "sft"),
    expected: "above",
  },
  {
    claim: "transfer: the trained verifier tells better in the second world, too (AUROC)",
    isCentral: false,
    measure: gain("awayAuroc", "awayAurocUntrained"),
    expected: "above",
  },
  {
    claim:
      "RL against the trained verifier ends with more valid variants than with a random reward",
    isCentral: false,
    measure: Trials.difference("valid", "rl", "rl-random"),
    expected: "above",
  },
  {
    claim: "… and than against the untrained verifier",
    isCentral: false,
    measure: Trials.difference("valid", "rl", "rl-untrained"),
    expected: "above",
  },
  {
    claim:
      "… and than the best of 8 of SFT by the same verifier, which samples eight times as much",
    isCentral: false,
    measure: Trials.difference("valid", "rl", "best-of-8"),
    expected: "above",
  },
  {
    claim: "over-optimisation: during RL the reward rises by at most 5 points more than validity",
    isCentral: false,
    measure: (seed, trials) => {
      const [reward, valid] = [rise("reward", "rl"), rise("valid", "rl")].map((of) =>
        of(seed, trials),
      );
      return reward === undefined || valid === undefined ? undefined : reward - valid;
    },
    expected: "below",
    threshold: 0.05,
  },
  {
    claim:
      "RL gives more accepted and valid variants a thousand tokens than SFT, its own tokens spread " +
      "over 10,000 of them",
    isCentral: false,
    measure: (seed, trials) => {
      const [rl, sft] = ["rl", "sft"].map((arm) => perThousandTokens(arm, seed, trials));
      return rl === undefined || sft === undefined ? undefined : rl - sft;
    },
    expected: "above",
  },
];

export default defineRecipe<Settings>({
  name: "sage",
  title: "SAGE: a generator of test variants, trained against a verifier",
  paper: "SAGE (arXiv 2605.12022)",
  claim:
    "reinforcement learning against a trained rubric verifier raises a generator's share of valid " +
    "variants over supervised training alone, and carries over to a set that nothing was tuned on",
  presets: {
    quick: {
      arms: ["sft", "best-of-8", "rl", "rl-random", "rl-untrained"],
      seeds: [1, 2, 3],
      settings,
      minutes: 8,
    },
    full: {
      arms: ["sft", "best-of-8", "rl", "rl-random", "rl-untrained", "rl-checks"],
      seeds: [1, 2, 3, 4, 5],
      settings: { ...settings, rounds: 200, items: 128 },
      minutes: 40,
    },
  },
  runTrial,
  checks,
  columns: {
    valid: "valid (oracle)",
    accepted: "accepted (verifier)",
    validAccepted: "accepted and valid",
    precision: "valid of accepted (0 for none)",
    gap: "accepted less valid",
    awayValid: "valid, second world",
    distinct: "distinct of accepted",
    tokensPerValid: "tokens an accepted and valid variant (all, for none)",
    trainTokens: "tokens of RL",
    trainSeconds: "seconds of RL",
    auroc: "verifier's AUROC",
    aurocUntrained: "… untrained",
    kappa: "verifier's kappa",
    kappaUntrained: "… untrained",
    awayAuroc: "verifier's AUROC, second world",
    awayAurocUntrained: "… untrained",
    ...Object.fromEntries(variantTypes.map(({ id }) => [id, `valid of ${id}`])),
  },
  plots: (trials) => ({
    valid: {
      title: "Truly valid variants during RL (mean and range over seeds)",
      x: { label: "round" },
      y: { label: "share", include: [0, 1] },
      series: trials.arms
        .filter((arm) => arm.startsWith("rl"))
        .map((arm) => ({ label: arm, ...trials.curve("valid", arm) })),
    },
    reward: {
      title: "Reward by the trained verifier against the oracle's validity",
      x: { label: "round" },
      y: { label: "mean", include: [0, 1] },
      series: ["reward", "valid"].map((name) => ({ label: name, ...trials.curve(name, "rl") })),
    },
  }),
});
