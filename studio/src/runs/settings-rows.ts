/** Settings of several runs, row by row. No DOM here. */

import type { RunSettings } from "./api.ts";

export interface SettingRow {
  readonly key: string;
  /** A run each; "–" where it has none of that name. */
  readonly values: readonly string[];
  /** Whether two runs that have settings disagree. */
  readonly differs: boolean;
}

export function settingRows(runs: readonly RunSettings["settings"][]): SettingRow[] {
  const keys = [...new Set(runs.flatMap((settings) => Object.keys(settings)))].sort();
  return keys.map((key) => {
    const values = runs.map((settings) => (key in settings ? textOf(settings[key]) : "–"));
    // A run without a checkpoint has no settings: that is no difference.
    const known = values.filter((_, i) => Object.keys(runs[i]!).length > 0);
    return { key, values, differs: new Set(known).size > 1 };
  });
}

const textOf = (value: unknown): string =>
  typeof value === "string" ? value : JSON.stringify(value);
