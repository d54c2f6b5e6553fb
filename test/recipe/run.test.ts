import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { defineRecipe, type Recipe, runRecipe, writeResults } from "../../src/recipe/index.ts";
import { temporaryFolder } from "../train/support.ts";

/** Arms "a" and "b" of a recipe whose loss is known; `ran` has the trials that really ran. */
function createRecipe(change: Pick<Partial<Recipe>, "runTrial"> = {}, slope = 1) {
  const ran: string[] = [];
  const preset = { arms: ["a", "b"], seeds: [1, 2, 3], settings: { slope }, minutes: 1 };
  const recipe = defineRecipe<{ slope: number }>({
    name: "test",
    title: "A test",
    paper: "none",
    claim: "a is lower",
    presets: { quick: preset, full: preset },
    columns: { loss: "loss" },
    checks: [
      {
        claim: "a is lower than b",
        isCentral: true,
        measure: (seed, trials) =>
          trials.metric("loss", "a", seed)! - trials.metric("loss", "b", seed)!,
        expected: "below",
      },
    ],
    runTrial: async ({ arm, seed, settings }) => {
      ran.push(`${arm}${seed}`);
      const loss = settings.slope * seed + (arm === "b" ? 1 + seed / 100 : 0);
      return {
        metrics: { loss },
        curves: {
          loss: [
            [0, loss + 1],
            [1, loss],
          ],
        },
      };
    },
    plots: (trials) => ({
      loss: {
        title: "loss",
        x: { label: "step" },
        y: { label: "loss" },
        series: trials.arms.map((arm) => ({ label: arm, ...trials.curve("loss", arm) })),
      },
    }),
    ...change,
  });
  return { recipe, ran };
}

it("runs arms in turn within a seed, and keeps what it finished", async () => {
  const dir = temporaryFolder();
  const { recipe, ran } = createRecipe();
  const result = await runRecipe(recipe, { preset: "quick", dir });
  expect(ran).toEqual(["a1", "b1", "a2", "b2", "a3", "b3"]);
  expect(result.verdict).toBe("confirmed");
  const again = createRecipe();
  const second = await runRecipe(again.recipe, { preset: "quick", dir });
  expect(again.ran).toEqual([]);
  expect(second.trials).toEqual(result.trials);
  const other = createRecipe({}, 2);
  await runRecipe(other.recipe, { preset: "quick", dir });
  expect(other.ran).toHaveLength(6); // other settings, other trials
});

it("goes on after an abort, in the folder of the trial's own checkpoints", async () => {
  const dir = temporaryFolder();
  const stop = new AbortController();
  let found: string[] = [];
  const runTrial: Recipe["runTrial"] = async (context) => {
    if (context.arm === "b" && context.seed === 2) {
      found = await readdir(context.dir);
      await writeFile(join(context.dir, "checkpoint"), "1");
      if (found.length === 0) stop.abort(new Error("stopped"));
    }
    return { metrics: { loss: context.seed } };
  };
  const first = createRecipe({ runTrial });
  const options = { preset: "quick", dir } as const;
  await expect(runRecipe(first.recipe, { ...options, signal: stop.signal })).rejects.toThrow(
    "stopped",
  );
  const seen: string[] = [];
  await runRecipe(createRecipe({ runTrial }).recipe, {
    ...options,
    onTrial: ({ arm, seed, isDone }) => seen.push(`${arm}${seed}${isDone ? " done" : ""}`),
  });
  expect(seen).toEqual(["a1 done", "b1 done", "a2 done", "b2", "a3", "b3"]);
  expect(found).toEqual(["checkpoint"]);
});

it("refuses a measurement that is not a number, and one that the table does not know", async () => {
  const runWith = (metrics: Record<string, number>) =>
    runRecipe(createRecipe({ runTrial: async () => ({ metrics }) }).recipe, {
      preset: "quick",
      dir: temporaryFolder(),
    });
  await expect(runWith({ loss: Number.NaN })).rejects.toThrow("loss of a, seed 1, is NaN");
  await expect(runWith({ accuracy: 1 })).rejects.toThrow("measured none of its columns");
});

it("writes results, plots and its part of the README", async () => {
  const folder = join(temporaryFolder(), "recipe");
  await mkdir(folder);
  const { recipe } = createRecipe();
  const result = await runRecipe(recipe, { preset: "quick", dir: temporaryFolder() });
  const readme = join(folder, "README.md");
  await writeFile(readme, "# R\n");
  await expect(writeResults(folder, recipe, result)).rejects.toThrow('"<!-- results quick -->"');
  await writeFile(readme, "# R\n<!-- results quick -->\nold\n<!-- end -->\nafter\n");
  await writeResults(folder, recipe, result);
  const text = await readFile(readme, "utf8");
  expect(text).toContain("Verdict at this scale: **confirmed**");
  expect(text).toContain("| **a is lower than b** | -1.020 ± 0.025 | below 0 | confirmed |");
  expect(text).toContain("![loss](results/quick-loss.svg)");
  expect(text).toMatch(/^# R\n[\s\S]*<!-- end -->\nafter\n$/);
  expect(text).not.toContain("old");
  expect(await readdir(join(folder, "results"))).toEqual(["quick-loss.svg", "quick.json"]);
  await writeResults(folder, recipe, result);
  expect(await readFile(readme, "utf8")).toBe(text); // again: the same
});
