/** The training runs below a folder: every folder that holds metrics.jsonl. */

import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { pathBelow, searchBelow } from "../below-folder.ts";
import { lineBucket } from "./line-metrics.ts";
import { openPlainFile } from "./read-lines.ts";

export const METRICS = "metrics.jsonl";

const MOST_RUNS = 1000;
/** Where the last line is looked for. */
const TAIL = 64 << 10;

/** Seconds without a new line after which a run is no longer taken to be running. */
const PATIENCE = 120;
/** Seconds by which a copied folder's times may disagree. */
const SLACK = 600;

export interface RunSummary {
  /** Its path below the folder, parted by slashes. */
  readonly name: string;
  /**
   * What the folder tells: "finished" has a final model, "running" wrote a line lately, "stopped"
   * neither.
   */
  readonly state: "running" | "stopped" | "finished";
  /** Of the last line. */
  readonly step: number | null;
  readonly loss: number | null;
  /** When the last line was written, in Unix seconds. */
  readonly modified: number;
  readonly bytes: number;
}

interface LastLine {
  readonly bytes: number;
  readonly modified: number;
  readonly step: number | null;
  readonly loss: number | null;
  /** That its step took. */
  readonly seconds: number;
}

/** Remembers the last lines of files that did not change. */
export class RunFinder {
  readonly folder: string;
  #known = new Map<string, LastLine>();
  #search: Promise<RunSummary[]> | undefined;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The newest first, at most 1,000; who asks meanwhile gets the same answer. */
  list(): Promise<RunSummary[]> {
    this.#search ??= this.#list().finally(() => {
      this.#search = undefined;
    });
    return this.#search;
  }

  async #list(): Promise<RunSummary[]> {
    const names = await findRuns(this.folder);
    const known = new Map<string, LastLine>();
    const runs: RunSummary[] = [];
    for (const name of names) {
      const dir = join(this.folder, name);
      const stats = await stat(join(dir, METRICS)).catch(() => undefined);
      if (!stats) continue; // removed in between
      const before = this.#known.get(name);
      const isSame = before?.bytes === stats.size && before.modified === stats.mtimeMs;
      const last = isSame ? before : await readLast(join(dir, METRICS), stats);
      known.set(name, last);
      const state = stateOf(last, await stat(join(dir, "final")).catch(() => undefined));
      const { step, loss, bytes, modified } = last;
      runs.push({ name, state, step, loss, modified: Math.round(modified) / 1000, bytes });
    }
    this.#known = known;
    return runs.sort((a, b) => b.modified - a.modified).slice(0, MOST_RUNS);
  }
}

/** Names of runs; what a run's folder holds (checkpoints) is its own. */
async function findRuns(root: string): Promise<string[]> {
  const found: string[] = [];
  await searchBelow(root, (name, entries) => {
    const isRun = name !== "" && entries.some((each) => each.name === METRICS && each.isFile());
    if (isRun) found.push(name);
    return isRun;
  });
  return found;
}

/**
 * The folder of a run.
 *
 * @returns undefined where there is none of that name, or a link leads there
 */
export async function runFolder(root: string, name: string): Promise<string | undefined> {
  const folder = await pathBelow(root, name);
  if (folder === undefined) return undefined;
  const stats = await stat(join(folder, METRICS)).catch(() => undefined);
  return stats?.isFile() ? folder : undefined;
}

async function readLast(file: string, { size, mtimeMs }: Stats): Promise<LastLine> {
  const about = { bytes: size, modified: mtimeMs };
  const handle = await openPlainFile(file);
  if (!handle) return { ...about, step: null, loss: null, seconds: 0 };
  try {
    const length = Math.min(TAIL, size);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    // The last part is a line that is still being written, or empty.
    const line = buffer.toString("utf8", 0, bytesRead).split("\n").at(-2) ?? "";
    const last = lineBucket(line);
    const loss = last?.values.get("loss")?.mean ?? null;
    return { ...about, step: last?.step ?? null, loss, seconds: last?.seconds ?? 0 };
  } finally {
    await handle.close();
  }
}

/** @param final its folder, which is written after the last line */
function stateOf({ modified, seconds }: LastLine, final: Stats | undefined): RunSummary["state"] {
  if (final && final.mtimeMs >= modified) return "finished";
  const idle = (Date.now() - modified) / 1000;
  if (idle < PATIENCE + 5 * seconds) return "running";
  return final && modified - final.mtimeMs < 1000 * SLACK ? "finished" : "stopped";
}
