/** Reads a training config: YAML or JSON, `--set` overrides, then the schema. */

import { dirname, resolve } from "node:path";
import { checkMethod } from "./check-method.ts";
import { checkConfig, readConfigValues } from "./config-file.ts";
import { type TrainConfig, trainConfigSchema } from "./schema.ts";

export interface LoadedConfig {
  readonly config: TrainConfig;
  /** Paths in the config are relative to this folder, the config file's. */
  readonly folder: string;
}

/**
 * Reads and checks a config file.
 *
 * @param sets overrides as `key.path=value`, the value in YAML
 * @throws Error of one sentence naming file, key, what was expected and the nearest key
 */
export async function readTrainConfig(
  file: string,
  sets: readonly string[] = [],
): Promise<LoadedConfig> {
  const { values, changed } = await readConfigValues(file, sets, '"model" and "data"');
  return { config: checkTrainConfig(values, file, changed), folder: dirname(resolve(file)) };
}

/**
 * Checks options that were given as an object.
 *
 * @param where they come from, for errors
 * @throws Error of one sentence naming key, what was expected and the nearest key
 */
export function checkTrainConfig(
  values: object,
  where: string,
  changed: ReadonlySet<string> = new Set(),
): TrainConfig {
  const config = checkConfig(trainConfigSchema, values, where, changed);
  checkMethod(config, where);
  return config;
}
