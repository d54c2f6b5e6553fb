/** Reinforcement learning as the rounds of a run. */

import type { PolicyPrompt, PolicyTrainer, RoundResult } from "../rl/policy-trainer.ts";
import { countedRounds, type RoundOutcome, type Rounds } from "../run.ts";
import { rateAt, type Schedule } from "../schedule.ts";
import type { PromptSource } from "./prompt-source.ts";

export interface PolicyRoundOptions {
  readonly learningRate: number;
  readonly schedule: Schedule;
}

export function policyRounds(
  policy: PolicyTrainer,
  source: PromptSource<PolicyPrompt>,
  { learningRate, schedule }: PolicyRoundOptions,
): Rounds {
  return countedRounds(policy, async () => {
    const rate = learningRate * rateAt(schedule, policy.trainer.steps);
    const round = policy.round(source.next(), undefined, (count) => source.next(count));
    return roundOutcome(await round, rate);
  });
}

/**
 * A round as a line of metrics; its rate is that of its last step.
 *
 * @param learningRate of a round without steps
 */
export function roundOutcome(round: RoundResult, learningRate: number): RoundOutcome {
  const { steps, groups, rewards: _, seconds: __, ...measured } = round;
  const { loss, gradientNorm, rewardParts, mismatch, ...rest } = measured;
  const answers = groups.flat();
  const sampled = answers.reduce((n, { tokens }) => n + tokens.length, 0);
  const sum = (key: "tokens" | "gradientSeconds" | "optimizerSeconds"): number =>
    steps.reduce((n, step) => n + step[key], 0);
  return {
    loss,
    gradientNorm,
    learningRate: steps.at(-1)?.learningRate ?? learningRate,
    tokens: Math.max(sampled, sum("tokens")),
    supervised: answers.length,
    metrics: {
      ...rest,
      ...Object.fromEntries(
        Object.entries(rewardParts).map(([name, value]) => [`reward ${name}`, value]),
      ),
      mismatch: mismatch.most,
    },
    sums: {},
    gradientSeconds: sum("gradientSeconds"),
    optimizerSeconds: sum("optimizerSeconds"),
  };
}
