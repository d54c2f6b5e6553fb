/** The tasks that a config lists. */

import { resolve } from "node:path";
import { slotsOf } from "../grammar/check.ts";
import { parseTemplates } from "../grammar/parse.ts";
import { readFilesTable } from "../presets/data-files.ts";
import { type DataFiles, glueTask, preset } from "../presets/index.ts";
import { fieldsOf } from "../presets/preset.ts";
import type { Column } from "../readers/index.ts";
import type { RecordSource } from "../records.ts";
import type { GenerateOptions } from "../run/options.ts";
import { checkedTask, type Task, type TaskMetric, type TaskOptions } from "../task.ts";
import type { FileKeys, TaskKeys } from "./schema-tasks.ts";

/**
 * @param where the file and the place of the task in it, for errors
 * @param folder that paths are relative to
 * @throws Error naming the place for what a task cannot be
 */
export function taskOf(keys: TaskKeys, where: string, folder: string): Task {
  try {
    return keys.preset === undefined
      ? ownTask(keys, folder)
      : presetTask(keys.preset, keys, folder);
  } catch (error) {
    throw new Error(`${where}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

function presetTask(name: string, keys: TaskKeys, folder: string): Task {
  const { train, held_out: heldOut, generated } = keys;
  if (generated && (train || heldOut)) {
    throw new Error('"generated" has no place beside "train" and "held_out"; leave one out');
  }
  const glue = train?.glue ?? heldOut?.glue;
  if (train && heldOut && train.glue !== heldOut.glue) {
    throw new Error('"train.glue" and "held_out.glue" differ; give both the same task of GLUE');
  }
  return preset(name, {
    ...(name === "nlu" && glue && glueTask(glue)),
    ...optionsOf(keys),
    ...(keys.instruction !== undefined && { instruction: templates(keys.instruction) }),
    ...(train && { train: located(train, folder) }),
    ...(heldOut && { heldOut: located(heldOut, folder) }),
    world: generated,
  });
}

function ownTask(keys: TaskKeys, folder: string): Task {
  const { instruction: text, train, held_out: heldOut, generated } = keys;
  if (text === undefined) throw new Error('a task needs a "preset" or an "instruction"');
  if (generated) throw new Error('"generated" is of presets: add "preset", or give "train" a file');
  const instruction = templates(text);
  const records = (files: FileKeys): RecordSource<object> =>
    tableOf(instruction, keys, files, folder);
  return checkedTask(instruction, {
    ...optionsOf(keys),
    ...(train && { train: records(train) }),
    ...(heldOut && { heldOut: records(heldOut) }),
  });
}

const templates = (text: string | readonly string[]): string => [text].flat().join(" ||| ");

/** What is left out is left to the preset. */
function optionsOf(keys: TaskKeys): TaskOptions<object> {
  const { name, closed_set: closedSet, metric, weight, smoothing, ctc, positions, pool } = keys;
  return given({
    ...{ name, closedSet, weight, smoothing, ctc, positions, pool },
    metric: typeof metric === "string" ? { name: metric } : (metric as TaskMetric<object>),
    generate: keys.generate && generation(keys.generate),
  });
}

function generation({
  length_penalty: lengthPenalty,
  no_repeat_ngram: noRepeatNgram,
  max_length: maxLength,
  min_length: minLength,
  top_k: topK,
  top_p: topP,
  ...rest
}: NonNullable<TaskKeys["generate"]>): GenerateOptions {
  return given({ ...rest, lengthPenalty, noRepeatNgram, maxLength, minLength, topK, topP });
}

/** Without what is undefined, which would hide a default. */
const given = <T extends object>(values: T): Partial<T> =>
  // The keys that are left have the types they had.
  Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Partial<T>;

/** Paths from the config's folder. */
function located(files: FileKeys, folder: string): DataFiles {
  const paths = ["file", "images", "videos", "annotations", "tables"] as const;
  const found = paths.flatMap((key) => {
    const path = files[key];
    return path === undefined ? [] : [[key, resolve(folder, path)] as const];
  });
  return { ...files, ...Object.fromEntries(found) };
}

const mediaModalities = new Set(["IMAGE", "AUDIO", "VIDEO", "MOTION"]);

/** A table whose columns have the slots' names, where the config does not say others. */
function tableOf(
  instruction: string,
  { metric, closed_set: closedSet }: TaskKeys,
  data: FileKeys,
  folder: string,
): AsyncIterable<object> {
  const files = located(data, folder);
  const slots = fieldsOf(
    instruction,
    typeof metric === "object" ? (metric as TaskMetric<object>) : undefined,
  );
  const media = parseTemplates(instruction)
    .flatMap(({ source, target }) => slotsOf([...source, ...target]))
    .filter(({ modality }) => mediaModalities.has(modality))
    .map(({ name }) => name);
  const named = slots.map((name): [string, string | Column] => [
    name,
    media.includes(name) ? { column: name, as: "file" } : name,
  ]);
  const columns = files.columns ?? Object.fromEntries(named);
  return readFilesTable(files, columns, { who: "a task without preset", slots, closedSet });
}
