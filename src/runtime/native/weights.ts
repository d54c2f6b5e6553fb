/**
 * Hands weights to a session as memory that JavaScript owns.
 *
 * AddExternalInitializers is the call that fits: it wants initialisers that the model declares as
 * external data, replaces them before the graph is optimised, and uses the memory in place. (The
 * other one, AddInitializer, keeps the declaration, whose bytes the optimiser would then look for
 * in a file.) No weight passes through the protobuf.
 */

import type { NDArray } from "../../graph/ndarray.ts";
import type { Program, WeightSource } from "../../graph/program.ts";
import { checkArray } from "../check.ts";
import type { Env } from "./env.ts";
import { check } from "./error.ts";
import type { Pointer } from "./ffi.ts";
import { encodeNames, pointerArray } from "./names.ts";
import { createValue } from "./value.ts";

/** @returns the arrays, to be kept referenced as long as the session lives */
export function addWeights(
  env: Env,
  options: Pointer,
  program: Program,
  source: WeightSource | undefined,
): NDArray[] {
  const { weights } = program;
  if (weights.length === 0) return [];
  if (!source) {
    throw new Error(
      `the program has ${weights.length} weights ("${weights[0].name}", ...); ` +
        "pass `weights` to createSession",
    );
  }
  const { api } = env;
  const arrays: NDArray[] = [];
  const values = pointerArray(weights.length);
  const names = encodeNames(
    api,
    weights.map((port) => port.name),
  );
  const nameArray = pointerArray(weights.length);
  try {
    weights.forEach((port, i) => {
      const array = source(port);
      checkArray("weight", port, array);
      arrays.push(array);
      values[i] = createValue(env, array);
      nameArray[i] = names.addresses.get(port.name) ?? 0n;
    });
    const status = api.AddExternalInitializers(options, nameArray, values, weights.length);
    check(api, status, "handing over the weights");
    return arrays;
  } finally {
    // The options hold their own references to the values.
    for (const value of values) if (value) api.ReleaseValue(value);
    void names.memory;
  }
}
