/** What a preset is: an example task with its instruction, published data, generated data, metric. */

import type { GlueTask } from "../readers/index.ts";
import { type Column, readColumns } from "../readers/index.ts";
import type { ReaderOptions } from "../readers/row.ts";
import type { RecordPools, WorldRecordsOptions } from "../records.ts";
import type { TaskMetric, TaskOptions } from "../task.ts";

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

export interface Preset {
  readonly name: string;
  /** Number among the 23 of OFASys; left out: of another paper. */
  readonly number?: number;
  /** In a few words. */
  readonly about: string;
  readonly instruction: string;
  /** Published data sets that `read` takes. */
  readonly data: string;
  readonly metric?: TaskMetric<object>;
  /** Of the generated data. */
  readonly closedSet?: readonly string[];
  readonly options?: Pick<TaskOptions<object>, "weight" | "generate" | "smoothing">;
  readonly world: (options?: WorldRecordsOptions) => Records;
  readonly read: (files: DataFiles) => AsyncIterable<object>;
}

interface Records {
  readonly train: RecordPools<object>;
  readonly heldOut: RecordPools<object>;
}

/** Label smoothing of OFA's fine-tuning scripts. */
export const SMOOTHING = 0.1;

/**
 * A definition whose readers also take any table, by `columns`.
 *
 * @param preset metric functions take the records of its own reader and world
 */
export function definePreset(preset: Preset): Preset {
  return {
    ...preset,
    read: (files) =>
      files.columns
        ? readColumns(files.file, {
            ...files,
            columns: files.columns,
            folder: files.images ?? files.videos,
          })
        : preset.read(files),
  };
}

/** @throws Error where the format needs a file or folder that was not given */
export function needed(
  files: DataFiles,
  key: "images" | "videos" | "annotations" | "tables",
): string {
  const value = files[key];
  if (value !== undefined) return value;
  throw new Error(`${files.file}: its format needs "${key}", a path beside "file"`);
}

/** What a reader reads, under other names. */
export async function* renamed<A, B>(
  records: AsyncIterable<A>,
  convert: (record: A) => B | Promise<B>,
): AsyncGenerator<B> {
  for await (const record of records) yield await convert(record);
}

export const isTsv = ({ file }: DataFiles): boolean => file.toLowerCase().endsWith(".tsv");
