/** The recipe on M6: how captions are judged, what its objectives show, and a trial of a few steps. */

import { expect, it } from "vitest";
import { m6Config } from "../../../recipes/m6/model.ts";
import { type Objective, objectives } from "../../../recipes/m6/objectives.ts";
import recipe from "../../../recipes/m6/recipe.ts";
import { slotAccuracy } from "../../../recipes/m6/slots.ts";
import { sceneOf, sceneVocabulary } from "../../../recipes/shared/scenes.ts";
import { createRandom } from "../../../src/nn/random.ts";
import type { PreparedSample } from "../../../src/task/index.ts";

it("judges captions by their sizes, colours, shapes and places", () => {
  const references = [
    "a small red circle above a large blue star",
    "a large blue star below a small red circle",
  ];
  expect(slotAccuracy(references[1], references)).toBe(1);
  // Six of seven slots: small red circle above large blue star.
  expect(slotAccuracy("a small red ring above a large blue star", references)).toBeCloseTo(6 / 7);
  expect(slotAccuracy("a small red circle", references)).toBeCloseTo(3 / 7);
  expect(slotAccuracy("", references)).toBe(0);
});

it("shows each objective what it is about, and asks for the whole text", async () => {
  const vocabulary = await sceneVocabulary([], 0);
  const config = m6Config({ width: 32, layers: 1, heads: 1 }, vocabulary);
  const names: Objective[] = ["caption", "image denoising", "text denoising", "language modelling"];
  const tasks = objectives(names, sceneOf(1), { config, vocabulary });
  const kinds: Record<string, string> = {};
  for (const { name, draw } of tasks) {
    const sample = await draw(createRandom(1, name));
    kinds[name] = sample.groups.map(({ kind }) => kind).join("+");
    const [source, target] = [sourceOf(sample), targetOf(sample)].map(vocabulary.decode);
    expect(target.length).toBeGreaterThan(10);
    expect(source.includes("_"), name).toBe(name.endsWith("denoising"));
    if (!name.endsWith("denoising")) expect(source).toBe("");
  }
  expect(kinds).toEqual({
    caption: "image",
    "image denoising": "image+text",
    "text denoising": "text",
    "language modelling": "text",
  });
});

const sourceOf = ({ groups }: PreparedSample): readonly number[] =>
  groups.flatMap((group) => (group.kind === "text" ? group.ids : []));

const targetOf = ({ target }: PreparedSample): readonly number[] =>
  target.kind === "tokens" ? target.ids : [];

it("runs a trial of all objectives", async () => {
  const short = { batch: 2, steps: 1, learningRate: 1e-3 };
  const { settings } = recipe.presets.quick;
  const { metrics, curves } = await recipe.runTrial({
    arm: "all",
    seed: 1,
    settings: {
      ...(settings as object),
      ...{ width: 32, heads: 1, layers: 1, pretraining: short, tuning: short },
      ...{ shots: 4, held: 4, heldCaptions: 2 },
    },
    dir: "",
    signal: new AbortController().signal,
    progress: () => {},
  });
  for (const column of Object.keys(recipe.columns)) expect(metrics).toHaveProperty([column]);
  expect(Object.keys(curves ?? {})).toEqual([
    "caption",
    "image denoising",
    "text denoising",
    "language modelling",
    "question",
  ]);
});
