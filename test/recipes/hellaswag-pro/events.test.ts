import { expect, test } from "vitest";
import { between, curvesOf, over, share } from "../../../recipes/hellaswag-pro/events.ts";
import { answer, PLAYERS, WAYS } from "../../../recipes/hellaswag-pro/players.ts";
import recipe from "../../../recipes/hellaswag-pro/recipe.ts";
import { answersOf, hellaswagProForms, robustnessOf } from "../../../src/evaluate/index.ts";
import { Trials } from "../../../src/recipe/index.ts";

const sit = (arm: string, seed: number) =>
  answer({
    arm,
    questions: 32,
    seed,
    dir: "unused",
    model: () => Promise.reject(new Error("players without a model open none")),
  });

test("guessing scores a quarter, and a fifth of critical; every seed tells the same 64 events", async () => {
  const answers = await sit("guessing", 1);
  const items = answers.map(({ item, right }) => ({ ...item, values: { ...item.values, right } }));
  const found = robustnessOf(answersOf(items, "right"), { samples: 1 });
  expect(found.OA!.value).toBeCloseTo(0.25, 12);
  expect(found["ARA/critical"]!.value).toBeCloseTo(0.2, 12);
  expect(found.excess!.value).toBeCloseTo(0, 12);
  const events = (all: typeof answers) => new Set(all.map(({ item }) => item.tags.event));
  expect(events(await sit("guessing", 2))).toEqual(events(answers));
});

test("statistics of one arm and of two, against values by hand", () => {
  const trial = (arm: string, seed: number, rights: readonly number[]) => ({
    arm,
    seed,
    seconds: 1,
    metrics: { OA: 0 },
    curves: { rights: rights.map((right, i) => [i, right] as const) },
  });
  const trials = new Trials([
    trial("a", 1, [1, 1, 0, 0]),
    trial("a", 2, [1, 1, 1, 0]),
    trial("b", 1, [0, 0, 0, 0]),
    trial("b", 2, [1, 1, 1, 1]),
  ]);
  const original = over("a", (rights) => share(rights, "original"));
  expect(original.measure(1, trials)).toBe(0.5);
  expect(original.measure(2, trials)).toBe(0.75);
  const [low, high] = original.interval!(trials)!;
  expect(low).toBeLessThan(0.625);
  expect(high).toBe(1);
  const gain = between("a", "b", (pairs) =>
    pairs.reduce((sum, [a, b]) => sum + (a.original - b.original) / pairs.length, 0),
  );
  expect(gain.measure(1, trials)).toBe(0.5);
  expect(gain.measure(2, trials)).toBe(-0.25);
  expect(over("c", () => 0).measure(1, trials)).toBeUndefined();
});

test("a point holds an event and a bit for each form", () => {
  const answers = ["zh/0", "en/0"].flatMap((question) =>
    hellaswagProForms.map((variant, i) => ({
      item: { id: `${question}/${variant}`, tags: { question, variant, event: "a/1" }, values: {} },
      right: (question === "en/0" ? [1, 1, 0, 0, 0, 0, 0, 1] : [0, 0, 0, 0, 0, 0, 0, 0])[i]!,
    })),
  );
  expect(curvesOf(answers)).toEqual({
    rights: [
      [0, 1 + 2 + 128],
      [1, 0],
    ],
  });
});

test("every arm of the presets is a way or a player", () => {
  for (const { arms } of Object.values(recipe.presets)) {
    for (const arm of arms) expect(arm in WAYS || arm in PLAYERS).toBe(true);
  }
});
