/** Any table, by a map from slots to columns. */

import { dirname } from "node:path";
import { openFolder } from "./data-folder.ts";
import { base64Of, imageBytesOf } from "./media-bytes.ts";
import { convertCells, readTable } from "./read-rows.ts";
import { checkLabel, type ReaderOptions, type Row, textOf, valueAt } from "./row.ts";

/** A column, and what its cells are (default "value": as they are). */
export interface Column {
  readonly column: string;
  /** "file": a path below `folder`; "base64": bytes as text; "bytes": of Parquet; "label": of `labels`. */
  readonly as?: "value" | "file" | "base64" | "bytes" | "label";
}

export interface ColumnOptions<Slot extends string> extends ReaderOptions {
  /** Slot names of the instruction, and the columns that fill them. */
  readonly columns: Readonly<Record<Slot, string | Column>>;
  /** Folder of the files that cells name (default: that of the table). */
  readonly folder?: string;
}

/**
 * Rows of a .jsonl, .parquet, .csv or .tsv file (the last two with a header) as records.
 *
 * @throws RowError naming file, line and column
 * @example
 * const columns = { img: { column: "path", as: "file" }, cap: "caption" } as const;
 * for await (const { img, cap } of readColumns("data.csv", { columns })) console.log(img, cap);
 */
export async function* readColumns<Slot extends string>(
  file: string,
  options: ColumnOptions<Slot>,
): AsyncGenerator<Readonly<Record<Slot, unknown>>> {
  const folder = await openFolder(options.folder ?? dirname(file));
  const slots = Object.entries<string | Column>(options.columns);
  const cellOf = (row: Row, { column, as = "value" }: Column): unknown => {
    if (as === "file") return folder.file(textOf(row, column), row.place);
    if (as === "base64") return base64Of(row, column, options);
    if (as === "bytes") return imageBytesOf(row, column, options);
    if (as === "label") return checkLabel(textOf(row, column), row.place, options);
    return valueAt(row, column);
  };
  yield* convertCells(readTable(file), options, async (row) => {
    const record: Record<string, unknown> = {};
    for (const [slot, column] of slots) {
      record[slot] = await cellOf(row, typeof column === "string" ? { column } : column);
    }
    return record as Record<Slot, unknown>; // the slots are the keys of the map
  });
}
