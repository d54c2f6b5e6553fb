/** A data set on this machine, and what of it a reader takes: whatever it would not use is refused. */

import { nearest } from "../grammar/suggest.ts";
import { type Column, type GlueTask, readColumns } from "../readers/index.ts";
import type { ReaderOptions } from "../readers/row.ts";
import { reread } from "../records.ts";

/** A published data set on this machine: a file or folder, and what its format needs beside it. */
export interface DataFiles extends ReaderOptions {
  readonly file: string;
  /** Folder of the images that the file names. */
  readonly images?: string;
  readonly videos?: string;
  /** VQA's answers. */
  readonly annotations?: string;
  /** Spider's tables.json. */
  readonly tables?: string;
  /** MSR-VTT: "train", "validate" or "test". */
  readonly split?: string;
  /** Which task of GLUE (default sst2). */
  readonly glue?: GlueTask;
  /** Names of classes by folder or number. */
  readonly names?: Readonly<Record<string, string>>;
  /** Text of a recording as phones with blanks between (default: the text as it is). */
  readonly phones?: (text: string) => string | Promise<string>;
  /** Any table instead: the instruction's slots, and the columns that fill them. */
  readonly columns?: Readonly<Record<string, string | Column>>;
}

type FileKey = keyof DataFiles;

/** Limits and a way to report, for any reader: they change no record. */
const GENERAL = ["file", "onProblem", "maxMediaBytes", "maxJsonBytes"] as const;

/** Every key. */
const KEYS = Object.keys({
  file: true,
  images: true,
  videos: true,
  annotations: true,
  tables: true,
  split: true,
  glue: true,
  names: true,
  phones: true,
  columns: true,
  labels: true,
  onProblem: true,
  maxMediaBytes: true,
  maxJsonBytes: true,
} satisfies Record<FileKey, true>);

/** A format that a preset reads, and the keys that it takes beside `file`. */
export interface DataFormat<Needed extends FileKey = FileKey, R extends object = object> {
  readonly needs?: readonly Needed[];
  readonly takes?: readonly FileKey[];
  readonly read: (files: DataFiles & Required<Pick<DataFiles, Needed>>) => AsyncIterable<R>;
}

/** A format whose reader is given all that it needs. */
export const format = <R extends object, const Needed extends FileKey = never>(
  given: DataFormat<Needed, R>,
): DataFormat<FileKey, R> => given as DataFormat<FileKey, R>; // `checkFiles` has seen to what it needs

/**
 * @param who reads, for errors: `preset "caption"`
 * @throws Error naming a key that the format lacks, or would ignore, and the nearest that it takes
 */
export function checkFiles(
  files: DataFiles,
  who: string,
  { needs = [], takes = [] }: DataFormat,
): void {
  refuseOthers(files, [...needs, ...takes, "columns"], who);
  const lacked = needs.find((key) => files[key] === undefined);
  if (lacked) {
    throw new Error(`${files.file}: its format needs "${lacked}", a path beside "file"`);
  }
}

/** @throws Error for a key that does not exist, and where there is no file */
export function checkKeys(files: DataFiles, who: string): void {
  const strange = Object.keys(files).find((key) => !KEYS.includes(key));
  if (strange !== undefined) {
    const near = nearest(strange, KEYS);
    throw new Error(
      `${who}: unknown key "${strange}" of its data; ` +
        (near ? `did you mean "${near}"?` : `expected one of ${KEYS.join(", ")}`),
    );
  }
  if (!files.file) throw new Error(`${who}: its data need a "file"`);
}

function refuseOthers(files: DataFiles, taken: readonly FileKey[], who: string): void {
  const all: readonly string[] = [...GENERAL, ...taken];
  const given = Object.entries(files).filter(([, value]) => value !== undefined);
  const idle = given.find(([key]) => !all.includes(key))?.[0];
  if (idle === undefined) return;
  const near = nearest(idle, all);
  const list = ["file", ...taken].map((key) => `"${key}"`).join(", ");
  throw new Error(
    `${files.file}: "${idle}" changes nothing for ${who}; ` +
      (near ? `did you mean "${near}"?` : `it takes ${list}`),
  );
}

export interface TableOptions {
  readonly who: string;
  /** What columns may fill: slots, and what a metric compares with. */
  readonly slots: readonly string[];
  /** What labels come from where `labels` is left out. */
  readonly closedSet?: readonly string[];
}

/**
 * Records of any table, by `columns`.
 *
 * @throws Error for a column that fills no slot, and for a key that changes nothing
 */
export function readFilesTable(
  files: DataFiles,
  columns: Readonly<Record<string, string | Column>>,
  { who, slots, closedSet }: TableOptions,
): AsyncIterable<object> {
  checkKeys(files, who);
  const { file, images, videos } = files;
  const idle = Object.keys(columns).find((name) => !slots.includes(name));
  if (idle !== undefined) {
    const near = nearest(idle, slots);
    throw new Error(
      `${file}: "columns.${idle}" fills no slot of ${who}; ` +
        (near ? `did you mean "${near}"?` : `expected one of ${slots.join(", ")}`),
    );
  }
  const kinds = Object.values(columns).map((column) => typeof column === "object" && column.as);
  const taken: FileKey[] = ["columns"];
  if (kinds.includes("file")) taken.push(videos === undefined ? "images" : "videos");
  if (kinds.includes("label")) taken.push("labels");
  refuseOthers(files, taken, `${who}, by columns`);
  const { labels = closedSet } = files;
  if (kinds.includes("label") && !labels) {
    throw new Error(`${file}: a column "as: label" needs the closed set that labels come from`);
  }
  return reread(() => readColumns(file, { ...files, labels, columns, folder: images ?? videos }));
}
