/** Asks the server for evaluations, as src/serve/reports/routes.ts tells of them. */

import { readJson, readText } from "../server.ts";

export interface ReportList {
  /** null: the server shows none. */
  readonly folder: string | null;
  readonly data: readonly Report[];
}

export interface Report {
  readonly name: string;
  /** Unix seconds. */
  readonly date: number;
  readonly tasks: readonly string[];
  /** null: it has not ended. */
  readonly model: string | null;
  readonly is_complete: boolean | null;
  readonly metrics: readonly {
    readonly task: string;
    readonly metric: string;
    readonly value: number | null;
  }[];
}

export const listReports = (): Promise<ReportList> => readJson("reports") as Promise<ReportList>;

/** A whole page of HTML: of one run, or of what the second changes of the first. */
export function readPage([first = "", second]: readonly string[]): Promise<string> {
  const fields = new URLSearchParams(
    second === undefined ? { run: first } : { run: second, against: first },
  );
  return readText(`reports/page?${fields}`);
}
