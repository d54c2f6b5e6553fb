/** A training of tasks from a config file: YAML, then the same options as the typed call. */

import { dirname, resolve } from "node:path";
import { checkConfig, readConfigValues } from "../../train/job/config-file.ts";
import { updatesOf } from "../../train/job/optimizer-of.ts";
import { parametersOf } from "../model/starting-model.ts";
import { checkIdle } from "./check-idle.ts";
import { existingModel } from "./existing-model.ts";
import { freshModel } from "./fresh-model.ts";
import type { TaskTraining } from "./run-training.ts";
import { taskTrainingSchema } from "./schema.ts";
import { taskOf } from "./tasks.ts";

const CODE_STEPS = 1000;

/** As `readTaskTraining`, which loads it with zod and yaml when it is asked for. */
export async function readTraining(file: string, sets: readonly string[]): Promise<TaskTraining> {
  const { values, changed } = await readConfigValues(file, sets, '"model" and "tasks"');
  const config = checkConfig(taskTrainingSchema, values, file, changed);
  const folder = dirname(resolve(file));
  const { train } = config;
  const tasks = config.tasks.map((keys, i) => taskOf(keys, `${file}: tasks.${i}`, folder));
  checkIdle(config, tasks, file);
  const keys = typeof config.model === "string" ? { from: config.model } : config.model;
  const { from } = keys;
  const model =
    from === undefined
      ? { ...(await freshModel(keys, tasks, file)), hasCodes: false, [Symbol.dispose]: () => {} }
      : await existingModel({ ...keys, from }, tasks, { where: file, folder });
  try {
    const names = parametersOf(model.config).map(({ name }) => name);
    const { schedule: rate, ...updates } = updatesOf(train, names, file);
    const codeSteps = keys.codes?.steps ?? (model.hasCodes ? 0 : CODE_STEPS);
    const { every } = config.eval ?? {};
    const limit = config.eval?.limit ?? 50;
    return {
      options: {
        model,
        tasks,
        steps: train.steps,
        schedule: train.order,
        balance: train.balance,
        accumulate: train.accumulate,
        positions: train.positions,
        ...updates,
        rate,
        codeSteps,
        seed: train.seed,
        dir: resolve(folder, config.output),
        saveEvery: train.save_every,
        keep: train.keep,
        dtype: config.dtype,
        ...(every !== undefined && limit > 0 && { evaluate: { every, limit } }),
      },
      limit,
      [Symbol.dispose]: () => model[Symbol.dispose](),
    };
  } catch (error) {
    model[Symbol.dispose]();
    throw error;
  }
}
