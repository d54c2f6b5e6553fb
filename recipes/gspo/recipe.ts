/** GSPO against GRPO on a small mixture of experts (Zheng et al. 2025, arXiv 2507.18071). */

import { type Check, defineRecipe, type TrialContext, Trials } from "../../src/recipe/index.ts";
import {
  defaultAdamW,
  type PolicyLossOptions,
  PolicyTrainer,
  type RoundResult,
} from "../../src/train/index.ts";
import { policyConfig, warmStart } from "./policy.ts";
import { RoutingProbe } from "./routing.ts";
import { drawSums, openTokenizer, rightAnswer, toPrompt } from "./task.ts";

interface Settings {
  /** Steps of supervised training before. */
  readonly warmSteps: number;
  readonly rounds: number;
  readonly promptsPerRound: number;
  readonly answers: number;
  readonly miniBatches: number;
  readonly learningRate: number;
  /** Clip range of GSPO. Its scale is that of a mean over some seventeen tokens. */
  readonly gspoClip: readonly [number, number];
  /** Clip range of GRPO: the one that the paper compares with. */
  readonly grpoClip: readonly [number, number];
}

const settings: Settings = {
  warmSteps: 350,
  rounds: 40,
  promptsPerRound: 16,
  answers: 8,
  miniBatches: 4,
  learningRate: 1e-4,
  gspoClip: [0.02, 0.03],
  grpoClip: [0.2, 0.27],
};

const AT_END = 5;

/** Arms are named LOSS-MODEL, e.g. "gspo-moe". */
async function runTrial(context: TrialContext<Settings>): Promise<{
  metrics: Record<string, number>;
  curves: Record<string, [number, number][]>;
}> {
  const { arm, seed, settings: s, signal, progress } = context;
  const [loss, model] = arm.split("-") as ["gspo" | "grpo", "moe" | "dense"];
  const config = policyConfig(model === "moe");
  const tokenizer = await openTokenizer();
  const all = s.warmSteps + s.rounds * 8;
  // The same start for all losses of a seed.
  const weights = await warmStart(config, tokenizer, {
    seed,
    steps: s.warmSteps,
    signal,
    onStep: (step) => progress(step / all, "warm start"),
  });
  const options: PolicyLossOptions =
    loss === "gspo"
      ? { ratio: "sequence", clip: s.gspoClip, aggregate: "answer" }
      : { ratio: "token", clip: s.grpoClip, aggregate: "answer" };
  using policy = await PolicyTrainer.create({
    config,
    weights,
    tokenizer,
    rewards: [rightAnswer],
    loss: options,
    answers: s.answers,
    miniBatches: s.miniBatches,
    maxTokens: 48,
    context: 64,
    stopTokens: [tokenizer.eosId!],
    optimizer: { ...defaultAdamW, beta2: 0.99, weightDecay: 0 },
    learningRate: s.learningRate,
    schedule: { kind: "constant", warmup: 0, steps: 1 },
    slots: 64,
    threads: 1,
    seed,
  });
  const current = () => Object.fromEntries(policy.trainer.memory.parameters);
  using probe = config.moe ? await RoutingProbe.create(config, current) : undefined;
  const rounds: RoundResult[] = [];
  const moved: number[] = [];
  for (let round = 0; round < s.rounds; round++) {
    const sums = drawSums(s.promptsPerRound, seed, `round ${round}`);
    const before = await probe?.route(watched(rounds));
    rounds.push(
      await policy.round(
        sums.map((sum) => toPrompt(sum, tokenizer)),
        signal,
      ),
    );
    if (probe && before && before.length > 0) {
      moved.push(probe.changed(before, await probe.route(watched(rounds.slice(0, -1)))));
    }
    const { reward } = rounds[round]!;
    progress((s.warmSteps + 8 * (round + 1)) / all, `reward ${reward.toFixed(2)}`);
  }
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, v) => sum + v, 0) / Math.max(1, values.length);
  const of = (key: "reward" | "tokenDrift" | "answerDrift" | "clipped" | "entropy" | "length") =>
    rounds.map((round) => round[key]);
  const windows = of("reward").map((_, i) => mean(of("reward").slice(Math.max(0, i - 4), i + 1)));
  const peak = Math.max(...windows);
  return {
    metrics: {
      start: rounds[0]!.reward,
      reward: mean(of("reward").slice(-AT_END)),
      area: mean(of("reward")),
      collapsed: windows[windows.length - 1]! < peak / 2 ? 1 : 0,
      tokenDrift: mean(of("tokenDrift")),
      answerDrift: mean(of("answerDrift")),
      clipped: mean(of("clipped")),
      ...(moved.length > 0 && { rerouted: mean(moved) }),
      length: mean(of("length")),
      entropy: mean(of("entropy").slice(-AT_END)),
    },
    curves: {
      reward: of("reward").map((value, i) => [i, value]),
      tokenDrift: of("tokenDrift").map((value, i) => [i, value]),
    },
  };
}

