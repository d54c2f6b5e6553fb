/** Fresh parameter values: seeded, and independent of the order in which a model asks. */

import { type NDArray, zeros } from "../graph/ndarray.ts";
import { createRandom } from "./random.ts";
import type { ParameterSpec } from "./scope.ts";

/**
 * Values for parameters. The stream of each is derived from the seed and its name, so adding a
 * layer leaves the others as they were.
 *
 * @returns f32 arrays by name
 */
export function initialise(specs: Iterable<ParameterSpec>, seed: number): Map<string, NDArray> {
  const values = new Map<string, NDArray>();
  for (const spec of specs) values.set(spec.name, initialValue(spec, seed));
  return values;
}

function initialValue({ name, shape, init }: ParameterSpec, seed: number): NDArray {
  const array = zeros("f32", shape);
  const data = array.data as Float32Array;
  const random = createRandom(seed, name);
  switch (init.kind) {
    case "constant":
      data.fill(init.value);
      break;
    case "normal":
      for (let i = 0; i < data.length; i++) data[i] = random.normal() * init.deviation;
      break;
    case "uniform":
      for (let i = 0; i < data.length; i++) data[i] = (2 * random.uniform() - 1) * init.bound;
      break;
    case "rowNorms":
      throw new Error(`initialise: ${name} is made of ${init.of}, which is not among fresh values`);
  }
  return array;
}
