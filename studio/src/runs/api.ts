/** What the server tells of training runs, as src/serve/runs/routes.ts writes it. No DOM here. */

export interface RunList {
  /** Where the server looks for runs; null where it was told to show none. */
  readonly folder: string | null;
  /** Unix seconds, by the server's clock. */
  readonly now: number;
  readonly data: readonly RunSummary[];
}

export interface RunSummary {
  readonly name: string;
  readonly state: "running" | "stopped" | "finished";
  readonly step: number | null;
  readonly loss: number | null;
  readonly modified: number;
  readonly bytes: number;
}

interface Piece {
  /** Where the next piece begins. */
  readonly next: string;
  readonly has_more: boolean;
  /** What came before is no longer in the file. */
  readonly is_restart: boolean;
}

/** Columns of equal length, a row for each line or for each few. */
export interface CurvePiece extends Piece {
  readonly lines: readonly number[];
  readonly step: readonly number[];
  readonly tokens: readonly number[];
  readonly seconds: readonly number[];
  readonly metrics: Readonly<Record<string, CurveColumns>>;
}

export interface CurveColumns {
  readonly mean: readonly (number | null)[];
  readonly low?: readonly (number | null)[];
  readonly high?: readonly (number | null)[];
}

export interface Sample {
  readonly step: number;
  readonly prompt?: string;
  readonly text?: string;
  readonly expected?: string;
}

export interface SamplePiece extends Piece {
  readonly samples: readonly Sample[];
}

export interface RunSettings {
  /** By path in the config, as `train.lr`. */
  readonly settings: Readonly<Record<string, unknown>>;
}