/** Some sampled answers of the last round, whose routings are compared before and after a round. */
const watched = (rounds: readonly RoundResult[]): number[][] =>
  (rounds[rounds.length - 1]?.groups ?? [])
    .slice(0, 8)
    .map(([answer]) => [...Array.from(answer!.prompt), ...answer!.tokens]);

const ratioOf =
  (numerator: string, denominator: string, arm: string): Check["measure"] =>
  (seed, trials) => {
    const [a, b] = [trials.metric(numerator, arm, seed), trials.metric(denominator, arm, seed)];
    return a === undefined || b === undefined ? undefined : a / b;
  };

const checks: readonly Check[] = [
  {
    claim: "GSPO ends with a higher reward than GRPO on the mixture of experts",
    isCentral: true,
    measure: Trials.difference("reward", "gspo-moe", "grpo-moe"),
    expected: "above",
  },
  {
    claim: "GSPO learns faster: mean reward over all rounds",
    isCentral: true,
    measure: Trials.difference("area", "gspo-moe", "grpo-moe"),
    expected: "above",
  },
  {
    claim: "GSPO clips a larger share of tokens",
    isCentral: false,
    measure: Trials.difference("clipped", "gspo-moe", "grpo-moe"),
    expected: "above",
  },
  {
    claim: "the log ratio of answers varies less than half as much as that of tokens (GSPO)",
    isCentral: false,
    measure: ratioOf("answerDrift", "tokenDrift", "gspo-moe"),
    expected: "below",
    threshold: 0.5,
  },
  {
    claim: "token ratios drift further on the mixture of experts than on its dense twin (GRPO)",
    isCentral: false,
    measure: Trials.difference("tokenDrift", "grpo-moe", "grpo-dense"),
    expected: "above",
  },
  {
    claim: "a round changes the experts of more than 1 % of tokens and layers (GSPO)",
    isCentral: false,
    measure: (seed, trials) => trials.metric("rerouted", "gspo-moe", seed),
    expected: "above",
    threshold: 0.01,
  },
];

export default defineRecipe<Settings>({
  name: "gspo",
  title: "GSPO against GRPO",
  paper: "Group Sequence Policy Optimization (arXiv 2507.18071)",
  claim:
    "importance ratios of whole answers train a mixture of experts better and more stably than " +
    "ratios of tokens",
  presets: {
    quick: {
      arms: ["gspo-moe", "grpo-moe", "grpo-dense"],
      seeds: [1, 2, 3],
      settings,
      minutes: 12,
    },
    full: {
      arms: ["gspo-moe", "grpo-moe", "gspo-dense", "grpo-dense"],
      seeds: [1, 2, 3, 4, 5],
      settings: { ...settings, rounds: 150, miniBatches: 8 },
      minutes: 120,
    },
  },
  runTrial,
  checks,
  columns: {
    start: "reward at the start",
    reward: `reward, last ${AT_END} rounds`,
    area: "mean reward",
    collapsed: "collapsed",
    clipped: "share clipped",
    tokenDrift: "deviation of log token ratios",
    answerDrift: "deviation of log answer ratios",
    rerouted: "rerouted in a round",
    length: "tokens an answer",
    entropy: "entropy at the end",
  },
  plots: (trials) => ({
    reward: {
      title: "Share of right answers while learning (mean and range over seeds)",
      x: { label: "round" },
      y: { label: "reward", include: [0, 1] },
      series: trials.arms.map((arm) => ({ label: arm, ...trials.curve("reward", arm) })),
    },
    drift: {
      title: "Deviation of log token ratios within a round",
      x: { label: "round" },
      y: { label: "nats", include: [0] },
      series: trials.arms.map((arm) => ({ label: arm, ...trials.curve("tokenDrift", arm) })),
    },
  }),
});
