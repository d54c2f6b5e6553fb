/** The recipes on experts: a few steps of trials, and the domains' text. */

import { expect, it } from "vitest";
import m6t from "../../../recipes/m6-t/recipe.ts";
import { domainDocument } from "../../../recipes/moe-balance/domains.ts";
import moeBalance from "../../../recipes/moe-balance/recipe.ts";
import { createRandom } from "../../../src/nn/random.ts";
import type { Recipe } from "../../../src/recipe/index.ts";

async function trial(recipe: Recipe, arm: string) {
  const { settings } = recipe.presets.quick;
  const short = { ...(settings as object), steps: 2, batch: 2, held: 2, length: 16 };
  const { metrics } = await recipe.runTrial({
    arm,
    seed: 1,
    settings: short,
    dir: "",
    signal: new AbortController().signal,
    progress: () => {},
  });
  return metrics;
}

it("trains arms of moe-balance and measures their routers", async () => {
  const metrics = await trial(moeBalance, "bias");
  expect(Object.keys(metrics).sort()).toEqual(Object.keys(moeBalance.columns).sort());
  expect(metrics.loss).toBeCloseTo(Math.log(64), 0);
  expect(metrics.information).toBeGreaterThan(0);
  expect(metrics.entropy).toBeLessThanOrEqual(Math.log(8) + 1e-6);
});

it("drops choices of m6-t's arms where their room is that of one choice", async () => {
  const [narrow, wide] = [await trial(m6t, "2 top-1, 1x"), await trial(m6t, "2 top-1, kx")];
  expect(narrow.dropped).toBeGreaterThanOrEqual(100 * (1 - 1.25 / 2) - 5);
  expect(wide.dropped).toBeLessThan(narrow.dropped!);
});

it("gives each domain's words successors of its own", () => {
  const pairs = (domain: number): Set<string> => {
    const tokens = domainDocument(domain, 400, createRandom(3, "test"));
    return new Set(tokens.slice(1, -1).map((word, i) => `${word} ${tokens[i + 2]}`));
  };
  const [a, b] = [pairs(0), pairs(1)];
  const shared = [...a].filter((pair) => b.has(pair)).length;
  expect(shared / a.size).toBeLessThan(0.2);
});
