/** What a round of reinforcement learning reports; names follow TRL where it has one. */

import type { StepResult } from "../trainer.ts";
import type { ScoredAnswer } from "./answer-batches.ts";
import type { RewardResult } from "./reward.ts";
import type { RolledAnswer } from "./roll-out.ts";

export interface RoundMetrics {
  /** Mean over answers that have one. */
  readonly reward: number;
  /** Mean of each reward function over the answers that it applies to. */
  readonly rewardParts: Readonly<Record<string, number>>;
  /** Share of prompts whose answers all have the same reward: they teach nothing. */
  readonly zeroVariance: number;
  /** Tokens of an answer, on average. */
  readonly length: number;
  /** Share of answers that met the limit of tokens. */
  readonly cut: number;
  /** Mean and largest |difference| of the engine's and the training graph's log-probabilities. */
  readonly mismatch: { readonly mean: number; readonly most: number };
  /** Means over tokens of all steps; the ratio of the first step is 1 but for rounding. */
  readonly ratio: number;
  readonly clipped: number;
  /** Deviation of the log ratio of tokens, and of answers' means. */
  readonly tokenDrift: number;
  readonly answerDrift: number;
  /** Estimate (k3) of the divergence from the policy that sampled. */
  readonly kl: number;
  readonly entropy: number;
  readonly loss: number;
  readonly gradientNorm: number;
}

export function roundMetrics(
  groups: readonly (readonly RolledAnswer[])[],
  results: readonly (readonly RewardResult[])[],
  scored: readonly ScoredAnswer[],
  steps: readonly StepResult[],
): RoundMetrics {
  const answers = groups.flat();
  const totals = results.flat().flatMap(({ total }) => total ?? []);
  const names = [...new Set(results.flat().flatMap(({ parts }) => Object.keys(parts)))];
  const partsOf = (name: string): number[] =>
    results.flat().flatMap(({ parts }) => parts[name] ?? []);
  const gaps = scored.flatMap(({ answer, old }) =>
    Array.from(answer.scores, (score, i) => Math.abs(score - old[i]!)),
  );
  // Metrics come divided by what the step's loss was divided by.
  const sumOf = (name: string): number =>
    steps.reduce((n, { metrics, supervised }) => n + metrics[name]! * supervised, 0);
  // 1 where no step was made: every prompt's answers had the same reward.
  const [tokens, sequences] = [sumOf("tokens") || 1, sumOf("answers") || 1];
  return {
    reward: mean(totals),
    rewardParts: Object.fromEntries(names.map((name) => [name, mean(partsOf(name))])),
    zeroVariance: mean(results.map((group) => (areEqual(group) ? 1 : 0))),
    length: mean(answers.map((answer) => answer.tokens.length)),
    cut: mean(answers.map(({ isComplete }) => (isComplete ? 0 : 1))),
    mismatch: { mean: mean(gaps), most: gaps.reduce((most, gap) => Math.max(most, gap), 0) },
    ratio: sumOf("ratio") / tokens,
    clipped: sumOf("clipped") / tokens,
    tokenDrift: Math.sqrt(sumOf("log ratio²") / tokens),
    answerDrift: Math.sqrt(sumOf("answer log ratio²") / sequences),
    kl: sumOf("kl") / tokens,
    entropy: sumOf("entropy") / tokens,
    loss: mean(steps.map(({ loss }) => loss)),
    gradientNorm: mean(steps.map(({ gradientNorm }) => gradientNorm)),
  };
}

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, v) => sum + v, 0) / values.length;

/** Whether all answers to a prompt are worth the same. */
export const areEqual = (group: readonly RewardResult[]): boolean =>
  group.every(({ total }) => total === group[0]!.total);
