/** The recipe on OFA: its tasks' wordings and answers, and a trial of a few steps. */

import { expect, it } from "vitest";
import { ofaVocabulary } from "../../../recipes/ofa/model.ts";
import recipe from "../../../recipes/ofa/recipe.ts";
import { unifiedTasks, wordsOf } from "../../../recipes/ofa/tasks.ts";
import { ANSWERS, question, sceneOf } from "../../../recipes/shared/scenes.ts";
import { createRandom } from "../../../src/nn/random.ts";

it("says unseen wordings in words that known ones have, in another order", () => {
  const known = unifiedTasks.flatMap((task) => task.known).map(wordsOf);
  const words = new Set(known.flatMap((text) => text.match(/\w+/g)));
  for (const text of unifiedTasks.flatMap(({ unseen }) => unseen).map(wordsOf)) {
    expect(known).not.toContain(text);
    for (const word of text.match(/\w+/g) ?? []) expect(words, text).toContain(word);
  }
});

it("asks for matches half of which are wrong in one word", () => {
  const { draw } = unifiedTasks.find(({ name }) => name === "match")!;
  const { draw: drawCaption } = unifiedTasks.find(({ name }) => name === "caption")!;
  const random = createRandom(1, "match");
  let right = 0;
  for (let i = 0; i < 200; i++) {
    const { record, references } = draw(random, "train", sceneOf(2));
    expect(references).toEqual([record.answer]);
    if (record.answer === "yes") right++;
  }
  expect(right).toBeGreaterThan(70);
  expect(right).toBeLessThan(130);
  const { record, references } = drawCaption(random, "train", sceneOf(2));
  expect(references).toContain(record.caption);
});

it("asks questions whose answers are of the closed set, of one token to three", async () => {
  const vocabulary = await ofaVocabulary();
  const lengths = ANSWERS.map((text) => vocabulary.encode(text, true).length);
  expect(Math.min(...lengths)).toBe(1);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(3);
  const random = createRandom(1, "questions");
  for (let i = 0; i < 100; i++) {
    const { answer, question: text } = question(random, "heldout", sceneOf(2));
    expect(ANSWERS, text).toContain(answer);
  }
});

it("runs a trial: no answer of a trie is invalid, almost all of a fresh model's own are", async () => {
  const short = { batch: 2, steps: 1, learningRate: 1e-3 };
  const { settings } = recipe.presets.quick;
  const { metrics } = await recipe.runTrial({
    arm: "unified",
    seed: 1,
    settings: {
      ...(settings as object),
      ...{ width: 32, pretraining: short, tuning: short, shots: 4, held: 8, heldTasks: 2 },
    },
    dir: "",
    signal: new AbortController().signal,
    progress: () => {},
  });
  for (const column of Object.keys(recipe.columns)) expect(metrics).toHaveProperty([column]);
  expect(metrics["invalid, trie"]).toBe(0);
  expect(metrics["invalid, candidates"]).toBe(0);
  expect(metrics["invalid, free"]).toBeGreaterThan(50);
});
