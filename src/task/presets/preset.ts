/** What a preset is: an example task with its instruction, published data, generated data, metric. */

import { slotsOf } from "../grammar/check.ts";
import { parseTemplates } from "../grammar/parse.ts";
import { type RecordPools, reread, type WorldRecordsOptions } from "../records.ts";
import type { TaskMetric, TaskOptions } from "../task.ts";
import {
  checkFiles,
  checkKeys,
  type DataFiles,
  type DataFormat,
  readFilesTable,
} from "./data-files.ts";

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
  readonly options?: Pick<TaskOptions<object>, "weight" | "generate" | "smoothing" | "ctc">;
  readonly world: (options?: WorldRecordsOptions) => Records;
  /**
   * A published data set, checked at once and read anew each time.
   *
   * @param task that its records are for (default: the preset's own)
   * @throws Error naming a key that the format needs, or would not use
   */
  readonly read: (
    files: DataFiles,
    task?: Pick<Preset, "instruction" | "metric" | "closedSet">,
  ) => AsyncIterable<object>;
}

interface Records {
  readonly train: RecordPools<object>;
  readonly heldOut: RecordPools<object>;
}

/** Label smoothing of OFA's fine-tuning scripts. */
export const SMOOTHING = 0.1;

/** Of CTC beside cross-entropy, as hybrid speech recognition is trained (Watanabe et al., 2017). */
export const CTC = 0.3;

interface Definition extends Omit<Preset, "read"> {
  /** Of its published data, where several by what is given. */
  readonly format: DataFormat | ((files: DataFiles) => DataFormat);
}

/**
 * A definition whose readers also take any table, by `columns`.
 *
 * @param definition metric functions take the records of its own reader and world
 */
export function definePreset({ format, ...preset }: Definition): Preset {
  const who = `preset "${preset.name}"`;
  return {
    ...preset,
    read(files, { instruction, metric, closedSet } = preset) {
      checkKeys(files, who);
      if (files.columns) {
        const slots = fieldsOf(instruction, metric);
        return readFilesTable(files, files.columns, { who, slots, closedSet });
      }
      const own = typeof format === "function" ? format(files) : format;
      checkFiles(files, who, own);
      // What the format needs is there.
      return reread(() => own.read(files as Required<DataFiles>));
    },
  };
}

/** What records may hold: slots of an instruction, and what a metric compares with. */
export function fieldsOf(instruction: string, metric?: TaskMetric<object>): string[] {
  const sentences = parseTemplates(instruction).flatMap(({ source, target }) => [
    ...source,
    ...target,
  ]);
  const plain = slotsOf(sentences.filter(({ kind }) => kind !== "group"));
  const { references } = metric ?? {};
  return [
    ...new Set([
      ...plain.map(({ name }) => name),
      ...(sentences.some(({ kind }) => kind === "group") ? ["items"] : []),
      ...(typeof references === "string" ? [references] : []),
      ...(typeof references === "function" ? ["references"] : []),
    ]),
  ];
}

/** What a reader reads, under other names. */
export async function* renamed<A, B>(
  records: AsyncIterable<A>,
  convert: (record: A) => B | Promise<B>,
): AsyncGenerator<B> {
  for await (const record of records) yield await convert(record);
}

export const isTsv = ({ file }: DataFiles): boolean => file.toLowerCase().endsWith(".tsv");
