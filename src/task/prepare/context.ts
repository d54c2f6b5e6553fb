/** What the preparation of one record knows. */

import type { Image } from "../../media/types.ts";
import type { Random } from "../../nn/random.ts";
import type { Slot } from "../grammar/ast.ts";
import type { TaskModelConfig } from "../model/config.ts";
import type { Vocabulary } from "../model/vocabulary.ts";

/** What the slots are given, by name. A group's are a list under `items`. */
export type TaskRecord = Readonly<Record<string, unknown>>;

export interface PrepareOptions {
  readonly config: TaskModelConfig;
  readonly vocabulary: Vocabulary;
  /** Codes of an image; only targets that are images need it. */
  readonly encodeImage?: (image: Image) => Promise<readonly number[]>;
  /** Answers that closed slots choose from. */
  readonly closedSet?: readonly string[];
  /** Corrupts what the plan says, as training does; left out: nothing is corrupted. */
  readonly random?: Random;
  /** Hides what `mask_ratio` says, where nothing else is to be corrupted. */
  readonly masks?: Random;
  /** Begins errors, e.g. `data.jsonl:3`. */
  readonly where?: string;
}

/** A record that its instruction asks to leave out of training. */
export class SkippedRecord extends Error {
  override readonly name = "SkippedRecord";
}

/** With the images of the source, by slot: boxes lie in the first of them. */
export interface PrepareContext extends PrepareOptions {
  readonly record: TaskRecord;
  readonly images: ReadonlyMap<string, Image>;
}

/** A slot as errors name it. */
export const shown = ({ modality, name }: Slot, { where }: PrepareOptions): string =>
  `${where === undefined ? "" : `${where}: `}[${modality}:${name}]`;

/** @throws Error where the record has no value for the slot */
export function slotValue(record: TaskRecord, slot: Slot, options: PrepareOptions): unknown {
  const value = record[slot.name];
  if (value !== undefined && value !== null) return value;
  const given = Object.keys(record).join(", ") || "nothing";
  throw new Error(`${shown(slot, options)} has no value; the record has ${given}`);
}

/** @throws Error where the model lacks what a modality needs */
export function need<T>(part: T | undefined, modality: string): T {
  if (part !== undefined) return part;
  throw new Error(
    `task: this model does not take or give ${modality}; use one that was made for it`,
  );
}
