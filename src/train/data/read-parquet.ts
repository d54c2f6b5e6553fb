/** Rows of Parquet files, as Hugging Face data sets are stored: a row group at a time. */

import { type FileHandle, open } from "node:fs/promises";
import * as zlib from "node:zlib";
import type { AsyncBuffer, Compressors, FileMetaData, RowGroup } from "hyparquet";
import { fileError } from "../../checkpoint/json.ts";
import type { RowProblem } from "./problem.ts";
import { bad, type RawRow, tooLong } from "./raw-row.ts";
import type { Position } from "./read-lines.ts";

/** Row groups are read whole; what a writer makes by default is far smaller. */
const MAX_GROUP_BYTES = 2 ** 30;
/** Of decoded values at a time; a larger group is read in parts, each of which reads it whole. */
const BATCH_BYTES = 64 * 2 ** 20;

/**
 * @param max bytes of a row, counted in its text
 * @param utf8 reads byte columns that do not say what they hold as text; false: leaves them bytes
 */
export async function* readParquet(
  file: string,
  from: Position,
  max: number,
  { utf8 = true }: { utf8?: boolean } = {},
): AsyncGenerator<RawRow> {
  const { parquetMetadataAsync, parquetReadObjects } = await import("hyparquet");
  const handle = await open(file).catch((error: unknown) => {
    throw fileError(error, file);
  });
  try {
    const { size } = await handle.stat();
    const buffer = fileBuffer(handle, size);
    let metadata: FileMetaData;
    try {
      metadata = await parquetMetadataAsync(buffer);
    } catch (error) {
      yield broken(from.line, `is not a Parquet file: ${reasonOf(error)}`);
      return;
    }
    const problem = checkGroups(metadata, size);
    if (problem) {
      yield broken(0, problem);
      return;
    }
    let groupStart = 0;
    for (const group of metadata.row_groups) {
      const groupEnd = groupStart + Number(group.num_rows);
      const parts = Math.max(1, Math.ceil(sizeOf(group) / BATCH_BYTES));
      const batch = Math.max(1, Math.ceil((groupEnd - groupStart) / parts));
      for (let row = Math.max(groupStart, from.line); row < groupEnd; row += batch) {
        const rowEnd = Math.min(groupEnd, row + batch);
        const read = (rowStart: number, end: number) =>
          parquetReadObjects({
            file: buffer,
            metadata,
            rowStart,
            rowEnd: end,
            compressors,
            utf8,
            parsers: { stringFromBytes },
          });
        let rows: Record<string, unknown>[];
        try {
          rows = await read(row, rowEnd);
        } catch (error) {
          yield broken(row + 1, `cannot be decoded: ${reasonOf(error)}`);
          return;
        }
        for (const [i, content] of rows.entries()) {
          const line = row + i + 1;
          const next = { offset: line, line };
          const field = invalidColumn(content);
          if (field !== undefined) yield { line, next, ...notUtf8(field) };
          else if (textSize(content) > max) yield { line, next, ...tooLong(max) };
          else yield { line, next, row: plain(content) };
        }
      }
      groupStart = groupEnd;
    }
  } finally {
    await handle.close();
  }
}

/** The file through one handle; a slice beyond its end is an error and not a short answer. */
function fileBuffer(handle: FileHandle, size: number): AsyncBuffer {
  return {
    byteLength: size,
    async slice(start, end = size) {
      const from = start < 0 ? size + start : start;
      const to = end < 0 ? size + end : end;
      if (!(from >= 0 && from <= to && to <= size)) {
        throw new Error(`it points at bytes ${from} to ${to} of ${size}`);
      }
      const bytes = new Uint8Array(to - from);
      await handle.read(bytes, 0, bytes.length, from);
      return bytes.buffer;
    },
  };
}

