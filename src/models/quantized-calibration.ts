/** What a model's linear maps multiply when it reads a text: the statistics that quantising needs. */

import { fromValues } from "../graph/ndarray.ts";
import { lower } from "../graph/onnx/lowering.ts";
import { square } from "../graph/ops/elementwise.ts";
import { input } from "../graph/ops/leaf.ts";
import { mean } from "../graph/ops/reduce.ts";
import { reshape } from "../graph/ops/reshape.ts";
import type { WeightSource } from "../graph/program.ts";
import { dim } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { createParameters } from "../nn/scope.ts";
import { createSession } from "../runtime/index.ts";
import { type DecoderConfig, decoder, lmHead } from "./decoder.ts";

/** Of the channels that a weight multiplies. */
export interface ChannelStatistics {
  /** The mean of x² of each channel, [inputs]. */
  readonly square: Float32Array;
}

/** By the weight's name; weights that multiply the same activations share the entry. */
export type ActivationStatistics = ReadonlyMap<string, ChannelStatistics>;

/**
 * Runs a model in f32 over windows of tokens.
 *
 * @param model whose weights are floats
 * @param windows token ids, each read from its first token on
 * @example
 * using model = await loadModel("models/onefold-mini");
 * const statistics = await observeActivations(model, [[1, 2, 3]]);
 */
export async function observeActivations(
  model: { readonly config: DecoderConfig; readonly weights: WeightSource },
  windows: readonly (readonly number[])[],
): Promise<ActivationStatistics> {
  const seen = new Map<string, Tensor>();
  const { root } = createParameters("f32", undefined, {
    observer: (name, x) => seen.set(name, x),
  });
  const tokens = input("tokens", "i64", [1, dim("seq")]);
  const config = { ...model.config, quantized: undefined };
  lmHead(root, config, decoder(root, config, { tokens }).hidden);

  const distinct = [...new Set(seen.values())];
  const outputs: Record<string, Tensor> = {};
  distinct.forEach((x, i) => {
    const rows = reshape(x, [-1, x.shape[x.shape.length - 1]!]);
    outputs[`square.${i}`] = mean(square(rows), { axes: [0] });
  });
  const program = lower({ inputs: [tokens], outputs });
  const settings = { weights: model.weights, prepack: false }; // floats are read where they lie
  using session = await createSession(program, settings);
  const totals = distinct.map((x): ChannelStatistics => {
    return { square: new Float32Array(Number(x.shape[x.shape.length - 1])) };
  });
  const count = windows.reduce((sum, ids) => sum + ids.length, 0);
  for (const ids of windows) {
    const found = await session.run({ tokens: fromValues("i64", [1, ids.length], ids) });
    totals.forEach(({ square: mass }, i) => {
      const squares = found[`square.${i}`]!.data;
      for (let k = 0; k < mass.length; k++) mass[k]! += (Number(squares[k]) * ids.length) / count;
    });
  }
  return new Map([...seen].map(([name, x]) => [name, totals[distinct.indexOf(x)]!]));
}
