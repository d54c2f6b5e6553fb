/** Samples of several runs, brought together by prompt. No DOM here. */

import type { RunData } from "./watcher.ts";

type Sampled = Pick<RunData, "name" | "samples">;

export interface SampleRow {
  readonly prompt: string;
  readonly expected: string | undefined;
  readonly answers: readonly {
    readonly run: string;
    readonly step: number;
    readonly text: string;
  }[];
}

/** Steps at which any run was asked, ascending. */
export const sampleSteps = (runs: readonly Sampled[]): number[] =>
  [...new Set(runs.flatMap(({ samples }) => samples.map(({ step }) => step)))].sort(
    (a, b) => a - b,
  );

/** What each run said at a step, or, where it was not asked then, the last time before. */
export function samplesAt(runs: readonly Sampled[], step: number): SampleRow[] {
  const rows = new Map<string, SampleRow>();
  for (const { name, samples } of runs) {
    const last = samples.reduce(
      (most, each) => (each.step <= step ? Math.max(most, each.step) : most),
      -1,
    );
    for (const { prompt = "", text = "", expected } of samples.filter(
      (each) => each.step === last,
    )) {
      const key = readable(prompt);
      const { answers } = rows.get(key) ?? { answers: [] };
      rows.set(key, {
        prompt: key,
        expected,
        answers: [...answers, { run: name, step: last, text }],
      });
    }
  }
  return [...rows.values()];
}

/** A prompt in ChatML without its control tokens: who speaks, and what. */
export const readable = (prompt: string): string =>
  prompt
    .replaceAll(/<\|im_start\|>(\w+)\n/g, "$1: ")
    .replaceAll("<|im_end|>", "")
    .replace(/assistant:\s*$/, "")
    .trim();
