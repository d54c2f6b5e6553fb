/** One tiny trial of each kind of arm, and that a killed one goes on. */

import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import recipe from "../../../recipes/ofasys/recipe.ts";
import { TASKS } from "../../../recipes/ofasys/tasks.ts";
import { judgeTrials, type Trial, Trials } from "../../../src/recipe/index.ts";

const settings = {
  width: 32,
  layers: 1,
  updates: 1,
  samples: 3,
  positions: 300,
  held: 2,
  learningRate: 1e-3,
  codeSteps: 1,
};

async function trial(arm: string, dir: string, signal = new AbortController().signal) {
  const progress = (): void => {};
  const { metrics } = await recipe.runTrial({ arm, seed: 1, settings, dir, signal, progress });
  return { arm, seed: 1, seconds: 1, metrics };
}

it("trains specialists and generalists, scores them, and judges the pairs", async () => {
  const dir = await mkdtemp(join(tmpdir(), "onefold-ofasys-"));
  try {
    const trials: Trial[] = [];
    for (const arm of recipe.presets.quick.arms) trials.push(await trial(arm, join(dir, arm)));
    for (const { arm, metrics } of trials) {
      for (const { name, metric } of TASKS) {
        expect(metrics[name], `${arm}, ${name}`).toBeGreaterThanOrEqual(0);
        if (metric.better === "higher") expect(metrics[name]).toBeLessThanOrEqual(metric.most);
      }
    }
    const [specialists, generalist, modal, wordless] = trials.map((t) => t.metrics.parameters);
    expect(generalist / specialists).toBeLessThan(0.16);
    expect(modal).toBeGreaterThan(generalist);
    expect(wordless).toBe(generalist);
    // What earlier calls have found is not trained again.
    const aborted = AbortSignal.abort(new Error("stopped"));
    const again = await trial("specialists", join(dir, "specialists"), aborted);
    expect(again).toEqual(trials[0]);
    expect((await readdir(join(dir, "specialists"))).length).toBe(15);
    const { judgements } = judgeTrials(recipe, new Trials(trials));
    const ratio = judgements.find(({ claim }) => claim.includes("parameters"))!.estimate!.mean;
    expect(ratio).toBeCloseTo(generalist / specialists, 10);
  } finally {
    await rm(dir, { recursive: true });
  }
}, 180_000);
