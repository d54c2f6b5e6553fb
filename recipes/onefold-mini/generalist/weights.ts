/** What the generalist starts from: the text model, fresh rows and layers, trained codes. */

import { join } from "node:path";
import { openCheckpoint } from "../../../src/checkpoint/index.ts";
import type { NDArray } from "../../../src/graph/ndarray.ts";
import { initialise } from "../../../src/nn/initialise.ts";
import type { ParameterSpec } from "../../../src/nn/scope.ts";
import { checkpointName, savedSteps } from "../../../src/train/run-state.ts";

/** The newest checkpoint of a run. */
export async function newestCheckpoint(run: string): Promise<string> {
  const step = (await savedSteps(run)).pop();
  if (step === undefined) throw new Error(`${run}: no checkpoint; see the order in the README`);
  return join(run, checkpointName(step));
}

/** A checkpoint to start from. */
export interface Start {
  readonly folder: string;
  /** Under which name it may have a parameter (default: the same). */
  readonly nameOf?: (name: string) => string;
}

/**
 * Values of parameters: those that a checkpoint has, the first counts, fresh ones otherwise. A
 * table that has grown keeps its first rows. New layers change nothing at first.
 */
export async function startingWeights(
  specs: readonly ParameterSpec[],
  starts: readonly Start[],
  seed: number,
): Promise<Map<string, NDArray>> {
  const values = initialise(specs, seed);
  for (const { folder, nameOf = (name: string) => name } of starts.toReversed()) {
    using checkpoint = await openCheckpoint(folder);
    for (const { name, shape } of specs) {
      const stored = nameOf(name);
      if (!checkpoint.has(stored)) continue;
      const source = checkpoint.readAs(stored, "f32");
      if (source.shape.slice(1).some((size, i) => size !== shape[i + 1])) continue;
      const data = values.get(name)!.data as Float32Array;
      if (source.data.length > data.length) continue;
      data.set(source.data as Float32Array);
    }
  }
  return values;
}

/** Clips are seen with the eyes of images; where their patches lie is their own. */
export const imageForVideo = (name: string): string =>
  /[.](rows|columns|frames)$/.test(name)
    ? name
    : name.replace(/^adaptors[.]video[.]/, "adaptors.image.");
