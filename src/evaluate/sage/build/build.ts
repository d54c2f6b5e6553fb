/** The large-scale construction: all items in all types, and what is done to the accepted together. */

import { openAnswerStore } from "../../model/answer-store.ts";
import type { EvalModel } from "../../types.ts";
import type { Calibration } from "../calibrate.ts";
import { createVariantQual, type QualOptions } from "../qual.ts";
import type { ChoiceItem, Notation, VariantType } from "../types.ts";
import { withEvenLabels, withoutCopies } from "./arrange.ts";
import { type Accepted, type Attempted, attempt } from "./attempt.ts";
import { type KeptCalls, keepCalls, noSpending, type Spending } from "./kept-calls.ts";
import type { BadItem } from "./read-items.ts";
import type { TypeThreshold } from "./threshold.ts";

export interface BuildOptions {
  readonly items: AsyncIterable<ChoiceItem | BadItem> | Iterable<ChoiceItem | BadItem>;
  readonly types: readonly VariantType[];
  /** Writes variants. */
  readonly gen: EvalModel;
  /** Judges them. */
  readonly qual: EvalModel;
  /** Is asked once for what `gen` could not do. */
  readonly fallback?: EvalModel;
  readonly notation: Notation;
  /** From which score a variant of each type is accepted; above 1: the type is left out. */
  readonly thresholds: Readonly<Record<string, TypeThreshold>>;
  readonly calibration?: Calibration;
  /** Of the verifier. */
  readonly judging?: Pick<QualOptions, "samples" | "reasons" | "blind">;
  /** Folder of the calls that were made: the same run goes on from there, and repeats none. */
  readonly calls: string;
  /** Rounds of candidates for an item in a type (default 4). */
  readonly attempts?: number;
  /** Candidates of a round (default 1). */
  readonly bestOf?: number;
  /** Most variants of a type (default: any number). */
  readonly quota?: number;
  /** Most items (default: all). */
  readonly limit?: number;
  /** Of a candidate (default 512 tokens, temperature 1). */
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly seed?: number;
  readonly onProgress?: (progress: BuildProgress) => void;
  readonly signal?: AbortSignal;
}

export interface BuildProgress {
  readonly done: number;
  /** Items times types; fewer are needed where a quota is met. */
  readonly total: number;
  readonly accepted: number;
  readonly failed: number;
}

/** A variant that was accepted, as it is asked. */
export interface BuiltVariant extends Accepted {
  readonly id: string;
  readonly type: VariantType;
}

/** What became of a type. */
export interface TypeOutcome {
  readonly type: VariantType;
  readonly threshold: TypeThreshold;
  /** Items that have such a variant. */
  readonly applicable: number;
  /** Of these, items that were worked on: all, unless the quota was met before. */
  readonly tried: number;
  readonly sampled: number;
  readonly judged: number;
  readonly unread: number;
  readonly problems: Readonly<Record<string, number>>;
  /** Items with a variant, before near copies went. */
  readonly accepted: number;
  /** Of these, written by a program. */
  readonly derived: number;
  readonly copies: number;
  /** Accepted ones beyond the quota. */
  readonly beyond: number;
  readonly spent: Readonly<Record<"gen" | "qual" | "fallback", Spending>>;
  readonly variants: readonly BuiltVariant[];
  /** Items without a variant, with the best that was written. */
  readonly refused: readonly { readonly item: ChoiceItem; readonly best?: Attempted["best"] }[];
  /** Items for which a model gave no answer; the next run asks again. */
  readonly failures: readonly { readonly item: string; readonly error: string }[];
}

export interface BuildResult {
  readonly items: number;
  readonly bad: readonly BadItem[];
  readonly outcomes: readonly TypeOutcome[];
  /** Calls that this run made; others were found in `calls`. */
  readonly made: number;
}

/**
 * Writes variants of all items in all types. What is written depends on items, models and seed
 * alone: not on the order of answers, nor on how often the run was stopped.
 *
 * @throws Error for a signal, or a folder of calls that cannot be written
 */
export async function buildVariants(options: BuildOptions): Promise<BuildResult> {
  const { limit = Number.POSITIVE_INFINITY, gen, qual, fallback, signal } = options;
  const items: ChoiceItem[] = [];
  const bad: BadItem[] = [];
  for await (const each of options.items) {
    if (items.length >= limit) break;
    if ("problem" in each) bad.push(each);
    else items.push(each);
  }
  const store = await openAnswerStore(options.calls);
  try {
    const roles = {
      gen: keepCalls(gen, "gen", store),
      qual: keepCalls(qual, "qual", store),
      ...(fallback && { fallback: keepCalls(fallback, "fallback", store) }),
    };
    const plans = options.types.map((type) => {
      return { type, own: items.filter((item) => type.applies?.(item) ?? true) };
    });
    const progress = { done: 0, total: 0, accepted: 0, failed: 0 };
    progress.total = plans.reduce((sum, { own }) => sum + own.length, 0);
    const outcomes: TypeOutcome[] = [];
    for (const { type, own } of plans) {
      outcomes.push(
        await buildType(type, own, roles, options, (change) => {
          for (const [key, by] of Object.entries(change))
            progress[key as keyof BuildProgress] += by;
          options.onProgress?.(progress);
        }),
      );
      signal?.throwIfAborted();
    }
    const made = Object.values(roles).reduce((sum, role) => sum + role.made, 0);
    return { items: items.length, bad, outcomes, made };
  } finally {
    await store.close();
  }
}

