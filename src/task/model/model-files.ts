/** Writes a task model as the folder that `loadTaskModel` opens. */

import type { DType } from "../../graph/dtype.ts";
import type { NDArray } from "../../graph/ndarray.ts";
import { checkpointWeights, openModelCheckpoint } from "../../models/load.ts";
import { loadOfa, ofaConfigJson } from "../../models/ofa/index.ts";
import { configJson, torchDType, writeModelFiles } from "../../models/save.ts";
import { type TaskModelConfig, taskJson } from "./config.ts";
import { TASK_FILE } from "./folder.ts";

export interface WriteTaskModelOptions {
  /** Of the written weights (default f32). */
  readonly dtype?: DType;
  /** tokenizer.json and what else stands beside the weights, by name. */
  readonly files: Readonly<Record<string, unknown>>;
}

/** Writes config.json, task.json, the weights and companion files into an existing folder. */
export async function writeTaskModel(
  dir: string,
  c: TaskModelConfig,
  weights: ReadonlyMap<string, NDArray>,
  { dtype = "f32", files }: WriteTaskModelOptions,
): Promise<void> {
  const { body } = c;
  const config =
    body.kind === "ofa"
      ? { ...ofaConfigJson(body.config), torch_dtype: torchDType(dtype) }
      : configJson(body.config, dtype);
  await writeModelFiles(dir, body.kind === "ofa" ? undefined : body.config, weights, {
    dtype,
    files: { ...files, "config.json": config, [TASK_FILE]: taskJson(c) },
  });
}

/** Fills parameters from a folder that `writeTaskModel` made. */
export async function readTaskWeights(
  dir: string,
  { body }: TaskModelConfig,
  parameters: ReadonlyMap<string, NDArray>,
): Promise<void> {
  const stored =
    body.kind === "ofa"
      ? await loadOfa(dir)
      : await openModelCheckpoint(dir, body.config.modelType);
  using _ = stored;
  const weights = "weights" in stored ? stored.weights : checkpointWeights(stored);
  for (const [name, { shape, data }] of parameters) {
    (data as Float32Array).set(weights({ name, dtype: "f32", shape }).data as Float32Array);
  }
}
