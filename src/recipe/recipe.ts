/** What a recipe is: a paper's claim, the trials that test it, and how the numbers judge it. */

import type { BarChart, LineChart } from "../plot/chart.ts";
import type { Trials } from "./trials.ts";

export type PresetName = "quick" | "full";

/** How large a re-run is. */
export interface Preset<Settings> {
  /** What is compared, e.g. "gated" and "plain". Every arm runs with every seed. */
  readonly arms: readonly string[];
  /** Chosen before the first run; a verdict needs two or more. */
  readonly seeds: readonly number[];
  readonly settings: Settings;
  /** About how long all trials take on two cores. */
  readonly minutes: number;
}

/** What one trial is told. */
export interface TrialContext<Settings> {
  readonly arm: string;
  readonly seed: number;
  readonly settings: Settings;
  /** A folder of its own that outlives a kill: for checkpoints. */
  readonly dir: string;
  readonly signal: AbortSignal;
  /** Says how far the trial is, 0 to 1, and anything worth reading. */
  progress(share: number, note?: string): void;
}

/** What one trial measured. */
export interface Outcome {
  readonly metrics: Readonly<Record<string, number>>;
  /** Curves for plots, by name. */
  readonly curves?: Readonly<Record<string, readonly (readonly [x: number, y: number])[]>>;
}

/** A sentence that numbers decide. */
export interface Check {
  /** What is expected, e.g. "the gate lowers validation loss". */
  readonly claim: string;
  /** The paper's own claim; others are about means and side effects. */
  readonly isCentral: boolean;
  /** A number for one seed, often a difference of two arms; undefined where an arm is missing. */
  readonly measure: (seed: number, trials: Trials) => number | undefined;
  readonly unit?: string;
  readonly expected: "below" | "above";
  /** Default 0. */
  readonly threshold?: number;
  /** Refuted only where the interval lies beyond this, too (default: the threshold). */
  readonly refutedAt?: number;
  /** A 95 % interval in place of Student's over seeds, e.g. a bootstrap over tasks and seeds. */
  readonly interval?: (trials: Trials) => readonly [low: number, high: number] | undefined;
}

export interface Recipe<Settings = unknown> {
  /** Folder name. */
  readonly name: string;
  readonly title: string;
  readonly paper: string;
  readonly claim: string;
  readonly presets: Readonly<Record<PresetName, Preset<Settings>>>;
  /** Goes on from what an earlier, killed call left in `dir`. */
  readonly runTrial: (context: TrialContext<Settings>) => Promise<Outcome>;
  readonly checks: readonly Check[];
  /** Columns of the table: metric name to heading. */
  readonly columns: Readonly<Record<string, string>>;
  readonly plots?: (trials: Trials) => Readonly<Record<string, LineChart | BarChart>>;
}

/**
 * A recipe for the table of recipes, which does not know its settings: whoever runs it hands them
 * back to it as they are.
 */
export const defineRecipe = <Settings>(recipe: Recipe<Settings>): Recipe =>
  recipe as unknown as Recipe; // runTrial only ever gets its own presets' settings