type Roles = { gen: KeptCalls; qual: KeptCalls; fallback?: KeptCalls };

async function buildType(
  type: VariantType,
  items: readonly ChoiceItem[],
  roles: Roles,
  options: BuildOptions,
  tell: (change: Partial<BuildProgress>) => void,
): Promise<TypeOutcome> {
  const { thresholds, quota = Number.POSITIVE_INFINITY, seed = 0, signal } = options;
  const threshold = thresholds[type.id]!;
  const spent = { gen: noSpending(), qual: noSpending(), fallback: noSpending() };
  const attempting = attemptOptions(type, roles, spent, options);
  const found: (Attempted | { readonly error: string })[] = [];
  // No candidate can pass: not one is paid for.
  const worked = threshold.tau > 1 ? [] : items;
  let [next, accepted] = [0, 0];
  const work = async (): Promise<void> => {
    // What is tried is the beginning of the items, whatever the order in which answers come; which
    // of them the quota takes is then decided by their own order.
    while (next < worked.length && accepted < quota && !signal?.aborted) {
      const place = next++;
      try {
        const result = await attempt(type, worked[place]!, attempting, { signal });
        found[place] = result;
        if (result.accepted) accepted++;
        tell({ done: 1, accepted: result.accepted ? 1 : 0 });
      } catch (error) {
        signal?.throwIfAborted();
        found[place] = { error: error instanceof Error ? error.message : String(error) };
        tell({ done: 1, failed: 1 });
      }
    }
  };
  // An item waits for one model at a time: twice as many as both take keep either one full.
  const side = 2 * (roles.gen.concurrency + roles.qual.concurrency);
  await Promise.all(Array.from({ length: Math.min(side, worked.length) }, work));
  signal?.throwIfAborted();
  tell({ done: items.length - found.length });
  return outcomeOf(type, items, found, { threshold, spent, quota, seed });
}

function attemptOptions(
  { id }: VariantType,
  roles: Roles,
  spent: TypeOutcome["spent"],
  options: BuildOptions,
) {
  const { notation, calibration, judging, thresholds, seed = 0 } = options;
  const { attempts = 4, bestOf = 1, maxTokens = 512, temperature = 1 } = options;
  const model = roles.qual.for(spent.qual);
  const { fallback } = roles;
  return {
    writers: [
      { model: roles.gen.for(spent.gen), attempts, bestOf },
      ...(fallback ? [{ model: fallback.for(spent.fallback), attempts: 1, bestOf: 1 }] : []),
    ],
    qual: createVariantQual({ model, notation, calibration, seed, ...judging }),
    notation,
    tau: thresholds[id]!.tau,
    seed,
    maxTokens,
    temperature,
  };
}

function outcomeOf(
  type: VariantType,
  items: readonly ChoiceItem[],
  found: readonly (Attempted | { readonly error: string })[],
  {
    threshold,
    spent,
    quota,
    seed,
  }: Pick<TypeOutcome, "threshold" | "spent"> & { quota: number; seed: number },
): TypeOutcome {
  const attempted = found.flatMap((each) => ("error" in each ? [] : [each]));
  const accepted = attempted.flatMap((each) => each.accepted ?? []);
  // Cut before copies go: how many more were accepted depends on the order of answers.
  const candidates = accepted.slice(0, quota).map((each) => {
    const keepsLast = type.id === "critical"; // "none of the above"
    return { ...each.variant, id: `${each.item.id}/${type.id}`, keepsLast, accepted: each };
  });
  const { kept, copies } = withoutCopies(candidates);
  const arranged = withEvenLabels(kept, seed);
  const sum = (of: (each: Attempted) => number) => attempted.reduce((n, each) => n + of(each), 0);
  const problems: Record<string, number> = {};
  for (const each of attempted) {
    for (const [problem, count] of Object.entries(each.problems)) {
      problems[problem] = (problems[problem] ?? 0) + count;
    }
  }
  return {
    type,
    threshold,
    applicable: items.length,
    tried: found.length,
    sampled: sum(({ sampled }) => sampled),
    judged: sum(({ judged }) => judged),
    unread: sum(({ unread }) => unread),
    problems,
    accepted: accepted.length,
    derived: accepted.filter(({ qual }) => !qual).length,
    copies: copies.length,
    beyond: accepted.length - candidates.length,
    spent,
    variants: arranged.map(({ id, question, choices, label, accepted: each }) => {
      return { ...each, id, type, variant: { question, choices, label } };
    }),
    refused: found.flatMap((each, i) =>
      "error" in each || each.accepted ? [] : { item: items[i]!, best: each.best },
    ),
    failures: found.flatMap((each, i) =>
      "error" in each ? { item: items[i]!.id, error: each.error } : [],
    ),
  };
}
