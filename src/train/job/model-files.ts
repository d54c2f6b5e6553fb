/** How a job stores what it trained: a whole model's folder, or an adapter in PEFT's files. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DType } from "../../graph/dtype.ts";
import type { NDArray } from "../../graph/ndarray.ts";
import { decoderSpecs } from "../../models/decoder-parameters.ts";
import { openAdapter, writeAdapterFiles, writeModelFiles } from "../../models/index.ts";
import { checkpointWeights, openModelCheckpoint } from "../../models/load.ts";
import { TRAINING_FILE } from "../../models/training-file.ts";
import type { ModelFiles } from "../run-state.ts";
import type { Files, PreparedModel } from "./prepare.ts";

export interface StoredModel extends ModelFiles {
  /** Writes a finished model into an existing folder, weights in the job's dtype. */
  finish(dir: string, parameters: ReadonlyMap<string, NDArray>): Promise<void>;
}

export interface StoredModelOptions {
  readonly files: Files;
  readonly dtype: DType;
  /** What an adapter was trained on: a folder or hub id. */
  readonly base: string;
}

export function storedModel(model: PreparedModel, options: StoredModelOptions): StoredModel {
  return model.config.lora ? adapter(model, options) : wholeModel(model, options);
}

function wholeModel(
  { config, weights, configFile }: PreparedModel,
  { files, dtype }: StoredModelOptions,
): StoredModel {
  const specs = [...decoderSpecs(config).values()];
  /** With those that are frozen. */
  const all = (parameters: ReadonlyMap<string, NDArray>): ReadonlyMap<string, NDArray> =>
    new Map(
      specs.map(({ name, shape }) => [
        name,
        parameters.get(name) ?? weights({ name, dtype: "f32", shape }),
      ]),
    );
  const write = (dir: string, parameters: ReadonlyMap<string, NDArray>, as: DType) =>
    writeModelFiles(dir, config, all(parameters), {
      dtype: as,
      files: { ...files, "config.json": configFile(as) },
    });
  return {
    write: (dir, parameters) => write(dir, parameters, "f32"),
    finish: (dir, parameters) => write(dir, parameters, dtype),
    async read(dir, parameters) {
      using stored = await openModelCheckpoint(dir, config.modelType);
      fill(parameters, checkpointWeights(stored));
    },
  };
}

function adapter({ config }: PreparedModel, { files, base }: StoredModelOptions): StoredModel {
  const { lora, ...rest } = config;
  if (!lora) throw new Error("train: the model has no adapter");
  const write: ModelFiles["write"] = async (dir, parameters) => {
    await writeAdapterFiles(dir, lora, parameters, base);
    await writeFile(join(dir, TRAINING_FILE), `${JSON.stringify(files[TRAINING_FILE], null, 2)}\n`);
  };
  return {
    write,
    finish: write,
    async read(dir, parameters) {
      using stored = await openAdapter(dir, rest);
      fill(parameters, stored.weights);
    },
  };
}

function fill(
  parameters: ReadonlyMap<string, NDArray>,
  weights: (port: { name: string; dtype: "f32"; shape: readonly number[] }) => NDArray,
): void {
  for (const [name, { shape, data }] of parameters) {
    (data as Float32Array).set(weights({ name, dtype: "f32", shape }).data as Float32Array);
  }
}