/** What the footer says must fit the file before anything is allocated from it. */
function checkGroups({ row_groups: groups, num_rows: rows }: FileMetaData, size: number) {
  let total = 0;
  for (const [i, group] of groups.entries()) {
    const count = Number(group.num_rows);
    if (!Number.isSafeInteger(count) || count < 0)
      return `row group ${i} says it has ${count} rows`;
    total += count;
    for (const { meta_data: column } of group.columns) {
      if (!column) return `row group ${i} has a column without metadata`;
      if (Number(column.total_compressed_size) > size) return `row group ${i} exceeds the file`;
    }
    const bytes = sizeOf(group);
    if (bytes > MAX_GROUP_BYTES) {
      return `row group ${i} holds ${bytes} bytes, more than ${MAX_GROUP_BYTES}; write smaller groups`;
    }
  }
  return total === Number(rows)
    ? undefined
    : `its groups hold ${total} rows, its footer says ${rows}`;
}

/** Bytes of a group's columns, decompressed; at least 1. */
const sizeOf = ({ columns }: RowGroup): number =>
  columns.reduce((sum, { meta_data }) => sum + Number(meta_data?.total_uncompressed_size ?? 0), 1);

const broken = (line: number, found: string): RawRow => {
  const problem: RowProblem = { rule: "parquet", found, fix: "write the file anew" };
  return { line, next: { offset: line, line }, problem };
};

const notUtf8 = (field: string) =>
  bad({ field, rule: "encoding", found: "is not valid UTF-8", fix: "write the text as UTF-8" });

const reasonOf = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n")[0].replace(/^parquet /, "");
};

const decoder = new TextDecoder("utf-8", { fatal: true });
/** Stands for a text that is not UTF-8 until its row is looked at. */
const INVALID = Object.freeze({});

function stringFromBytes(bytes: Uint8Array | undefined): unknown {
  if (!bytes) return undefined;
  try {
    return decoder.decode(bytes);
  } catch {
    return INVALID;
  }
}

/** The column of a row in which a text is not UTF-8. */
function invalidColumn(row: Readonly<Record<string, unknown>>): string | undefined {
  const isInvalid = (value: unknown): boolean => {
    if (value === INVALID) return true;
    if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return false;
    return Object.values(value).some(isInvalid);
  };
  return Object.keys(row).find((key) => isInvalid(row[key]));
}

// Snappy is in the package; the others are in Node (zstd from 22.15 on).
const unpack =
  (act: (bytes: Uint8Array, options: { maxOutputLength: number }) => Buffer) =>
  (bytes: Uint8Array, length: number): Uint8Array =>
    act(bytes, { maxOutputLength: Math.max(1, length) });
const zstd = (zlib as { zstdDecompressSync?: typeof zlib.brotliDecompressSync }).zstdDecompressSync;
const compressors: Compressors = {
  GZIP: unpack(zlib.gunzipSync),
  BROTLI: unpack(zlib.brotliDecompressSync),
  ...(zstd ? { ZSTD: unpack(zstd) } : {}),
};

/**
 * Values as JSON has them: whole numbers as numbers, dates as text. A null in a struct is a key
 * that the row does not have: every row of a column has all keys of its struct.
 */
function plain(value: unknown): Readonly<Record<string, unknown>> {
  const convert = (each: unknown): unknown => {
    if (typeof each === "bigint") {
      return Number.isSafeInteger(Number(each)) ? Number(each) : String(each);
    }
    if (typeof each !== "object" || each === null) return each;
    if (each instanceof Date) return each.toISOString();
    if (ArrayBuffer.isView(each)) return each;
    if (Array.isArray(each)) return each.map(convert);
    const given = Object.entries(each).filter(([, v]) => v !== null && v !== undefined);
    return Object.fromEntries(given.map(([key, v]) => [key, convert(v)]));
  };
  return convert(value) as Readonly<Record<string, unknown>>; // a row is an object
}

function textSize(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 8;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  return Object.values(value).reduce((sum: number, each) => sum + textSize(each), 0);
}
