/** Folders of task models: a checkpoint as any other, with `task.json` beside it. */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { readJsonObject } from "../../checkpoint/json.ts";
import { type ResolveOptions, resolveModel } from "../../checkpoint/resolve.ts";
import { loadTokenizer } from "../../media/index.ts";
import { codeCount } from "../../models/image-codes.ts";
import { loadModel } from "../../models/load.ts";
import { loadOfa } from "../../models/ofa/index.ts";
import { TaskModel } from "../run/task-model.ts";
import type { BodyConfig, TaskModelConfig } from "./config.ts";
import { chatMarks, createVocabulary, type SentenceMarks, spanMarks } from "./vocabulary.ts";

export const TASK_FILE = "task.json";

/** Whether a model's folder says what to do with other modalities than text. */
export const isTaskModel = async (folder: string): Promise<boolean> =>
  stat(join(folder, TASK_FILE)).then(
    (found) => found.isFile(),
    () => false,
  );

export interface LoadTaskModelOptions extends ResolveOptions {
  readonly threads?: number;
}

/**
 * Opens a task model: a folder, or a hub id that was pulled before.
 *
 * @throws Error naming the file and key where something is missing or does not fit
 * @example
 * using model = await loadTaskModel("models/onefold-generalist");
 * const { answer } = await model.infer(
 *   "[IMAGE:image] what does the image describe? -> [TEXT:answer]", { image: "scene.png" });
 */
export async function loadTaskModel(
  spec: string,
  { threads, ...resolve }: LoadTaskModelOptions = {},
): Promise<TaskModel> {
  const folder = await resolveModel(spec, resolve);
  const file = join(folder, TASK_FILE);
  if (!(await isTaskModel(folder))) {
    throw new Error(
      `${folder}: no ${TASK_FILE}, so it takes and gives text alone; use \`onefold run\` without ` +
        "files, or a model made for tasks",
    );
  }
  const { readTaskJson } = await import("./task-json.ts"); // with it, zod
  const { body: kind, ...rest } = readTaskJson(file, await readJsonObject(file));
  const opened = kind === "ofa" ? await loadOfa(folder) : await loadModel(folder);
  try {
    const tokenizer = await loadTokenizer(folder);
    // The kinds of body and of config agree: both are of the loader that was chosen.
    const body = { kind, config: opened.config } as BodyConfig;
    const config: TaskModelConfig = { ...rest, body };
    const marks: SentenceMarks = kind === "ofa" ? spanMarks(tokenizer) : chatMarks(tokenizer);
    const vocabulary = createVocabulary(tokenizer, marks, {
      bins: rest.bins,
      codes: rest.codes ? codeCount(rest.codes) : 0,
      alwaysBlank: kind === "ofa",
    });
    const { weights } = opened;
    return new TaskModel({ config, vocabulary, weights, isFrozen: true, threads, files: opened });
  } catch (error) {
    opened[Symbol.dispose]();
    throw error;
  }
}

/** As `loadTaskModel`, but undefined where the model takes and gives text alone. */
export async function findTaskModel(
  spec: string,
  options: LoadTaskModelOptions = {},
): Promise<TaskModel | undefined> {
  const folder = await resolveModel(spec, options);
  return (await isTaskModel(folder)) ? loadTaskModel(folder, options) : undefined;
}
