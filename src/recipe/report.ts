/** A recipe's results for readers: Markdown tables, SVG plots, and the README that holds them. */

import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../checkpoint/atomic.ts";
import { barChart, lineChart } from "../plot/chart.ts";
import type { Judgement } from "./judge.ts";
import type { Recipe } from "./recipe.ts";
import { type RecipeResult, writeJson } from "./run.ts";
import type { Estimate } from "./statistics.ts";
import { Trials } from "./trials.ts";

/** "0.213 ± 0.004"; without a margin for one value. */
export function formatEstimate({ mean, margin }: Estimate, unit = ""): string {
  const digits = digitsFor(Number.isFinite(margin) && margin > 0 ? margin : Math.abs(mean) / 100);
  const spread = Number.isFinite(margin) ? ` ± ${margin.toFixed(digits)}` : "";
  return `${mean.toFixed(digits)}${spread}${unit && ` ${unit}`}`;
}

/** Decimals that show two digits of a size. */
const digitsFor = (size: number): number =>
  size > 0 ? Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(size)))) : 2;

/** Arms as rows, metrics as columns: means over seeds with 95 % intervals. */
export function armTable(trials: Trials, columns: Readonly<Record<string, string>>): string {
  const rows = trials.arms.map((arm) => [
    arm,
    ...Object.keys(columns).map((name) => {
      const found = trials.estimate(name, arm);
      return found ? formatEstimate(found) : "";
    }),
  ]);
  return markdownTable(["arm", ...Object.values(columns)], rows);
}

/** One row a check. */
export function verdictTable(judgements: readonly Judgement[]): string {
  const rows = judgements.map(
    ({ claim, isCentral, expected, threshold, unit, estimate, verdict }) => [
      isCentral ? `**${claim}**` : claim,
      estimate ? formatEstimate(estimate, unit) : "not measured",
      `${expected} ${threshold}`,
      verdict,
    ],
  );
  return markdownTable(["check", "measured", "expected", "verdict"], rows);
}

const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/** The stretch of a README that `writeResults` replaces. */
function section(
  { preset, verdict, judgements, trials, settings }: RecipeResult,
  recipe: Recipe,
  plots: readonly string[],
): string {
  const finished = new Trials(trials);
  const minutes = Math.round(trials.reduce((sum, t) => sum + t.seconds, 0) / 60);
  return [
    `Preset \`${preset}\`, ${finished.seeds.length} seeds (${finished.seeds.join(", ")}), ${minutes} minutes of ` +
      `trials. Verdict at this scale: **${verdict}**. Intervals are of 95 %: over seeds where a check resamples nothing else.`,
    verdictTable(judgements),
    armTable(finished, recipe.columns),
    ...plots.map((name) => `![${name}](results/${preset}-${name}.svg)`),
    `Settings: \`${JSON.stringify(settings)}\``,
  ].join("\n\n");
}

/**
 * Writes results/PRESET.json and plots into a recipe's folder, and the measured part of its
 * README, between `<!-- results PRESET -->` and `<!-- end -->`.
 *
 * @throws Error where the README has no such place
 */
export async function writeResults(
  folder: string,
  recipe: Recipe,
  result: RecipeResult,
): Promise<void> {
  const results = join(folder, "results");
  await mkdir(results, { recursive: true });
  await writeJson(join(results, `${result.preset}.json`), result);
  const plots = recipe.plots?.(new Trials(result.trials)) ?? {};
  for (const [name, chart] of Object.entries(plots)) {
    const svg = "bars" in chart ? barChart(chart) : lineChart(chart);
    await writeText(join(results, `${result.preset}-${name}.svg`), svg);
  }
  const file = join(folder, "README.md");
  const text = await readFile(file, "utf8");
  const start = `<!-- results ${result.preset} -->`;
  const [from, to] = [text.indexOf(start), text.indexOf("<!-- end -->", text.indexOf(start))];
  if (from < 0 || to < 0) {
    throw new Error(`${file}: has no "${start}" with a "<!-- end -->" behind it; add both`);
  }
  const made = section(result, recipe, Object.keys(plots));
  const next = `${text.slice(0, from + start.length)}\n${made}\n${text.slice(to)}`;
  await writeText(file, next);
}

const writeText = (file: string, text: string): Promise<void> =>
  writeFileAtomically(file, (sink) => sink.write(Buffer.from(text)));
