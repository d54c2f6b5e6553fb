/** Runs a recipe's trials, one after the other, and judges them; a kill loses no finished trial. */

import { createHash } from "node:crypto";
import { mkdir, readFile, rm } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { writeFileAtomically } from "../checkpoint/atomic.ts";
import { type Judgement, judge, overall, type Verdict } from "./judge.ts";
import type { PresetName, Recipe } from "./recipe.ts";
import { type Trial, Trials } from "./trials.ts";

export interface RunRecipeOptions {
  readonly preset: PresetName;
  /** Folder of trials and their checkpoints. */
  readonly dir: string;
  readonly signal?: AbortSignal;
  /** Called before each trial; `isDone`: an earlier call has finished it. */
  readonly onTrial?: (trial: { arm: string; seed: number; isDone: boolean }) => void;
  readonly onProgress?: (share: number, note?: string) => void;
}

export interface RecipeResult {
  readonly recipe: string;
  readonly preset: PresetName;
  readonly claim: string;
  readonly verdict: Verdict;
  readonly judgements: readonly Judgement[];
  readonly settings: unknown;
  readonly environment: { readonly node: string; readonly cpu: string; readonly cores: number };
  readonly trials: readonly Trial[];
}

/**
 * Runs every arm with every seed, arms in turn within a seed, and judges the outcome. Finished
 * trials of an earlier call with the same settings are taken over.
 *
 * @throws the signal's reason once it is aborted; finished trials stay
 * @example
 * const { verdict } = await runRecipe(recipe, { preset: "quick", dir: "runs/gspo" });
 */
export async function runRecipe<Settings>(
  recipe: Recipe<Settings>,
  { preset, dir, signal = new AbortController().signal, ...on }: RunRecipeOptions,
): Promise<RecipeResult> {
  const { arms, seeds, settings } = recipe.presets[preset];
  const trials: Trial[] = [];
  for (const seed of seeds) {
    for (const arm of arms) {
      signal.throwIfAborted();
      const folder = join(dir, preset, `${arm}-seed${seed}`);
      const file = `${folder}.json`;
      const fingerprint = hashOf({ recipe: recipe.name, arm, seed, settings });
      const known = await readTrial(file, fingerprint);
      on.onTrial?.({ arm, seed, isDone: known !== undefined });
      if (known) {
        trials.push(known);
        continue;
      }
      await mkdir(join(folder, fingerprint.slice(0, 12)), { recursive: true });
      const started = performance.now();
      const outcome = await recipe.runTrial({
        arm,
        seed,
        settings,
        dir: join(folder, fingerprint.slice(0, 12)), // other settings do not meet old checkpoints
        signal,
        progress: on.onProgress ?? (() => {}),
      });
      signal.throwIfAborted();
      checkOutcome(recipe, arm, seed, outcome.metrics);
      const seconds = Math.round((performance.now() - started) / 100) / 10;
      const trial: Trial = { arm, seed, seconds, ...outcome };
      await writeJson(file, { fingerprint, trial });
      await rm(folder, { recursive: true, force: true });
      trials.push(trial);
    }
  }
  const environment = {
    node: process.version,
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
  };
  return { ...judgeTrials(recipe, new Trials(trials)), preset, settings, environment, trials };
}

/** The verdict over finished trials. */
export function judgeTrials(
  { name, claim, checks }: Pick<Recipe, "name" | "claim" | "checks">,
  trials: Trials,
): Pick<RecipeResult, "recipe" | "claim" | "verdict" | "judgements"> {
  const judgements = checks.map((check) => judge(check, trials));
  return { recipe: name, claim, verdict: overall(judgements), judgements };
}

function checkOutcome(
  { name, columns }: Pick<Recipe, "name" | "columns">,
  arm: string,
  seed: number,
  metrics: Readonly<Record<string, number>>,
): void {
  for (const [metric, value] of Object.entries(metrics)) {
    if (Number.isFinite(value)) continue;
    throw new Error(`recipe ${name}: ${metric} of ${arm}, seed ${seed}, is ${value}`);
  }
  if (!Object.keys(columns).some((column) => column in metrics)) {
    throw new Error(`recipe ${name}: ${arm}, seed ${seed}, measured none of its columns`);
  }
}

async function readTrial(file: string, fingerprint: string): Promise<Trial | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const stored = JSON.parse(text) as { fingerprint?: string; trial: Trial }; // written below
  return stored.fingerprint === fingerprint ? stored.trial : undefined;
}

export async function writeJson(file: string, value: unknown): Promise<void> {
  const bytes = Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
  await writeFileAtomically(file, (sink) => sink.write(bytes));
}

const hashOf = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value)).digest("hex");
