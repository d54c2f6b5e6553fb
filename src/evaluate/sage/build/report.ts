/** What a construction gave and cost, type by type: the card of the set that was written. */

import { type Interval, wilsonInterval } from "../../score/statistics.ts";
import type { EvalModel } from "../../types.ts";
import { isValid } from "../calibrate.ts";
import type { VariantLabel } from "../labels.ts";
import { contentOf } from "../variant-file.ts";
import { type Audit, auditOf } from "./audit.ts";
import type { BuildResult, BuiltVariant, TypeOutcome } from "./build.ts";
import type { Spending } from "./kept-calls.ts";
import { breakEven, fixedCost, moneyOf, type Prices } from "./prices.ts";
import type { TypeThreshold } from "./threshold.ts";

/** What people say of the accepted variants that they were shown. */
export interface HumanAudit {
  readonly labelled: number;
  readonly valid: number;
  readonly precision: number;
  /** Wilson's, of 95 %. */
  readonly interval: Interval;
  /** Its half is below 0.05: no more need be labelled. */
  readonly isEnough: boolean;
}

export interface TypeReport
  extends Omit<TypeOutcome, "type" | "variants" | "refused" | "failures" | "threshold"> {
  /** NaN is written as null: nothing is known. */
  readonly threshold: TypeThreshold;
  /** Variants that were written into the file. */
  readonly kept: number;
  readonly refused: number;
  readonly failed: number;
  /** Accepted of the candidates that were sampled; what a program wrote does not count. */
  readonly yield: number | null;
  readonly yieldInterval: Interval | null;
  /** Of a model-written variant. */
  readonly perAccepted: {
    readonly tokens: number;
    readonly seconds: number;
    readonly money: number | null;
  } | null;
  readonly artefacts: Audit | null;
  readonly human: HumanAudit | null;
}

export interface BuildReport {
  readonly sage: 1;
  readonly items: number;
  readonly malformed: { readonly count: number; readonly first: readonly string[] };
  readonly models: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly notation: string;
  readonly types: Readonly<Record<string, TypeReport>>;
  readonly total: {
    readonly kept: number;
    readonly failed: number;
    readonly sampled: number;
    readonly accepted: number;
    readonly yield: number | null;
    readonly tokens: number;
    readonly seconds: number;
    /** Of calls alone; by the prices given. */
    readonly money: number | null;
    /** Of training and labelling. */
    readonly fixed: number | null;
    readonly perAccepted: {
      readonly tokens: number;
      readonly seconds: number;
      readonly money: number | null;
    } | null;
    /** Variants from which on this is cheaper than the baseline; null where it never is, or none was given. */
    readonly breakEven: number | null;
  };
  /** What judging the labelled variants took that thresholds were chosen from; not in the total. */
  readonly validation: Spending | null;
  readonly warnings: readonly string[];
}

export interface ReportOptions {
  readonly models: {
    readonly gen: EvalModel;
    readonly qual: EvalModel;
    readonly fallback?: EvalModel;
  };
  readonly seed: number;
  readonly notation: string;
  readonly prices?: Prices;
  /** Labels of accepted variants. */
  readonly labels?: readonly VariantLabel[];
  readonly validation?: Spending;
  readonly warnings?: readonly string[];
}

const FIRST = 20;
const roles = ["gen", "qual", "fallback"] as const;

export function reportOf(result: BuildResult, options: ReportOptions): BuildReport {
  const { models, seed, notation, prices, labels = [], warnings = [] } = options;
  const types = result.outcomes.map((outcome): [string, TypeReport] => [
    outcome.type.id,
    typeReport(outcome, prices, labels),
  ]);
  const all = types.map(([, each]) => each);
  const sum = (of: (each: TypeReport) => number) => all.reduce((n, each) => n + of(each), 0);
  const written = sum(({ accepted, derived }) => accepted - derived);
  const sampled = sum((each) => each.sampled);
  const tokens = sum(({ spent }) => roles.reduce((n, role) => n + tokensOf(spent[role]), 0));
  const seconds = sum(({ spent }) => roles.reduce((n, role) => n + spent[role].seconds, 0));
  const money = prices ? sum(({ spent }) => paid(spent, prices)) : null;
  const unit = money !== null && written > 0 ? money / written : null;
  return {
    sage: 1,
    items: result.items,
    malformed: {
      count: result.bad.length,
      first: result.bad.slice(0, FIRST).map(({ problem }) => problem),
    },
    models: Object.fromEntries(
      Object.entries(models).flatMap(([role, model]) => (model ? [[role, model.name]] : [])),
    ),
    seed,
    notation,
    types: Object.fromEntries(types),
    total: {
      kept: sum(({ kept }) => kept),
      failed: sum(({ failed }) => failed),
      sampled,
      accepted: sum(({ accepted }) => accepted),
      yield: sampled > 0 ? written / sampled : null,
      tokens,
      seconds,
      money,
      fixed: prices ? fixedCost(prices) : null,
      perAccepted:
        written > 0 ? { tokens: tokens / written, seconds: seconds / written, money: unit } : null,
      breakEven: (prices && unit !== null ? breakEven(prices, unit) : undefined) ?? null,
    },
    validation: options.validation ?? null,
    warnings: [...warnings, ...types.flatMap(([id, each]) => warningsOf(id, each))],
  };
}

