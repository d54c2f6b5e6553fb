/** Checkpoints of a run: a model folder with the optimiser's state, from which it goes on exactly. */

import { readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { recoverDirectory, saveDirectoryAtomically } from "../checkpoint/atomic.ts";
import { type Checkpoint, openCheckpoint } from "../checkpoint/checkpoint.ts";
import { isObject, readJsonObject } from "../checkpoint/json.ts";
import { saveSafetensors } from "../checkpoint/save.ts";
import type { NDArray } from "../graph/ndarray.ts";
import { checkpointWeights, openModelCheckpoint } from "../models/load.ts";
import { writeModelFiles } from "../models/save.ts";
import type { BatchSource } from "./batches.ts";
import type { Trainer } from "./trainer.ts";

const PREFIX = "step-";
/** Name of a checkpoint's folder in a run's. */
export const checkpointName = (step: number): string => `${PREFIX}${String(step).padStart(8, "0")}`;

/** Steps of the complete checkpoints in a run's folder, ascending. */
export async function savedSteps(run: string): Promise<number[]> {
  const names = await readdir(run).catch(() => [] as string[]);
  return names
    .filter((name) => /^step-\d{8}$/.test(name))
    .map((name) => Number(name.slice(PREFIX.length)))
    .sort((a, b) => a - b);
}

export interface SaveOptions {
  /** Companion files of the model folder (tokenizer, template, …). */
  readonly files?: Readonly<Record<string, unknown>>;
  /** Older checkpoints to keep besides this one (default 1). */
  readonly keep?: number;
  /** Identifies the run's settings; a resume with others is refused. */
  readonly fingerprint: string;
  /** How the trained parameters are stored (default: as the whole model's folder). */
  readonly model?: ModelFiles;
  /** Further state of the run, plain JSON; `resumeRun` gives it back. */
  readonly extra?: () => unknown;
  /** The number under which it is saved (default: the optimiser's steps), e.g. of rounds. */
  readonly at?: number;
}

/** What a checkpoint needs of a source of data. */
export type Seekable = Pick<BatchSource, "cursor" | "seek">;

/** How a checkpoint stores trained parameters, e.g. as an adapter. */
export interface ModelFiles {
  /** Writes into an existing folder. */
  write(dir: string, parameters: ReadonlyMap<string, NDArray>): Promise<void>;
  /** Fills parameters from a folder that `write` made. */
  read(dir: string, parameters: ReadonlyMap<string, NDArray>): Promise<void>;
}

/** Saves weights (f32), optimiser state and data cursor; a kill at any moment leaves the last one. */
export async function saveRun(
  run: string,
  trainer: Trainer,
  source: Seekable,
  {
    files,
    keep = 1,
    fingerprint,
    model = wholeModel(trainer, files),
    extra,
    at = trainer.steps,
  }: SaveOptions,
): Promise<string> {
  const dir = join(run, checkpointName(at));
  const { memory, steps } = trainer;
  const state = {
    step: at,
    ...(at === steps ? {} : { optimizerSteps: steps }),
    cursor: source.cursor,
    fingerprint,
    extra: extra?.(),
  };
  await saveDirectoryAtomically(dir, async (temporary) => {
    await model.write(temporary, memory.parameters);
    await writeFile(join(temporary, "trainer.json"), `${JSON.stringify(state, null, 2)}\n`);
    await saveSafetensors(
      join(temporary, "optimizer.safetensors"),
      trainer.stateSections.flatMap((section) => named(section, memory[section])),
    );
  });
  const old = (await savedSteps(run)).filter((step) => step < at);
  for (const step of keep > 0 ? old.slice(0, -keep) : old) {
    // A kill while files are removed must not leave half a folder under a checkpoint's name.
    const aside = join(run, `.removed-${checkpointName(step)}`);
    await rename(join(run, checkpointName(step)), aside);
    await rm(aside, { recursive: true, force: true });
  }
  return dir;
}

/** "means" -> "mean model.norm.weight" */
const nameIn = (section: string, name: string): string => `${section.slice(0, -1)} ${name}`;
const named = (section: string, arrays: ReadonlyMap<string, NDArray>) =>
  Array.from(arrays, ([name, array]) => ({ name: nameIn(section, name), array }));

/** A model folder, which `serve` and `run` load as it is. */
const wholeModel = (trainer: Trainer, files?: Readonly<Record<string, unknown>>): ModelFiles => ({
  write: (dir, parameters) => writeModelFiles(dir, trainer.config, parameters, { files }),
  async read(dir, parameters) {
    using model = await openModelCheckpoint(dir, trainer.config?.modelType);
    const weights = checkpointWeights(model);
    for (const [name, array] of parameters) {
      const { dtype, shape } = array;
      (array.data as Float32Array).set(weights({ name, dtype, shape }).data as Float32Array);
    }
  },
});

/** Completes or removes what a killed save left. */
async function tidy(run: string): Promise<void> {
  for (const name of await readdir(run).catch(() => [] as string[])) {
    const target = /^\.(step-\d{8})\.(?:tmp|new|old)-/.exec(name);
    if (target) await recoverDirectory(join(run, target[1]));
    if (/^\.removed-step-\d{8}$/.test(name)) await rm(join(run, name), { recursive: true });
  }
}

/**
 * Puts the newest checkpoint of a run back into a trainer and its data source.
 *
 * @returns undefined where there was none; otherwise its number and the run's `extra` state
 * @throws Error where the run was made with other settings, or a tensor does not fit
 */
export async function resumeRun(
  run: string,
  trainer: Trainer,
  source: Seekable,
  { fingerprint, model = wholeModel(trainer) }: Pick<SaveOptions, "fingerprint" | "model">,
): Promise<{ readonly at: number; readonly extra: unknown } | undefined> {
  await tidy(run);
  const step = (await savedSteps(run)).pop();
  if (step === undefined) return undefined;
  const dir = join(run, checkpointName(step));
  const file = join(dir, "trainer.json");
  const state = await readJsonObject(file);
  if (state.fingerprint !== fingerprint) {
    throw new Error(
      `${file}: the run was made with other settings; use another folder, or remove this one`,
    );
  }
  const { cursor, optimizerSteps = step } = state;
  if (!isObject(cursor)) throw new Error(`${file}: "cursor" must be an object`);
  if (typeof optimizerSteps !== "number" || !Number.isSafeInteger(optimizerSteps)) {
    throw new Error(`${file}: "optimizerSteps" must be a whole number`);
  }
  const { memory } = trainer;
  await model.read(dir, memory.parameters);
  using optimizer = await openCheckpoint(join(dir, "optimizer.safetensors"));
  for (const section of trainer.stateSections) {
    for (const [name, array] of memory[section]) restore(optimizer, nameIn(section, name), array);
  }
  trainer.steps = optimizerSteps;
  try {
    await source.seek(cursor);
  } catch (error) {
    throw new Error(`${file}: "cursor": ${(error as Error).message}`, { cause: error });
  }
  return { at: step, extra: state.extra };
}

function restore(saved: Checkpoint, name: string, array: NDArray): void {
  const { file, dtype, shape } = saved.info(name);
  if (dtype !== "f32" || `${shape}` !== `${array.shape}`) {
    throw new Error(
      `${file}: tensor "${name}" is ${dtype} [${shape}], the run needs f32 [${array.shape}]`,
    );
  }
  (array.data as Float32Array).set(saved.read(name).data as Float32Array);
}
