/** Verdicts, computed from the numbers by one rule for all recipes. */

import type { Check } from "./recipe.ts";
import { type Estimate, estimate } from "./statistics.ts";
import type { Trials } from "./trials.ts";

export type Verdict = "confirmed" | "not confirmed" | "refuted";

export interface Judgement {
  readonly claim: string;
  readonly isCentral: boolean;
  readonly expected: "below" | "above";
  readonly threshold: number;
  readonly unit: string;
  /** One number a seed; undefined where there are none. */
  readonly estimate: Estimate | undefined;
  readonly verdict: Verdict;
}

/**
 * Confirmed where the 95 % interval of the mean over seeds lies on the expected side of the
 * threshold, refuted where it lies on the other, and not confirmed where it holds the threshold
 * (always so with one seed).
 */
export function judge(check: Check, trials: Trials): Judgement {
  const { claim, isCentral, expected, threshold = 0, unit = "", measure } = check;
  const values = trials.seeds.flatMap((seed) => measure(seed, trials) ?? []);
  const found = values.length === 0 ? undefined : estimate(values);
  return {
    claim,
    isCentral,
    expected,
    threshold,
    unit,
    estimate: found,
    verdict: found ? verdictOf(found, expected, threshold) : "not confirmed",
  };
}

function verdictOf({ low, high }: Estimate, expected: "below" | "above", at: number): Verdict {
  if (high < at) return expected === "below" ? "confirmed" : "refuted";
  if (low > at) return expected === "above" ? "confirmed" : "refuted";
  return "not confirmed";
}

/** Of the central checks together: refuted by one, confirmed by all. */
export function overall(judgements: readonly Judgement[]): Verdict {
  const central = judgements.filter(({ isCentral }) => isCentral).map(({ verdict }) => verdict);
  if (central.includes("refuted")) return "refuted";
  return central.length > 0 && central.every((v) => v === "confirmed")
    ? "confirmed"
    : "not confirmed";
}
