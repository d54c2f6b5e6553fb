/** How many of a generator's variants are valid, and when more training makes it worse. */

import { createLimiter } from "../../limiter.ts";
import { meanOf } from "../../score/statistics.ts";
import { seedOf } from "../../seed.ts";
import type { AskOptions, EvalModel } from "../../types.ts";
import { readVariant, type VariantRow } from "../gen.ts";
import type { VariantQual } from "../qual.ts";
import type { ChoiceContent, Notation, VariantType } from "../types.ts";

/** Says whether a variant is valid: a second verifier's score, or what is known for certain. */
export type Judge = (
  type: VariantType,
  source: ChoiceContent,
  variant: ChoiceContent,
  ask?: AskOptions,
) => Promise<number> | number;

export interface Validity {
  /** Steps of reinforcement learning behind it. */
  readonly step: number;
  readonly sampled: number;
  /** Share that programs found nothing wrong with. */
  readonly passed: number;
  /** Mean score of the verifier that rewards; 0 for what did not pass. */
  readonly reward: number;
  /** Mean of the judge, who does not reward; likewise. */
  readonly judged: number;
}

/** Where rewards and judge part by so much more than at the start, the generator games the reward. */
const MOST_GAP = 0.1;
/** Measurements in a row below the best one. */
const PATIENCE = 2;

/** One candidate for each row, of its own seed, so that measurements differ by the model alone. */
export async function measureValidity(
  model: EvalModel,
  rows: readonly VariantRow[],
  options: {
    readonly step: number;
    readonly notation: Notation;
    readonly qual: VariantQual;
    /** Default: the verifier itself. */
    readonly judge?: Judge;
    readonly maxTokens: number;
    readonly signal?: AbortSignal;
  },
): Promise<Validity> {
  const { step, notation, qual, judge, maxTokens, signal } = options;
  const limit = createLimiter(model.concurrency);
  const found = await Promise.all(
    rows.map((row, i) =>
      limit(async () => {
        const { type, source } = row;
        const [answer] = await model.generate(
          [
            {
              prompt: notation.ask(type, source),
              maxTokens,
              temperature: 1,
              seed: seedOf(i, "validity"),
              thinking: false,
            },
          ],
          { signal },
        );
        const read = readVariant(notation, row, answer!.text);
        if ("problem" in read) return { passed: 0, reward: 0, judged: 0 };
        const { score } = await qual.qualify(type, source, read.variant, { signal });
        const judged = judge ? await judge(type, source, read.variant, { signal }) : score;
        return { passed: 1, reward: score, judged };
      }),
    ),
  );
  const of = (key: "passed" | "reward" | "judged") => meanOf(found.map((each) => each[key]));
  return {
    step,
    sampled: rows.length,
    passed: of("passed"),
    reward: of("reward"),
    judged: of("judged"),
  };
}

/** Why training should end here; undefined where it should go on. */
export function reasonToStop(history: readonly Validity[]): string | undefined {
  const last = history.at(-1);
  const first = history[0];
  if (!first || !last) return undefined;
  const gap = last.reward - last.judged - (first.reward - first.judged);
  if (gap > MOST_GAP) {
    return `the reward has risen by ${gap.toFixed(2)} more than what the judge says, who does not reward`;
  }
  const best = bestOf(history);
  const since = history.length - 1 - history.indexOf(best!);
  return since >= PATIENCE
    ? `validity was highest at step ${best!.step}, ${PATIENCE} measurements ago`
    : undefined;
}

/** The earliest of the highest. */
export const bestOf = (history: readonly Validity[]): Validity | undefined =>
  history.reduce<Validity | undefined>(
    (best, each) => (best && best.judged >= each.judged ? best : each),
    undefined,
  );
