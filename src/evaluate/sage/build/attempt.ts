/** One item in one type: candidates are drawn, checked and judged until one is good enough. */

import { createHash } from "node:crypto";
import { seedOf } from "../../seed.ts";
import type { AskOptions, EvalModel } from "../../types.ts";
import { readVariant } from "../gen.ts";
import type { Qualification, VariantQual } from "../qual.ts";
import type { ChoiceContent, ChoiceItem, Notation, VariantType } from "../types.ts";

/** Where a variant comes from. */
export interface Written {
  /** "program" where no model was needed. */
  readonly model: string;
  readonly seed?: number;
  readonly attempt?: number;
  readonly prompt_hash?: string;
  /** That the generator wrote. */
  readonly tokens?: number;
}

export interface Accepted {
  readonly item: ChoiceItem;
  readonly variant: ChoiceContent;
  readonly gen: Written;
  /** Absent for what a program wrote: it is as valid as its source. */
  readonly qual?: Qualification;
}

/** What became of an item in a type. */
export interface Attempted {
  readonly accepted?: Accepted;
  /** Candidates that were drawn. */
  readonly sampled: number;
  /** Candidates that were shown to the verifier. */
  readonly judged: number;
  /** Sampled verdicts that could not be read. */
  readonly unread: number;
  /** What programs saw, by sentence. */
  readonly problems: Readonly<Record<string, number>>;
  /** The best of those that were refused, for people or a larger model. */
  readonly best?: Required<Accepted>;
}

export interface Writer {
  readonly model: EvalModel;
  /** Rounds of candidates. */
  readonly attempts: number;
  /** Candidates of a round, of which the verifier's best is taken. */
  readonly bestOf: number;
}

export interface AttemptOptions {
  /** Asked one after the other: a second one gets what the first one could not do. */
  readonly writers: readonly Writer[];
  readonly qual: VariantQual;
  readonly notation: Notation;
  readonly tau: number;
  readonly seed: number;
  readonly maxTokens: number;
  readonly temperature: number;
}

/** @throws Error where a model gave no answer */
export async function attempt(
  type: VariantType,
  item: ChoiceItem,
  options: AttemptOptions,
  ask: AskOptions = {},
): Promise<Attempted> {
  const { writers, qual, notation, tau, seed, maxTokens, temperature } = options;
  const derived = type.derive?.(item);
  if (derived) {
    const accepted = { item, variant: derived, gen: { model: "program" } };
    return { accepted, sampled: 0, judged: 0, unread: 0, problems: {} };
  }
  const prompt = notation.ask(type, item);
  const prompt_hash = createHash("sha256")
    .update(JSON.stringify(prompt))
    .digest("hex")
    .slice(0, 16);
  const problems: Record<string, number> = {};
  let [sampled, judged, unread] = [0, 0, 0];
  let best: Attempted["best"];
  for (const [place, { model, attempts, bestOf }] of writers.entries()) {
    for (let round = 0; round < attempts; round++) {
      const seeds = Array.from({ length: bestOf }, (_, i) =>
        seedOf(seed, `${item.id} ${type.id} ${place} ${round} ${i}`),
      );
      const requests = seeds.map((own) => {
        return { prompt, maxTokens, temperature, seed: own, thinking: false };
      });
      const answers = await model.generate(requests, ask);
      sampled += answers.length;
      const read = answers.map(({ text, finishReason }) =>
        finishReason === "length"
          ? { problem: `the answer is longer than ${maxTokens} tokens` }
          : readVariant(notation, { type, source: item }, text),
      );
      for (const each of read) {
        if ("problem" in each) problems[each.problem] = (problems[each.problem] ?? 0) + 1;
      }
      const candidates = await Promise.all(
        read.map(async (each, i) => {
          if ("problem" in each) return undefined;
          const found = await qual.qualify(type, item, each.variant, ask);
          const gen = {
            model: model.name,
            seed: seeds[i]!,
            attempt: round,
            prompt_hash,
            tokens: answers[i]!.completionTokens,
          };
          return { item, variant: each.variant, gen, qual: found };
        }),
      );
      const passed = candidates.filter((each) => each !== undefined);
      judged += passed.length;
      unread += passed.reduce((sum, each) => sum + each.qual.unread, 0);
      const [first] = passed.sort((a, b) => b.qual.score - a.qual.score); // equal ones as drawn
      if (first && first.qual.score >= tau)
        return { accepted: first, sampled, judged, unread, problems };
      if (first && !(best && best.qual.score >= first.qual.score)) best = first;
    }
  }
  return { sampled, judged, unread, problems, best };
}
