/** The recipes on attention measure what their tables and checks ask for, in models that train a moment. */

import { expect, it } from "vitest";
import { recipes } from "../../../recipes/index.ts";
import { document } from "../../../recipes/shared/copy-language.ts";
import {
  parameterCount,
  type TinySettings,
  tinyDecoder,
} from "../../../recipes/shared/pretrain.ts";
import { fusedHeadGate } from "../../../src/nn/index.ts";
import { createRandom } from "../../../src/nn/random.ts";
import { judgeTrials, Trials } from "../../../src/recipe/index.ts";

const tiny: TinySettings = {
  layers: 2,
  hidden: 32,
  heads: 4,
  kvHeads: 2,
  inner: 88,
  length: 24,
  batch: 4,
  steps: 8,
  learningRate: 3e-3,
  held: 8,
};

it.each(["gated-attention", "sinks"])(
  "%s: every arm is measured, and every check but those that need a sink",
  async (name) => {
    const recipe = await recipes[name]!();
    const { arms } = recipe.presets.quick;
    const trials = [];
    for (const arm of arms) {
      const outcome = await recipe.runTrial({
        arm,
        seed: 1,
        settings: { ...recipe.presets.quick.settings!, ...tiny },
        dir: "",
        signal: new AbortController().signal,
        progress: () => {},
      });
      for (const [metric, value] of Object.entries(outcome.metrics)) {
        expect(Number.isFinite(value), `${arm} ${metric}`).toBe(true);
      }
      expect(outcome.metrics.loss).toBeGreaterThan(0);
      expect(outcome.metrics.loss).toBeLessThan(2 * Math.log(64));
      trials.push({ arm, seed: 1, seconds: 1, ...outcome });
    }
    const all = new Trials(trials);
    const { judgements, verdict } = judgeTrials(recipe, all);
    expect(judgements.filter(({ estimate }) => estimate).length).toBeGreaterThan(3);
    expect(verdict).not.toBe("confirmed"); // one seed has no interval
    for (const chart of Object.values(recipe.plots?.(all) ?? {})) {
      expect("series" in chart && chart.series.some(({ points }) => points.length > 0)).toBe(true);
    }
  },
  180_000,
);

it("gates take their parameters from the MLP", () => {
  const plain = parameterCount(tinyDecoder({ ...tiny, hidden: 64, inner: 176 }));
  const gated = parameterCount(
    tinyDecoder(
      { ...tiny, hidden: 64, inner: 176 },
      { gate: { ...fusedHeadGate, layout: "separate" } },
    ),
  );
  expect(Math.abs(gated / plain - 1)).toBeLessThan(0.01);
});

it("the language answers its questions with the latest definition, and copies the word before", () => {
  const [copy, define, ask] = [1, 2, 3];
  for (let seed = 0; seed < 20; seed++) {
    const tokens = document(400, createRandom(seed, "language"));
    const known = new Map<number, number>();
    expect(tokens).toHaveLength(400);
    expect(tokens[0]).toBe(0);
    for (let i = 1; i + 2 < tokens.length; i++) {
      if (tokens[i] === copy) expect(tokens[i + 1]).toBe(tokens[i - 1]);
      if (tokens[i] === define) known.set(tokens[i + 1]!, tokens[i + 2]!);
      if (tokens[i] === ask) expect(tokens[i + 2]).toBe(known.get(tokens[i + 1]!));
    }
  }
});
