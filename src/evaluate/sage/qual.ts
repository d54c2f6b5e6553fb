/** VariantQual: a model that judges variants by the rubric. */

import { seedOf } from "../seed.ts";
import type { AskOptions, EvalModel } from "../types.ts";
import { asText } from "./ask.ts";
import { checkBlind } from "./blind.ts";
import { type Calibration, recalibrate, sigmoid } from "./calibrate.ts";
import { validity } from "./reward.ts";
import {
  type Axis,
  type AxisScores,
  axes,
  type ChoiceContent,
  type Digit,
  type Notation,
  type Prompt,
  type VariantType,
} from "./types.ts";
import { readVerdict } from "./verdict.ts";

export interface QualOptions {
  readonly model: EvalModel;
  readonly notation: Notation;
  /** Verdicts that are sampled where the model gives no likelihoods (default 5). */
  readonly samples?: number;
  /** Whether the model gives its reason before the digits (default false; sampled verdicts do). */
  readonly reasons?: boolean;
  /**
   * How often the model answers the variant with shuffled choices and without its label: a
   * verifier that sees the label tends to believe it (default 0: never).
   */
  readonly blind?: number;
  /** From `calibrate`, on labelled variants. */
  readonly calibration?: Calibration;
  readonly seed?: number;
}

export interface Qualification {
  readonly scores: AxisScores;
  /** Their product. */
  readonly score: number;
  /** Why, in the verifier's words. */
  readonly reasons: readonly string[];
  /** Sampled verdicts that could not be read: each counts as 0 on all axes. */
  readonly unread: number;
}

export interface VariantQual {
  readonly model: EvalModel;
  qualify(
    type: VariantType,
    source: ChoiceContent,
    variant: ChoiceContent,
    options?: AskOptions,
  ): Promise<Qualification>;
}

/**
 * A verifier. With a model that gives likelihoods, an axis scores sigmoid(log p("1") - log p("0")) at
 * its place in the verdict; with others, the mean of sampled verdicts.
 *
 * @example
 * const qual = createVariantQual({ model, notation: jsonNotation });
 * const { score, scores } = await qual.qualify(type, source, variant);
 */
export function createVariantQual(options: QualOptions): VariantQual {
  const { model, notation, calibration, blind = 0, seed } = options;
  if (blind > 0 && !notation.blind) {
    throw new Error(`${notation.version} has no questions without labels; leave "blind" at 0`);
  }
  return {
    model,
    async qualify(type, source, variant, ask = {}) {
      const prompt = notation.judge(type, source, variant);
      const verdict = model.logLikelihoods
        ? await likelyVerdict(options, prompt, ask)
        : await sampledVerdict(options, prompt, ask);
      const scores = calibration ? recalibrate(verdict.scores, calibration) : verdict.scores;
      const seen = blind
        ? await checkBlind({ model, notation, rounds: blind, seed }, variant, ask)
        : undefined;
      // The label must convince with and without being seen.
      const final: AxisScores = seen
        ? {
            type: scores.type,
            label: Math.min(scores.label, seen.label),
            unique: Math.min(scores.unique, seen.unique),
          }
        : scores;
      return { ...verdict, scores: final, score: validity(final) };
    },
  };
}

type Verdict = Pick<Qualification, "scores" | "reasons" | "unread">;

async function likelyVerdict(
  { model, notation, reasons: givesReasons = false, seed = 0 }: QualOptions,
  prompt: Prompt,
  ask: AskOptions,
): Promise<Verdict> {
  const text = asText(model, prompt);
  const reason = givesReasons ? await reasonOf(model, prompt, seed, ask) : undefined;
  const digits: Digit[] = [];
  const scores: Partial<Record<Axis, number>> = {};
  for (const axis of axes) {
    const context = text + notation.verdict(digits, reason);
    const requests = notation.digits.map((continuation) => ({ context, continuation }));
    const [no, yes] = await model.logLikelihoods!(requests, ask);
    const difference = yes!.logLikelihood - no!.logLikelihood;
    scores[axis] = sigmoid(difference);
    digits.push(difference > 0 ? 1 : 0);
  }
  return { scores: scores as AxisScores, reasons: reason ? [reason] : [], unread: 0 };
}

async function reasonOf(
  model: EvalModel,
  prompt: Prompt,
  seed: number,
  ask: AskOptions,
): Promise<string | undefined> {
  const request = { prompt, maxTokens: 128, seed, thinking: false };
  const [answer] = await model.generate([request], ask);
  return readVerdict(answer!.text)?.reason;
}

async function sampledVerdict(
  { model, samples = 5, seed = 0 }: QualOptions,
  prompt: Prompt,
  ask: AskOptions,
): Promise<Verdict> {
  const requests = Array.from({ length: samples }, (_, i) => ({
    prompt,
    maxTokens: 256,
    temperature: samples > 1 ? 1 : 0,
    seed: seedOf(seed, `verdict ${i}`),
    thinking: false,
  }));
  const answers = await model.generate(requests, ask);
  const verdicts = answers.map(({ text }) => readVerdict(text));
  const of = (axis: Axis): number =>
    verdicts.reduce((sum, verdict) => sum + (verdict?.[axis] ?? 0), 0) / samples;
  return {
    scores: { type: of("type"), label: of("label"), unique: of("unique") },
    reasons: verdicts.flatMap((verdict) => verdict?.reason ?? []),
    unread: verdicts.filter((verdict) => !verdict).length,
  };
}
