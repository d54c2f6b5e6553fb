/** Qwen3's four stages of post-training, and strong-to-weak distillation (arXiv 2505.09388). */

import { createHash } from "node:crypto";
import { join } from "node:path";
import {
  type Check,
  defineRecipe,
  type Outcome,
  type TrialContext,
  Trials,
} from "../../src/recipe/index.ts";
import { MINI } from "../shared/mini.ts";
import { budgetCurve, type Measuring, measure, passAtK } from "./measure.ts";
import {
  coldStart,
  type Fusion,
  fusion,
  generalRl,
  type Reinforced,
  reasoningRl,
  type Supervised,
} from "./stages.ts";
import { type OffPolicy, type OnPolicy, offPolicy, onPolicy, studentRl } from "./student.ts";
import { metricOf, openWorkshop, type Workshop } from "./workshop.ts";

interface Settings {
  readonly coldStart: Supervised;
  readonly reasoningRl: Reinforced;
  readonly fusion: Fusion;
  readonly generalRl: Reinforced;
  readonly student: OffPolicy;
  readonly studentRl: Reinforced;
  readonly studentDistilled: OnPolicy;
  readonly measuring: Measuring;
}

const settings: Settings = {
  coldStart: { steps: 600, learningRate: 1e-3 },
  reasoningRl: { rounds: 8, questions: 48, answers: 8, learningRate: 1e-4 },
  fusion: { steps: 60, learningRate: 3e-4, questions: 1200 },
  generalRl: { rounds: 4, questions: 48, answers: 8, learningRate: 1e-4 },
  student: { steps: 150, learningRate: 2e-3, questions: 1200 },
  studentRl: { rounds: 8, questions: 48, answers: 8, learningRate: 1e-4 },
  studentDistilled: { rounds: 8, questions: 32, learningRate: 5e-4 },
  measuring: {
    perSkill: 24,
    switches: 6,
    budgeted: 15,
    budgets: [0, 8, 16, 32, 64, 128],
    sampled: 5,
    samples: 8,
  },
};

/** Models by arm; each stage starts from the one before, which is made first where it is missing. */
const models: Readonly<Record<string, (shop: Workshop, s: Settings) => Promise<string>>> = {
  base: async () => MINI,
  "cold-start": async (shop, s) => coldStart(startOf(shop, s), MINI, s.coldStart),
  "reasoning-rl": async (shop, s) =>
    reasoningRl(shop, await models["cold-start"]!(shop, s), s.reasoningRl),
  fusion: async (shop, s) => fusion(shop, await models["reasoning-rl"]!(shop, s), s.fusion),
  "general-rl": async (shop, s) => generalRl(shop, await models.fusion!(shop, s), s.generalRl),
  student: async (shop, s) =>
    offPolicy(shop, MINI, await models["general-rl"]!(shop, s), s.student),
  "student-rl": async (shop, s) => studentRl(shop, await models.student!(shop, s), s.studentRl),
  "student-distilled": async (shop, s) =>
    onPolicy(
      shop,
      await models.student!(shop, s),
      await models["general-rl"]!(shop, s),
      s.studentDistilled,
    ),
};

/** Stage 1 is made once, as a base model is: what all seeds start from. */
const START_SEED = 100;

const startOf = (shop: Workshop, s: Settings): Workshop => {
  const fingerprint = hashOf(s.coldStart);
  return { ...shop, seed: START_SEED, fingerprint, dir: join(shop.dir, `../start-${fingerprint}`) };
};

const hashOf = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 12);

const hasRounds = (arm: string): boolean => /-rl$/.test(arm);

async function runTrial({
  arm,
  seed,
  settings: s,
  dir,
  signal,
  progress,
}: TrialContext<Settings>): Promise<Outcome> {
  const fingerprint = hashOf(s);
  // Beside the trials' own folders, which go when they are done: the next stage starts from it.
  const shared = join(dir, "../..", `models-seed${seed}-${fingerprint}`);
  const shop = await openWorkshop({ seed, fingerprint, dir: shared, signal, progress });
  const model = await models[arm]!(shop, s);
  const metrics: Record<string, number> = await measure(model, shop, seed, s.measuring);
  const curves: Record<string, [number, number][]> = {};
  if (hasRounds(arm)) {
    const right = await metricOf(shop, arm, "right");
    curves.right = right.map((value, round) => [round, value]);
  }
  if (arm === "student-rl" || arm === "student-distilled") {
    const passes = await metricOf(shop, arm, "passes");
    metrics.passes = passes.reduce((sum, n) => sum + n, 0) / 1e6;
  }
  if (arm.startsWith("student")) metrics.passAtK = await passAtK(model, shop, seed, s.measuring);
  if (arm === "reasoning-rl" || arm === "general-rl") {
    curves.budget = await budgetCurve(model, shop, seed, s.measuring);
    for (const [budget, accuracy] of curves.budget) metrics[`budget${budget}`] = accuracy;
  }
  return { metrics, curves };
}

/** Metric of one arm minus another of the same arm. */
const within =
  (arm: string, a: string, b: string): Check["measure"] =>
  (seed, trials) => {
    const [x, y] = [trials.metric(a, arm, seed), trials.metric(b, arm, seed)];
    return x === undefined || y === undefined ? undefined : x - y;
  };

