/** Starting values of adapters beside the weights of their base. */

import type { NDArray } from "../graph/ndarray.ts";
import type { WeightSource } from "../graph/program.ts";
import type { DecoderConfig } from "../models/decoder.ts";
import { decoderSpecs } from "../models/decoder-parameters.ts";
import { initialise } from "../nn/initialise.ts";
import { isLoraName } from "../nn/lora.ts";
import type { ParameterSpec } from "../nn/scope.ts";

/**
 * The weights of a decoder with fresh adapters (`config.lora`), which change nothing at first: one
 * factor is random, the other zero, and DoRA's magnitudes are the norms of the base's rows.
 *
 * @param base the weights of the model without adapters
 * @example
 * const config = { ...model.config, lora: { rank: 16, alpha: 32, targets: "all-linear" } };
 * const weights = withFreshAdapters(config, model.weights, 0);
 * const trainer = await Trainer.create({ config, weights, ...settings });
 */
export function withFreshAdapters(
  config: DecoderConfig,
  base: WeightSource,
  seed: number,
): WeightSource {
  const specs = [...decoderSpecs(config).values()].filter(({ name }) => isLoraName(name));
  if (specs.length === 0) {
    throw new Error("train: no linear map of the model is adapted; check the adapter's targets");
  }
  const values = initialise(
    specs.filter(({ init }) => init.kind !== "rowNorms"),
    seed,
  );
  for (const spec of specs) {
    if (spec.init.kind === "rowNorms")
      values.set(spec.name, rowNorms(spec, spec.init.of, config, base));
  }
  return (port) => values.get(port.name) ?? base(port);
}

function rowNorms(
  { name, shape }: ParameterSpec,
  of: string,
  config: DecoderConfig,
  base: WeightSource,
): NDArray {
  const weight = decoderSpecs({ ...config, lora: undefined }).get(of);
  if (!weight) throw new Error(`train: ${name} needs ${of}, which the model does not have`);
  const rows = base({ name: of, dtype: "f32", shape: weight.shape }).data as Float32Array;
  const width = weight.shape[1]!;
  const norms = Float32Array.from({ length: shape[0]! }, (_, row) =>
    Math.sqrt(rows.subarray(row * width, (row + 1) * width).reduce((sum, w) => sum + w * w, 0)),
  );
  if (norms.includes(0)) {
    throw new Error(
      `train: ${of} has rows of zeros, which DoRA cannot scale; use LoRA, or leave out that map`,
    );
  }
  return { dtype: "f32", shape, data: norms };
}
