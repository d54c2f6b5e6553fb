/** LoRA over a quantised base: gradients through what its weights stand for. */

import { join } from "node:path";
import { expect, it } from "vitest";
import type { WeightSource } from "../../src/graph/program.ts";
import { type DecoderConfig, type LoadOptions, loadModel } from "../../src/models/index.ts";
import { initialise } from "../../src/nn/initialise.ts";
import { isLoraName, type LoraConfig, loraAdapter } from "../../src/nn/lora.ts";
import { normal } from "../../src/nn/scope.ts";
import { createSession } from "../../src/runtime/index.ts";
import {
  decoderLoss,
  defaultAdamW,
  gradientOf,
  gradientProgram,
  microBatch,
  Trainer,
  withFreshAdapters,
} from "../../src/train/index.ts";

import { f32, randomSequences, temporaryFolder } from "./support.ts";

const mini = join(import.meta.dirname, "../../models/onefold-mini");
const lora: LoraConfig = { rank: 4, alpha: 8, targets: "all-linear" };
const batch = microBatch(randomSequences(3, "qlora", 2048));

/** Gradients of the adapters, both factors of which are random. */
async function gradientsOf(config: DecoderConfig, base: WeightSource) {
  const programs = gradientProgram(decoderLoss(config), {
    trains: ({ name }) => isLoraName(name),
    formats: config.quantized,
    adapter: loraAdapter(lora),
  });
  const values = initialise(
    programs.parameters.map((spec) => ({ ...spec, init: normal(0.1) })),
    5,
  );
  using session = await createSession(programs.program, { weights: base, threads: 1 });
  const weight = { dtype: "f32", shape: [], data: Float32Array.of(1 / batch.supervised) } as const;
  const outputs = await session.run({ ...Object.fromEntries(values), ...batch.inputs, weight });
  const names = programs.parameters.map(({ name }) => name);
  return {
    loss: Number(outputs.loss!.data[0]),
    gradients: new Map(names.map((name) => [name, f32(outputs[gradientOf(name)])])),
    engineOps: [...programs.program.provenance.keys()],
  };
}

/** The largest of |a - b| over that of b. */
function difference(a: Float32Array, b: Float32Array): number {
  const size = b.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0) / size;
}

it.each<[string, LoadOptions, number]>([
  ["int4", { quant: "int4", exact: true }, 1e-4],
  ["int4 with zero points", { quant: { kind: "int4", symmetric: false }, exact: true }, 1e-4],
  ["int8 in blocks", { quant: { kind: "int8", block: 32 }, exact: true }, 1e-4],
  // Activations are rounded to 8 bits on the way forward, which gradients pass as if not there.
  ["int8 by tokens", { quant: "int8" }, 0.2],
])(
  "%s: gradients are those over the floats that the weights stand for",
  async (_, how, limit) => {
    using model = await loadModel(mini, { ...how, quantCacheDir: temporaryFolder() });
    const config = { ...model.config, lora };
    const found = await gradientsOf(config, model.weights);
    const expected = await gradientsOf({ ...config, quantized: undefined }, model.weights);
    expect(Math.abs(found.loss / expected.loss - 1)).toBeLessThan(limit / 10);
    expect(found.gradients.size).toBe(6 * 7 * 2);
    for (const [name, wanted] of expected.gradients) {
      expect(difference(found.gradients.get(name)!, wanted), name).toBeLessThan(limit);
    }
    const products = found.engineOps.filter((name) => /^(MatMulNBits|MatMulInteger)/.test(name));
    expect(products).toHaveLength(6 * 7 + 1); // each map and the head, forward only, all fused
  },
  120_000,
);

it("trains adapters over an int4 base, and nothing else", async () => {
  using model = await loadModel(mini, { quant: "int4", quantCacheDir: temporaryFolder() });
  const config = { ...model.config, lora };
  using trainer = await Trainer.create({
    config,
    weights: withFreshAdapters(config, model.weights, 1),
    optimizer: defaultAdamW,
    learningRate: 1e-2,
    schedule: { kind: "constant", warmup: 0, steps: 1 },
    threads: 1,
  });
  expect([...trainer.memory.parameters.keys()].every(isLoraName)).toBe(true);
  const start = await trainer.evaluate([batch]);
  for (let i = 0; i < 20; i++) await trainer.step([batch]);
  expect(await trainer.evaluate([batch])).toBeLessThan(0.8 * start);
}, 120_000);

it("refuses to train what is quantised", async () => {
  using model = await loadModel(mini, { quant: "int4", quantCacheDir: temporaryFolder() });
  const training = Trainer.create({
    config: model.config,
    weights: model.weights,
    optimizer: defaultAdamW,
    learningRate: 1e-2,
    schedule: { kind: "constant", warmup: 0, steps: 1 },
  });
  await expect(training).rejects.toThrow(
    /\.weight is quantised, which cannot be trained; train an adapter/,
  );
}, 120_000);
