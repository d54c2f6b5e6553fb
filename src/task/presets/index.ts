/** The 23 example tasks of OFASys and the objectives of M6, by name. */

import { nearest } from "../grammar/suggest.ts";
import type { RecordSource, WorldRecordsOptions } from "../records.ts";
import { checkedTask, type Task, type TaskOptions } from "../task.ts";
import { audio } from "./audio.ts";
import type { DataFiles } from "./data-files.ts";
import { language } from "./language.ts";
import { m6 } from "./m6.ts";
import { motion } from "./motion.ts";
import type { Preset } from "./preset.ts";
import { structure } from "./structure.ts";
import { video } from "./video.ts";
import { vision } from "./vision.ts";

export type { DataFiles } from "./data-files.ts";
export { glueTask } from "./language.ts";
export type { Preset } from "./preset.ts";

/** In the order of the papers. */
export const presets: readonly Preset[] = [
  ...language,
  ...vision,
  ...video,
  ...audio,
  ...structure,
  ...motion,
  ...m6,
];

export interface PresetOptions extends Omit<TaskOptions<object>, "train" | "heldOut"> {
  /** Instead of the preset's, over the same records. */
  readonly instruction?: string;
  /** A published data set, or records (default: generated ones). */
  readonly train?: DataFiles | RecordSource<object>;
  /** Default: generated ones where `train` is left out too. */
  readonly heldOut?: DataFiles | RecordSource<object>;
  /** Of generated records. */
  readonly world?: WorldRecordsOptions;
}

/**
 * An example task over generated records, or over a data set in its published format.
 *
 * @throws Error naming the nearest preset for an unknown name
 * @example
 * const generated = preset("caption");
 * const coco = preset("caption", {
 *   train: { file: "captions_train2014.json", images: "train2014" },
 *   heldOut: { file: "captions_val2014.json", images: "val2014" },
 * });
 */
export function preset(name: string, options: PresetOptions = {}): Task {
  const found = presetOf(name);
  const { instruction = found.instruction, train, heldOut, world, ...rest } = options;
  const isGenerated = train === undefined && heldOut === undefined;
  if (world && !isGenerated) {
    throw new Error(
      `preset "${name}": "world" is of generated records; leave it, or the data, out`,
    );
  }
  const { metric = found.metric, closedSet = found.closedSet } = rest;
  const records = (given: DataFiles | RecordSource<object>): RecordSource<object> =>
    isFiles(given) ? found.read(given, { instruction, metric, closedSet }) : given;
  return checkedTask(instruction, {
    name,
    ...found.options,
    ...(isGenerated && found.world(world)),
    ...(train && { train: records(train) }),
    ...(heldOut && { heldOut: records(heldOut) }),
    ...rest,
    metric,
    closedSet,
    generate: { ...found.options?.generate, ...options.generate },
  });
}

/** @throws Error naming the nearest preset for an unknown name */
export function presetOf(name: string): Preset {
  const found = presets.find((each) => each.name === name);
  if (found) return found;
  const names = presets.map((each) => each.name);
  const near = nearest(name, names) ?? names.find((each) => each.includes(name));
  throw new Error(
    `preset "${name}" does not exist; ` +
      (near ? `did you mean "${near}"?` : `it is one of ${names.join(", ")}`),
  );
}

const isFiles = (given: DataFiles | RecordSource<object>): given is DataFiles =>
  typeof given !== "function" && !(Symbol.iterator in given) && !(Symbol.asyncIterator in given);
