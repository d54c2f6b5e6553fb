/** Several answers to one question, and pass@k over them: settings that code benchmarks share. */

import { passAtK } from "../score/answers.ts";
import type { MetricSpec } from "../types.ts";
import type { BenchmarkOptions } from "./benchmark.ts";

export const sampleSettings = {
  samples: "answers to each question (default: 1, the likeliest; more are drawn at 0.2)",
  k: "of pass@k, joined by + (default: 1)",
  temperature: "of drawing (default: 0.2 for several samples)",
};

export interface Samples {
  readonly repeats: number;
  readonly temperature: number | undefined;
  readonly topP: number | undefined;
  readonly metrics: readonly MetricSpec[];
  /** pass@k of one question, from which of its answers passed. */
  score(hasPassed: readonly boolean[]): Record<string, number>;
}

/**
 * @param filter whose answers are scored
 * @throws Error for what is no number, or k above the number of samples
 */
export function samplesOf(
  name: string,
  { settings }: Pick<BenchmarkOptions, "settings">,
  filter = "none",
): Samples {
  const positive = (key: string, text: string): number => {
    const value = Number(text);
    if (value > 0 && Number.isSafeInteger(value)) return value;
    throw new Error(`${name}: ${key} is ${text}, expected a whole number from 1`);
  };
  const repeats = positive("samples", settings.samples ?? "1");
  const ks = (settings.k ?? "1").split("+").map((text) => positive("k", text));
  const most = Math.max(...ks);
  if (most > repeats) {
    throw new Error(`${name}: pass@${most} needs ${most} answers; add :samples=${most} or more`);
  }
  const given = settings.temperature;
  const temperature = given === undefined ? (repeats > 1 ? 0.2 : undefined) : Number(given);
  if (temperature !== undefined && !(temperature >= 0)) {
    throw new Error(`${name}: temperature is ${given}, expected a number from 0`);
  }
  return {
    repeats,
    temperature,
    topP: repeats > 1 ? 0.95 : undefined,
    metrics: ks.map((k) => ({ name: `pass@${k}`, isHigherBetter: true, filter })),
    score(hasPassed) {
      const right = hasPassed.filter(Boolean).length;
      return Object.fromEntries(ks.map((k) => [`pass@${k}`, passAtK(hasPassed.length, right, k)]));
    },
  };
}
