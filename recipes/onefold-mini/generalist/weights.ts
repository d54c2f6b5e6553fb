/** What the generalist starts from: the text model, fresh rows and layers, trained codes. */

import { openCheckpoint } from "../../../src/checkpoint/index.ts";
import type { NDArray } from "../../../src/graph/ndarray.ts";
import { initialise } from "../../../src/nn/initialise.ts";
import type { ParameterSpec } from "../../../src/nn/scope.ts";

/**
 * Values of parameters: those that the text model or the codes have under the same name, fresh
 * ones otherwise. A table that has grown keeps its first rows. New layers change nothing at first.
 *
 * @param folders of checkpoints, the first that has a name counts
 */
export async function startingWeights(
  specs: readonly ParameterSpec[],
  folders: readonly string[],
  seed: number,
): Promise<Map<string, NDArray>> {
  const values = initialise(specs, seed);
  for (const folder of folders.toReversed()) {
    using checkpoint = await openCheckpoint(folder);
    for (const { name, shape } of specs) {
      if (!checkpoint.has(name)) continue;
      const source = checkpoint.readAs(name, "f32");
      if (source.shape.slice(1).some((size, i) => size !== shape[i + 1])) {
        throw new Error(`${folder}: ${name} is [${source.shape}], expected [${shape}]`);
      }
      (values.get(name)!.data as Float32Array).set(source.data as Float32Array);
    }
  }
  return values;
}