const tokensOf = ({ promptTokens, completionTokens }: Spending): number =>
  promptTokens + completionTokens;
const paid = (spent: TypeOutcome["spent"], prices: Prices): number =>
  roles.reduce((sum, role) => sum + moneyOf(spent[role], prices, role), 0);

function typeReport(
  { type: _, variants, refused, failures, ...outcome }: TypeOutcome,
  prices: Prices | undefined,
  labels: readonly VariantLabel[],
): TypeReport {
  const { accepted, derived, sampled, spent } = outcome;
  const written = accepted - derived;
  const per = (total: number): number => total / written;
  return {
    ...outcome,
    kept: variants.length,
    refused: refused.length,
    failed: failures.length,
    yield: sampled > 0 ? written / sampled : null,
    yieldInterval: sampled > 0 ? wilsonInterval(written, sampled) : null,
    perAccepted:
      written > 0
        ? {
            tokens: per(roles.reduce((sum, role) => sum + tokensOf(spent[role]), 0)),
            seconds: per(roles.reduce((sum, role) => sum + spent[role].seconds, 0)),
            money: prices ? per(paid(spent, prices)) : null,
          }
        : null,
    artefacts: auditOf(variants.map(({ variant }) => variant)) ?? null,
    human: humanAudit(variants, labels),
  };
}

/** A variant that several people saw is valid where more than half of them say so. */
function humanAudit(
  variants: readonly BuiltVariant[],
  labels: readonly VariantLabel[],
): HumanAudit | null {
  const given = new Map<string, VariantLabel[]>();
  for (const label of labels) given.set(label.id, [...(given.get(label.id) ?? []), label]);
  const verdicts = variants.flatMap(({ id, variant }) => {
    const own = (given.get(id) ?? []).filter(
      ({ variant: record }) => JSON.stringify(contentOf(record)) === JSON.stringify(variant),
    );
    if (own.length === 0) return [];
    return own.filter((each) => isValid(each.labels)).length * 2 > own.length;
  });
  if (verdicts.length === 0) return null;
  const valid = verdicts.filter(Boolean).length;
  const interval = wilsonInterval(valid, verdicts.length);
  return {
    labelled: verdicts.length,
    valid,
    precision: valid / verdicts.length,
    interval,
    isEnough: (interval[1] - interval[0]) / 2 < 0.05,
  };
}

function warningsOf(
  id: string,
  { threshold, artefacts, kept, unread, judged, tried, failed }: TypeReport,
): string[] {
  const warnings: string[] = [];
  if (threshold.tau > 1) {
    warnings.push(
      `${id}: no score keeps the precision on ${threshold.labelled} labelled variants; left out`,
    );
  }
  for (const [player, each] of Object.entries(artefacts?.players ?? {})) {
    const { score, isWithin, interval } = each;
    const isNoise = interval[0] <= artefacts!.chance && artefacts!.chance <= interval[1];
    if (isWithin || isNoise) continue; // of a few variants, any share is far from chance
    const [points, chance] = [score, artefacts!.chance].map((share) => (100 * share).toFixed(1));
    warnings.push(
      `${id}: always choosing the ${player} choice scores ${points} %, chance is ${chance} % (${kept} variants)`,
    );
  }
  if (unread > 0)
    warnings.push(`${id}: ${unread} verdicts of ${judged} judged variants could not be read`);
  if (failed > 0)
    warnings.push(`${id}: ${failed} of ${tried} items failed; the same command asks them again`);
  return warnings;
}
