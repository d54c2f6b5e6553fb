/** RL of the generator, round by round, with the oracle looking on: what it sees trains nothing. */

import {
  readVariant,
  type VariantRow,
  variantPrompt,
  verifierReward,
} from "../../src/evaluate/sage/index.ts";
import type { WeightSource } from "../../src/graph/program.ts";
import { createRandom, pick } from "../../src/nn/random.ts";
import { defaultAdamW, PolicyTrainer, type Reward } from "../../src/train/index.ts";
import { frozen } from "./models.ts";
import { notation } from "./notation.ts";
import { MAX_TOKENS } from "./sample.ts";
import type { Stages } from "./stages.ts";
import { variantTypes } from "./variant-types.ts";

export interface PolicySettings {
  readonly rounds: number;
  readonly promptsPerRound: number;
  /** Answers to each prompt. */
  readonly candidates: number;
  readonly miniBatches: number;
  readonly policyRate: number;
  readonly clip: readonly [number, number];
  /** Of the divergence from the generator after SFT. */
  readonly beta: number;
}

interface PolicyRun {
  readonly reward: Reward;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly progress: (share: number, note: string) => void;
}

interface Reinforced {
  readonly weights: WeightSource;
  readonly metrics: { readonly trainTokens: number; readonly trainSeconds: number };
  /** Of each round's samples before it was learned from: mean reward, and share truly valid. */
  readonly curves: Record<"reward" | "valid", [round: number, value: number][]>;
}

export async function reinforce(
  { home, tokenizer, config, sft }: Stages,
  s: PolicySettings,
  { reward, seed, signal, progress }: PolicyRun,
): Promise<Reinforced> {
  const started = performance.now();
  using policy = await PolicyTrainer.create({
    config,
    weights: sft,
    tokenizer,
    rewards: [reward],
    loss: { ratio: "sequence", clip: s.clip, aggregate: "answer", beta: s.beta },
    answers: s.candidates,
    miniBatches: s.miniBatches,
    maxTokens: MAX_TOKENS,
    context: 64,
    stopTokens: [tokenizer.eosId!],
    optimizer: { ...defaultAdamW, beta2: 0.99, weightDecay: 0 },
    learningRate: s.policyRate,
    schedule: { kind: "constant", warmup: 0, steps: 1 },
    slots: 64,
    threads: 1,
    seed,
  });
  let trainTokens = 0;
  const curves: Reinforced["curves"] = { reward: [], valid: [] };
  for (let round = 0; round < s.rounds; round++) {
    const random = createRandom(seed, `round ${round}`);
    const rows = Array.from({ length: s.promptsPerRound }, (): VariantRow => {
      const source = home.item(random, "train");
      return { type: pick(random, variantTypes), source };
    });
    const prompts = rows.map((row) =>
      variantPrompt(notation, row, (prompt) => tokenizer.encode(prompt as string)),
    );
    const { reward: mean, groups } = await policy.round(prompts, signal);
    const answers = groups.flatMap((group, i) =>
      group.map(({ text }) => ({ text, row: rows[i]! })),
    );
    const valid = answers.filter(({ text, row }) => {
      const { variant } = readVariant(notation, row, text);
      return variant && home.isValid(row.type, row.source, variant);
    });
    trainTokens += groups.flat().reduce((sum, { tokens }) => sum + tokens.length, 0);
    curves.reward.push([round, mean]);
    curves.valid.push([round, valid.length / answers.length]);
    progress((round + 1) / s.rounds, `reward ${mean.toFixed(2)}`);
  }
  const trainSeconds = (performance.now() - started) / 1000;
  return { weights: frozen(policy.trainer), metrics: { trainTokens, trainSeconds }, curves };
}

/** The reward of an arm: a verifier's, or one that knows nothing. */
export function rewardOf(arm: string, { verifier, untrained }: Stages, seed: number): Reward {
  if (arm === "rl-random") {
    const random = createRandom(seed, "random reward");
    return { name: "random", of: () => random.uniform() };
  }
  if (arm === "rl-checks") return checksReward;
  // The rubric alone: novelty, leaks and length are about style, which this world has none of.
  const form = { form: "product", novelty: 0, leak: 0, length: 0 } as const;
  return verifierReward({ notation, qual: arm === "rl" ? verifier : untrained }, form);
}

/** 1 for what passes the programmatic checks: what is left of the reward without a verifier. */
const checksReward: Reward = {
  name: "checks",
  of: ({ text, row }) => {
    const asked = row as unknown as VariantRow; // of variantPrompt
    return "problem" in readVariant(notation, asked, text) ? 0 : 1;
  },
};
