/** What a training of tasks starts from. */

import type { NDArray } from "../../graph/ndarray.ts";
import { initialise } from "../../nn/initialise.ts";
import { createParameters, type ParameterSpec } from "../../nn/scope.ts";
import { codesLoss } from "../train/codes-loss.ts";
import { type LossLayout, taskLoss } from "../train/loss.ts";
import type { TaskModelConfig } from "./config.ts";
import type { Vocabulary } from "./vocabulary.ts";

export interface StartingModel {
  readonly config: TaskModelConfig;
  readonly vocabulary: Vocabulary;
  /** Of its folder, besides config.json, task.json and weights: tokenizer.json, … */
  readonly files: Readonly<Record<string, unknown>>;
  /** Values of parameters; those that it does not know are fresh (default: all). */
  readonly weights?: (spec: ParameterSpec) => NDArray | undefined;
}

/** Every parameter of a model, those of modalities that no task uses too. */
export function parametersOf(c: TaskModelConfig): ParameterSpec[] {
  const { root, specs } = createParameters();
  const layouts: LossLayout[] = [{ source: ["text"], target: "tokens" }];
  for (const kind of ["image", "video", "audio"] as const) {
    if (c[kind]) layouts.push({ source: [kind], target: "tokens" });
  }
  for (const target of ["codes", "speech", "motion"] as const) {
    if (c[target]) layouts.push({ source: ["text"], target });
  }
  for (const layout of layouts) taskLoss(c, layout)(root);
  if (c.codes) codesLoss(c.codes)(root);
  return [...specs.values()];
}

/**
 * Values of all parameters: the model's own, fresh ones by the seed otherwise. Tables that have
 * grown (by new tokens) keep their first rows.
 *
 * @throws Error for a value of another width
 */
export function startingValues(
  { config, weights }: Pick<StartingModel, "config" | "weights">,
  seed: number,
): Map<string, NDArray> {
  const specs = parametersOf(config);
  const values = initialise(specs, seed);
  for (const spec of specs) {
    const given = weights?.(spec);
    if (!given) continue;
    const { name, shape } = spec;
    const isGrown = given.shape[0] <= shape[0] && `${given.shape.slice(1)}` === `${shape.slice(1)}`;
    if (!isGrown && `${given.shape}` !== `${shape}`) {
      throw new Error(`task: ${name} is [${given.shape}], the model needs [${shape}]`);
    }
    (values.get(name)!.data as Float32Array).set(given.data as Float32Array);
  }
  return values;
}
