/** An OFA checkpoint as a model: its configuration and where its weights come from. */

import { stat } from "node:fs/promises";
import { type Checkpoint, openCheckpoint } from "../../checkpoint/checkpoint.ts";
import { readConfigJson } from "../../checkpoint/companions.ts";
import { fileError } from "../../checkpoint/json.ts";
import type { WeightSource } from "../../graph/program.ts";
import { checkpointWeights } from "../load.ts";
import { type OfaConfig, readOfaConfig } from "./config.ts";
import { fairseqName, isFairseq, keysOfShapes } from "./fairseq.ts";

export interface OfaModel extends Disposable {
  readonly config: OfaConfig;
  readonly checkpoint: Checkpoint;
  /** Weights by the names of `ofaBody`, in f32. */
  readonly weights: WeightSource;
}

/**
 * Opens an OFA model: a folder with config.json and either safetensors or pytorch_model.bin, or one
 * of OFA's own fairseq files (`ofa_base.pt`), whose settings are read off its shapes. Tables that
 * are computed from the configuration (`token_rp_bucket` and the like) are passed over.
 *
 * @throws Error naming the file and key where configuration or weights do not fit
 * @example
 * using model = await loadOfa("models/ofa-tiny");
 * const body = ofaBody(model.config);
 */
export async function loadOfa(source: string): Promise<OfaModel> {
  const isFolder = await stat(source).then(
    (found) => found.isDirectory(),
    (error: unknown) => {
      throw fileError(error, source);
    },
  );
  const json = isFolder ? await readConfigJson(source) : undefined;
  const checkpoint = await openCheckpoint(source);
  try {
    const config = json
      ? readOfaConfig(json.file, json.values)
      : readOfaConfig(source, keysOfShapes(checkpoint));
    const stored = checkpointWeights(checkpoint);
    const weights: WeightSource = isFairseq(checkpoint)
      ? (port) => stored({ ...port, name: fairseqName(port.name) })
      : stored;
    return { config, checkpoint, weights, [Symbol.dispose]: () => checkpoint[Symbol.dispose]() };
  } catch (error) {
    checkpoint[Symbol.dispose]();
    throw error;
  }
}
