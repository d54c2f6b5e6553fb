/** `onefold recipe`: a paper's claim, re-run and judged. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import type { Command } from "commander";
import {
  armTable,
  type PresetName,
  type Recipe,
  type RecipeResult,
  runRecipe,
  Trials,
  verdictTable,
  writeResults,
} from "../../recipe/index.ts";
import { nearest } from "../../task/grammar/suggest.ts";
import { UsageError } from "../errors.ts";
import { type Io, writeJson, writeLine } from "../io.ts";
import { packageRoot } from "../package-root.ts";
import { createMeter, createStatusLine } from "../progress.ts";
import { createPaint, formatDuration, formatTable } from "../render.ts";

interface RecipeFlags {
  readonly preset: string;
  readonly dir?: string;
  readonly write?: boolean;
}

const PRESETS: readonly PresetName[] = ["quick", "full"];

export function define(command: Command, io: Io): void {
  command
    .argument("<name>", "a recipe, or `list`")
    .option("--preset <name>", "quick (minutes) or full", "quick")
    .option("--dir <folder>", "where trials go (default: runs/recipes/NAME)")
    .option("--write", "put results, plots and the README's table into the recipe's folder")
    .action(async (name: string, flags: RecipeFlags, self: Command) => {
      const json = self.optsWithGlobals().json === true;
      if (name === "list") await list(io, json);
      else await run(io, name, flags, json);
    })
    .addHelpText("after", notes);
}

const notes = `
Every arm runs with every seed. Finished trials are kept: after Ctrl-C or a kill the same command
goes on. A claim is confirmed or refuted where the 95 % interval over seeds lies on one side.

Examples:
  onefold recipe list
  onefold recipe gated-attention --preset quick`;

type Table = Readonly<Record<string, () => Promise<Recipe>>>;

/** recipes/ lies beside src/, in a checkout and in dist/ alike; the library does not import it. */
async function loadTable(): Promise<Table> {
  const file = new URL(`../../../recipes/index${extname(import.meta.url)}`, import.meta.url);
  const { recipes } = (await import(file.href)) as { recipes: Table };
  return recipes;
}

const folderOf = (name: string): string => join(packageRoot(), "recipes", name);

async function list(io: Io, json: boolean): Promise<void> {
  const rows = [];
  for (const [name, load] of Object.entries(await loadTable())) {
    const { title, paper, claim, presets } = await load();
    const results = await Promise.all(PRESETS.map((preset) => storedResult(name, preset)));
    const verdicts = Object.fromEntries(
      results.flatMap((result) => (result ? [[result.preset, result.verdict]] : [])),
    );
    const minutes = Object.fromEntries(PRESETS.map((preset) => [preset, presets[preset].minutes]));
    rows.push({ name, title, paper, claim, minutes, verdicts });
  }
  if (json) return writeJson(io, rows);
  const lines = rows.map(({ name, claim, minutes, verdicts }) => [
    name,
    claim,
    PRESETS.map((p) => `${p}: ${verdicts[p] ?? "no result"} (${minutes[p]} min)`).join(", "),
  ]);
  await writeLine(io, formatTable(lines));
}

async function storedResult(name: string, preset: PresetName): Promise<RecipeResult | undefined> {
  const file = join(folderOf(name), "results", `${preset}.json`);
  if (!existsSync(file)) return undefined;
  return JSON.parse(await readFile(file, "utf8")) as RecipeResult; // written by writeResults
}

async function run(io: Io, name: string, flags: RecipeFlags, json: boolean): Promise<void> {
  const recipe = await find(name);
  const preset = PRESETS.find((p) => p === flags.preset);
  if (!preset) throw new UsageError(`--preset ${flags.preset}: expected quick or full`);
  const { arms, seeds, minutes } = recipe.presets[preset];
  const status = createStatusLine(io.stderr);
  const say = (text: string): unknown => (json ? undefined : io.stderr.write(`${text}\n`));
  say(`${recipe.title}: ${recipe.claim}`);
  say(`${arms.length} arms x ${seeds.length} seeds, about ${minutes} minutes on two cores`);
  let label = "";
  let meter = createMeter(1);
  const result = await runRecipe(recipe, {
    preset,
    dir: resolve(flags.dir ?? join("runs", "recipes", name)),
    signal: io.interruptible(),
    onTrial: ({ arm, seed, isDone }) => {
      status.finish();
      label = `${arm}, seed ${seed}`;
      meter = createMeter(1);
      if (isDone) say(`${label}: done before`);
    },
    onProgress: (share, note) => {
      meter.set(share);
      const left = formatDuration(meter.secondsLeft);
      status.show(`${label}: ${Math.round(100 * share)} %, ETA ${left}${note ? `, ${note}` : ""}`);
    },
  }).finally(() => status.finish());
  if (flags.write) await writeResults(folderOf(name), recipe, result);
  if (json) return writeJson(io, result);
  const { bold } = createPaint(io.stdout, io.env);
  const trials = new Trials(result.trials);
  await writeLine(io, verdictTable(result.judgements));
  await writeLine(io, armTable(trials, recipe.columns));
  await writeLine(io, bold(`verdict (${preset}): ${result.verdict}`));
}

async function find(name: string): Promise<Recipe> {
  const table = await loadTable();
  if (Object.hasOwn(table, name)) return table[name]();
  const names = Object.keys(table);
  const guess = nearest(name, names);
  throw new UsageError(
    `no recipe is named "${name}"; ${guess ? `did you mean ${guess}?` : `there are ${names.join(", ")}`}`,
  );
}
