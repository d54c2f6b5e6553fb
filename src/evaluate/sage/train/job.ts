/** A training job in a folder of its own: rows, config, and the model that comes of it, whole. */

import { existsSync } from "node:fs";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { saveDirectoryAtomically } from "../../../checkpoint/atomic.ts";
import { resolveModel } from "../../../checkpoint/resolve.ts";
import { mergeAdapter } from "../../../models/index.ts";
import { type JobOptions, trainFromConfig } from "../../../train/index.ts";
import { modelDigest } from "../../model/model-digest.ts";

/** What all trainings take. */
export interface TrainingOptions {
  /** Folder, or hub id that was pulled, of a checkpoint with a chat template. */
  readonly base: string;
  /** Folder of the run; `final` in it is the model. */
  readonly out: string;
  /** Rank of an adapter, which is worked into the weights at the end (default: all weights learn). */
  readonly lora?: number;
  /** Further settings of the job, `key=value` as in `onefold train --set`. */
  readonly set?: readonly string[];
  readonly seed?: number;
  readonly job?: Pick<
    JobOptions,
    "onPlan" | "onStart" | "onStep" | "onEvaluation" | "availableMemory"
  >;
  readonly signal?: AbortSignal;
}

interface Job extends TrainingOptions {
  /** Subfolder of `out` for checkpoints and metrics. */
  readonly name: string;
  readonly rows: readonly object[];
  readonly config: Readonly<Record<string, unknown>>;
  readonly steps: number;
  readonly lr: number;
  readonly rewards?: JobOptions["rewards"];
}

/**
 * Trains, going on from the newest checkpoint.
 *
 * @returns the model's folder, without an adapter
 * @throws Error for the signal, once the step under way is saved
 */
export async function runJob(given: Job): Promise<string> {
  const { base, out, name, rows, config, steps, lr, lora, set, seed = 0, rewards, signal } = given;
  const folder = resolve(out);
  await mkdir(folder, { recursive: true });
  const data = `${name}.jsonl`;
  await writeFile(join(folder, data), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const file = join(folder, `${name}.json`);
  const model = existsSync(base) ? resolve(base) : base;
  const job = {
    model,
    ...(lora === undefined ? {} : { lora: { rank: lora } }),
    data: { files: data, max_length: 2048 },
    train: { steps, lr, seed, schedule: "constant", save_every: 50, keep: 0 },
    output: name,
    ...config,
  };
  await writeFile(file, `${JSON.stringify(job, null, 2)}\n`);
  const sets = [...(set ?? [])];
  const result = await trainFromConfig(file, { ...given.job, set: sets, rewards, signal });
  if (result.model === undefined) {
    signal?.throwIfAborted();
    throw new Error(`${file}: the run ended before its last step`);
  }
  if (lora === undefined) return result.model;
  const merged = join(folder, `${name}-merged`);
  await mergeAdapter(model, result.model, merged);
  return merged;
}

/** Puts a finished model in its place, with what is known of it. */
export async function placeModel(
  from: string,
  to: string,
  files: Readonly<Record<string, object>> = {},
): Promise<void> {
  await saveDirectoryAtomically(to, async (temporary) => {
    await cp(from, temporary, { recursive: true });
    for (const [name, value] of Object.entries(files)) {
      await writeFile(join(temporary, name), `${JSON.stringify(value, null, 2)}\n`);
    }
  });
}

/** Stands for the weights of a checkpoint, as the identity of a model that is opened from it. */
export const weightsOf = async (base: string): Promise<string> =>
  modelDigest(await resolveModel(base), {});

/** Tells what a model was trained from. */
export const baseOf = async (base: string): Promise<{ name: string; digest: string }> => ({
  name: base,
  digest: await weightsOf(base),
});