const ratio =
  (name: string, a: string, b: string): Check["measure"] =>
  (seed, trials) => {
    const [x, y] = [trials.metric(name, a, seed), trials.metric(name, b, seed)];
    return x === undefined || y === undefined ? undefined : x / y;
  };

const checks: readonly Check[] = [
  {
    claim: "reasoning RL raises accuracy with thinking on reasoning skills over the cold start",
    isCentral: true,
    measure: Trials.difference("reasoning", "reasoning-rl", "cold-start"),
    expected: "above",
  },
  {
    claim: "fusion costs at most 3 points of accuracy with thinking",
    isCentral: true,
    measure: Trials.difference("thinking", "fusion", "reasoning-rl"),
    expected: "above",
    threshold: -0.03,
  },
  {
    claim: "fusion raises direct accuracy over the model that only thought",
    isCentral: true,
    measure: Trials.difference("direct", "fusion", "reasoning-rl"),
    expected: "above",
  },
  {
    claim: "a thinking budget of 128 tokens answers more than one of 16 (final model)",
    isCentral: true,
    measure: within("general-rl", "budget128", "budget16"),
    expected: "above",
  },
  {
    claim: "on-policy distillation of the student ends more accurate than its RL",
    isCentral: true,
    measure: Trials.difference("thinking", "student-distilled", "student-rl"),
    expected: "above",
  },
  {
    claim: "on-policy distillation takes less than 15 % of the passes of RL",
    isCentral: true,
    measure: ratio("passes", "student-distilled", "student-rl"),
    expected: "below",
    threshold: 0.15,
  },
  {
    claim: "the cold start thinks longer than onefold-mini",
    isCentral: false,
    measure: Trials.difference("thinkingTokens", "cold-start", "base"),
    expected: "above",
    unit: "tokens",
  },
  {
    claim: "fusion raises obedience to /think and /no_think",
    isCentral: false,
    measure: Trials.difference("obeyed", "fusion", "reasoning-rl"),
    expected: "above",
  },
  {
    claim: "general RL raises obedience to /think and /no_think",
    isCentral: false,
    measure: Trials.difference("obeyed", "general-rl", "fusion"),
    expected: "above",
  },
  {
    claim: "the general stages cost accuracy on reasoning skills",
    isCentral: false,
    measure: Trials.difference("reasoning", "general-rl", "reasoning-rl"),
    expected: "below",
  },
  {
    claim:
      "answers cut at 16 tokens of thinking are better after fusion and general RL than before",
    isCentral: false,
    measure: Trials.difference("budget16", "general-rl", "reasoning-rl"),
    expected: "above",
  },
  {
    claim: "on-policy distillation finds more right answers among 8 samples than RL",
    isCentral: false,
    measure: Trials.difference("passAtK", "student-distilled", "student-rl"),
    expected: "above",
  },
  {
    claim: "the final model is more accurate with thinking than onefold-mini",
    isCentral: false,
    measure: Trials.difference("thinking", "general-rl", "base"),
    expected: "above",
  },
];

export default defineRecipe<Settings>({
  name: "qwen3-post-training",
  title: "Qwen3's four stages of post-training",
  paper: "Qwen3 Technical Report (arXiv 2505.09388), section 4",
  claim:
    "long-thinking cold start, reasoning RL, fusion of both modes and general RL build one model " +
    "with a thinking budget; small models get further by distillation than by RL, at a tenth of " +
    "the cost",
  presets: {
    quick: { arms: Object.keys(models), seeds: [1, 2, 3], settings, minutes: 25 },
    full: {
      arms: Object.keys(models),
      seeds: [1, 2, 3],
      settings: {
        ...settings,
        reasoningRl: { ...settings.reasoningRl, rounds: 100 },
        fusion: { steps: 800, learningRate: 3e-4, questions: 12_000 },
        generalRl: { ...settings.generalRl, rounds: 60 },
        student: { ...settings.student, steps: 1500, questions: 12_000 },
        studentRl: { ...settings.studentRl, rounds: 100 },
        studentDistilled: { ...settings.studentDistilled, rounds: 80 },
        measuring: { ...settings.measuring, perSkill: 100, budgeted: 60, sampled: 20 },
      },
      minutes: 240,
    },
  },
  runTrial,
  checks,
  columns: {
    thinking: "accuracy, thinking",
    reasoning: "of reasoning skills",
    direct: "accuracy, direct",
    thinkingTokens: "tokens, thinking",
    directTokens: "tokens, direct",
    obeyed: "switches obeyed",
    passAtK: "right among 8 samples",
    passes: "million passes of the student",
  },
  plots: (trials) => ({
    budget: {
      title: "Accuracy on reasoning skills by thinking budget (mean and range over seeds)",
      x: { label: "most tokens of thinking" },
      y: { label: "accuracy", include: [0, 1] },
      series: ["reasoning-rl", "general-rl"].map((arm) => ({
        label: arm,
        ...trials.curve("budget", arm),
      })),
    },
    reward: {
      title: "Share of right sampled answers while learning (mean and range over seeds)",
      x: { label: "round" },
      y: { label: "right", include: [0, 1] },
      series: trials.arms
        .filter(hasRounds)
        .map((arm) => ({ label: arm, ...trials.curve("right", arm) })),
    },
  }),
});
