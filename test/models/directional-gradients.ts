/** Gradients of a loss by its parameters against central differences along the gradients themselves. */

import { expect } from "vitest";
import { fromValues, type NDArray, ndarray } from "../../src/graph/ndarray.ts";
import { createSession } from "../../src/runtime/index.ts";
import {
  type GradientOptions,
  gradientOf,
  gradientProgram,
  type LossFunction,
} from "../../src/train/gradient.ts";
import { type Arrays, freshWeights } from "./ofa/support.ts";

export interface DirectionalOptions {
  readonly trains?: GradientOptions["trains"];
  /** How far parameters are moved, as a vector (default 0.01). */
  readonly step?: number;
  /** Most difference of a slope from its gradient's norm, relative (default 0.02). */
  readonly tolerance?: number;
}

/**
 * The slope along a gradient is its norm, which a wrong gradient would not give. Those whose norm
 * is next to nothing are passed over (a key's bias shifts all scores of a query alike).
 *
 * @returns names of all parameters, and how many were checked
 */
export async function expectGradients(
  loss: LossFunction,
  inputs: Arrays,
  { trains, step = 1e-2, tolerance = 0.02 }: DirectionalOptions = {},
): Promise<{ readonly names: readonly string[]; readonly checked: number }> {
  const { program, lossProgram, parameters, frozen } = gradientProgram(loss, { trains });
  const weights = freshWeights(parameters);
  const fixed = freshWeights(frozen);
  const given = { ...inputs, weight: fromValues("f32", [], [1]) };
  const ofFrozen = ({ name }: { readonly name: string }): NDArray => fixed.get(name)!;
  using gradients = await createSession(program, { weights: ofFrozen });
  using losses = await createSession(lossProgram, { weights: ofFrozen });
  const found = await gradients.run({ ...given, ...Object.fromEntries(weights) });
  const lossAt = async (name: string, array: NDArray): Promise<number> => {
    const all = { ...given, ...Object.fromEntries(weights), [name]: array };
    return (await losses.run(all)).loss.data[0] as number;
  };
  let checked = 0;
  for (const { name, shape } of parameters) {
    const gradient = found[gradientOf(name)].data as Float32Array;
    const norm = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0));
    if (norm < 1e-4) continue;
    checked++;
    const from = weights.get(name)!.data as Float32Array;
    const along = (by: number): NDArray =>
      ndarray(
        "f32",
        shape,
        from.map((w, i) => w + (by * gradient[i]) / norm),
      );
    const slope =
      ((await lossAt(name, along(step))) - (await lossAt(name, along(-step)))) / (2 * step);
    expect(
      Math.abs(slope - norm) / (norm + 0.05),
      `${name}: ${slope} against ${norm}`,
    ).toBeLessThan(tolerance);
  }
  return { names: parameters.map(({ name }) => name), checked };
}
