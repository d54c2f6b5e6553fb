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
 * Confirmed where the 95 % interval (of the mean over seeds, unless the check has its own) lies on
 * the expected side of the threshold, refuted where it lies on the other side of what refutes (the
 * same, unless the check says more), and not confirmed otherwise.
 */
export function judge(check: Check, trials: Trials): Judgement {
  const { claim, isCentral, expected, threshold = 0, unit = "", refutedAt = threshold } = check;
  const found = estimateOf(check, trials);
  return {
    claim,
    isCentral,
    expected,
    threshold,
    unit,
    estimate: found,
    verdict: found ? verdictOf(found, expected, threshold, refutedAt) : "not confirmed",
  };
}

function estimateOf({ measure, interval }: Check, trials: Trials): Estimate | undefined {
  const values = trials.seeds.flatMap((seed) => measure(seed, trials) ?? []);
  if (values.length === 0) return undefined;
  const found = estimate(values);
  const own = interval?.(trials);
  if (!own) return found;
  const [low, high] = own;
  return { ...found, low, high, margin: (high - low) / 2 };
}

function verdictOf(
  { low, high }: Estimate,
  expected: "below" | "above",
  confirmedAt: number,
  refutedAt: number,
): Verdict {
  const isAbove = expected === "above";
  if (isAbove ? low > confirmedAt : high < confirmedAt) return "confirmed";
  return (isAbove ? high < refutedAt : low > refutedAt) ? "refuted" : "not confirmed";
}

/** Of the central checks together: refuted by one, confirmed by all. */
export function overall(judgements: readonly Judgement[]): Verdict {
  const central = judgements.filter(({ isCentral }) => isCentral).map(({ verdict }) => verdict);
  if (central.includes("refuted")) return "refuted";
  return central.length > 0 && central.every((v) => v === "confirmed")
    ? "confirmed"
    : "not confirmed";
}
