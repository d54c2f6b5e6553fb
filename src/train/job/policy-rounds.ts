/** Reinforcement learning as the rounds of a run. */

import type { PolicyPrompt, PolicyTrainer, RoundResult } from "../rl/policy-trainer.ts";
import type { RoundOutcome, Rounds } from "../run.ts";
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
  return {
    get done() {
      return policy.rounds;
    },
    // A round's samples are seeded by its number.
    set done(rounds) {
      policy.rounds = rounds;
    },
    async next() {
      const rate = learningRate * rateAt(schedule, policy.trainer.steps);
      const round = policy.round(source.next(), undefined, (count) => source.next(count));
      return outcome(await round, rate);
    },
  };
}

/** A round as a line of metrics; its rates are those of its last step. */
function outcome(round: RoundResult, learningRate: number): RoundOutcome {
  const { rewards: _, seconds: __, steps, groups, rewardParts, mismatch, ...means } = round;
  const { loss, gradientNorm, ...rest } = means;
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
