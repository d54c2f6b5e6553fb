/** Keeps up with the runs that are shown: asks for what is new of each, and for nothing else. */

import { ServerError } from "../stream.ts";
import type { CurvePiece, RunList, RunSettings, RunSummary, Sample, SamplePiece } from "./api.ts";
import { Curves } from "./curves.ts";

/** Answers kept of a run. */
const MOST_SAMPLES = 200;

/** A run that is shown, as far as it has been read. */
export interface RunData {
  readonly name: string;
  readonly metrics: Curves;
  readonly held: Curves;
  readonly samples: readonly Sample[];
  readonly settings: RunSettings["settings"];
  readonly isLoading: boolean;
  /** The server has no such run. */
  readonly isMissing: boolean;
  /** Grows with every change. */
  readonly version: number;
}

type Reader = (path: string) => Promise<unknown>;

export class RunWatcher {
  list: RunList | undefined;
  problem: string | undefined;
  readonly runs = new Map<string, RunData>();
  readonly #read: Reader;
  readonly #onChange: () => void;
  /** State of a run when it was last read. */
  readonly #seen = new Map<string, string>();
  readonly #samplesNext = new Map<string, string>();
  #wanted: readonly string[] = [];
  #work: Promise<void> | undefined;

  constructor(read: Reader, onChange: () => void) {
    this.#read = read;
    this.#onChange = onChange;
  }

  /** Reads on; asked while it does, it goes on with the runs that are wanted now. */
  update(wanted: readonly string[]): Promise<void> {
    this.#wanted = wanted;
    this.#work ??= this.#catchUp().finally(() => {
      this.#work = undefined;
    });
    return this.#work;
  }

  async #catchUp(): Promise<void> {
    let wanted: readonly string[];
    do {
      wanted = this.#wanted;
      try {
        this.list = (await this.#read("runs")) as RunList;
        for (const name of this.runs.keys()) if (!wanted.includes(name)) this.#forget(name);
        await Promise.all(wanted.map((name) => this.#follow(name)));
        this.problem = undefined;
      } catch (error) {
        this.problem = (error as Error).message;
      }
      this.#onChange();
    } while (wanted !== this.#wanted);
  }

  async #follow(name: string): Promise<void> {
    const summary = this.list?.data.find((run) => run.name === name);
    if (!summary) {
      this.#forget(name);
      this.#change(name, { isMissing: true, isLoading: false });
      return;
    }
    const state = stateOf(summary);
    // Held-out rows are measured after the last step: a run that goes on is always asked.
    if (state === this.#seen.get(name) && summary.state !== "running") return;
    const { metrics, held } = this.runs.get(name) ?? this.#change(name, {});
    try {
      await this.#readCurves(name, "metrics", metrics);
      await this.#readCurves(name, "evaluations", held);
      await this.#readSamples(name);
      const { settings } = (await this.#read(pathOf(name, "settings"))) as RunSettings;
      this.#change(name, { settings, isLoading: false, isMissing: false });
      this.#seen.set(name, state);
    } catch (error) {
      if (!(error instanceof ServerError && error.status === 404)) throw error;
      this.#forget(name);
      this.#change(name, { isMissing: true, isLoading: false });
    }
  }

  async #readCurves(name: string, part: "metrics" | "evaluations", curves: Curves): Promise<void> {
    let hasMore = true;
    while (hasMore && this.#wanted.includes(name)) {
      const piece = (await this.#read(pathOf(name, part, curves.next))) as CurvePiece;
      curves.add(piece);
      hasMore = piece.has_more;
      if (piece.lines.length > 0 || piece.is_restart) {
        this.#change(name, {});
        this.#onChange();
      }
    }
  }

  async #readSamples(name: string): Promise<void> {
    const path = pathOf(name, "samples", this.#samplesNext.get(name) ?? "");
    const { next, samples, is_restart } = (await this.#read(path)) as SamplePiece;
    this.#samplesNext.set(name, next);
    if (samples.length === 0 && !is_restart) return;
    const known = is_restart ? [] : (this.runs.get(name)?.samples ?? []);
    this.#change(name, { samples: [...known, ...samples].slice(-MOST_SAMPLES) });
  }

  #change(name: string, part: Partial<RunData>): RunData {
    const before = this.runs.get(name) ?? {
      name,
      metrics: new Curves(),
      held: new Curves(),
      samples: [],
      settings: {},
      isLoading: true,
      isMissing: false,
      version: 0,
    };
    const run = { ...before, ...part, version: before.version + 1 };
    this.runs.set(name, run);
    return run;
  }

  #forget(name: string): void {
    this.runs.delete(name);
    this.#seen.delete(name);
    this.#samplesNext.delete(name);
  }
}

const stateOf = ({ state, bytes, modified }: RunSummary): string => `${state} ${bytes} ${modified}`;

function pathOf(name: string, part: string, after = ""): string {
  const path = `runs/${name.split("/").map(encodeURIComponent).join("/")}/${part}`;
  return after === "" ? path : `${path}?after=${after}`;
}
