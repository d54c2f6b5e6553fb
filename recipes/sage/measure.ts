/** What a generator's variants are worth: by the verifier, and by the oracle. */

import {
  type Assessment,
  assess,
  axes,
  isValid,
  type LabelledVariant,
  type VariantQual,
} from "../../src/evaluate/sage/index.ts";
import { auroc, cohenKappa } from "../../src/metrics/index.ts";
import { notation } from "./notation.ts";
import type { Group } from "./sample.ts";
import type { World } from "./world.ts";

interface Judged {
  readonly type: string;
  readonly text: string;
  readonly tokens: number;
  /** The verifier's score; 0 for what fails the programmatic checks. */
  readonly score: number;
  /** By the oracle. */
  readonly isValid: boolean;
}

/** Samples judged by both, in their groups. */
export async function judgeGroups(
  groups: readonly Group[],
  verifier: VariantQual,
  world: World,
): Promise<Judged[][]> {
  const judged: Judged[][] = [];
  for (const { row, answers } of groups) {
    const one: Judged[] = [];
    for (const { text, tokens } of answers) {
      const found = await assess({ notation, qual: verifier }, row, text);
      one.push({
        type: row.type.id,
        text: notation.ask(row.type, row.source) + text,
        tokens: tokens.length,
        score: scoreOf(found),
        isValid: !("problem" in found) && world.isValid(row.type, row.source, found.variant),
      });
    }
    judged.push(one);
  }
  return judged;
}

const scoreOf = (found: Assessment): number => ("problem" in found ? 0 : found.qualification.score);

/** The candidate that the verifier likes best. */
export const bestOf = (group: readonly Judged[]): Judged =>
  group.reduce((best, each) => (each.score > best.score ? each : best));

/**
 * Yields of what was chosen among what was sampled.
 *
 * @param tau from what score on the verifier accepts
 * @returns shares, and tokens sampled for each accepted and valid variant (all of them for none)
 */
export function yields(
  chosen: readonly Judged[],
  sampled: readonly Judged[],
  tau: number,
): Record<string, number> {
  const accepted = chosen.filter(({ score }) => score >= tau);
  const right = accepted.filter((each) => each.isValid).length;
  const tokens = sampled.reduce((sum, each) => sum + each.tokens, 0);
  const share = (count: number): number => count / chosen.length;
  return {
    valid: validShare(chosen),
    accepted: share(accepted.length),
    validAccepted: share(right),
    gap: share(accepted.length) - validShare(chosen),
    precision: right / Math.max(1, accepted.length),
    distinct: new Set(accepted.map(({ text }) => text)).size / Math.max(1, accepted.length),
    tokensPerValid: tokens / Math.max(1, right),
  };
}

export const validShare = (judged: readonly Judged[]): number =>
  judged.filter((each) => each.isValid).length / judged.length;

/** Scores of a verifier on labelled variants, beside the truth. */
export async function judgeLabelled(qual: VariantQual, labelled: readonly LabelledVariant[]) {
  const judged = [];
  for (const { type, source, variant, labels } of labelled) {
    const { score, scores } = await qual.qualify(type, source, variant);
    const passes = axes.every((axis) => scores[axis] > 0.5);
    judged.push({ score, passes, isValid: isValid(labels) });
  }
  return judged;
}

/** Agreement of a verifier with the truth. */
export function agreement(judged: Awaited<ReturnType<typeof judgeLabelled>>): {
  kappa: number;
  auroc: number;
} {
  const truths = judged.map((each) => each.isValid);
  return {
    kappa: cohenKappa(
      judged.map(({ passes }) => passes),
      truths,
    ),
    auroc: auroc(
      judged.map(({ score }) => score),
      truths,
    ),
  };
}
