/** The 15 tasks of the recipe: what they read, how they are scored, and which only words tell apart. */

import { expect, it } from "vitest";
import { planTask, TASKS_ALIKE } from "../../../recipes/ofasys/plans.ts";
import { actionOf } from "../../../recipes/ofasys/score-motions.ts";
import { MOTION } from "../../../recipes/ofasys/sizes.ts";
import { TASKS } from "../../../recipes/ofasys/tasks.ts";
import { createRandom } from "../../../src/nn/random.ts";
import { describeMotions } from "../../../src/task/worlds/index.ts";

it("are fifteen, over text, structures, images, boxes, video, sound, motion and codes", () => {
  expect(new Set(TASKS.map(({ name }) => name)).size).toBe(15);
  const all = TASKS.map(({ instruction }) => instruction).join(" ");
  for (const modality of ["TEXT", "STRUCT", "IMAGE", "BOX", "VIDEO", "AUDIO", "MOTION"]) {
    expect(all).toContain(`[${modality}:`);
  }
  expect(all).toContain("-> [IMAGE:");
});

it.each(TASKS.map((task) => [task.name, task] as const))(
  "%s: right answers score best, answers to other questions worse",
  (_, { draw, metric }) => {
    const random = createRandom(1, "test");
    const samples = Array.from({ length: 30 }, () => draw(random, "heldout"));
    const references = samples.map(({ reference }) => reference);
    const answers = samples.map(({ record }) => record.answer);
    const moved = [...answers.slice(1), answers[0]];
    const [right, floor] = [answers, moved].map((given) => metric.compute(given, references));
    const best = metric.better === "lower" ? 0 : metric.most;
    // Motions are told by the nearest mean, colours by pixels, CIDEr depends on other references.
    expect(Math.abs(right - best)).toBeLessThan(0.5 * metric.most);
    expect(metric.better === "lower" ? floor - right : right - floor).toBeGreaterThan(
      0.1 * metric.most,
    );
  },
);

it("tells the actions of true motions, each of another sentence", () => {
  const random = createRandom(2, "test");
  const motions = Array.from({ length: 100 }, () => describeMotions(random, "heldout", MOTION));
  const right = motions.filter(({ motion, action }) => actionOf(motion) === action).length;
  expect(right).toBeGreaterThan(85);
});

it("keeps the slots alone where words are left out", () => {
  const [caption, sentiment] = ["caption", "sentiment"].map(
    (name) => TASKS.find((task) => task.name === name)!,
  );
  expect(planTask(caption, true).source.map(({ kind }) => kind)).toEqual(["image", "text"]);
  expect(planTask(caption, false).source.map(({ kind }) => kind)).toEqual(["image"]);
  expect(planTask(sentiment, false).source).toMatchObject([
    { kind: "text", pieces: [{ kind: "slot", slot: { name: "sentence" } }] },
  ]);
});

it("finds the tasks that nothing but words tells apart", () => {
  expect(TASKS_ALIKE).toEqual(["sentiment", "summary", "shape", "digit", "caption"]);
});
