import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { fromValues } from "../../src/graph/ndarray.ts";
import type { WeightSource } from "../../src/graph/program.ts";
import { decoder, lmHead } from "../../src/models/decoder.ts";
import { decoderSpecs } from "../../src/models/decoder-parameters.ts";
import { type DecoderConfig, loadModel } from "../../src/models/index.ts";
import { initialise } from "../../src/nn/initialise.ts";
import { isLoraName, type LoraConfig, loraAdapter } from "../../src/nn/lora.ts";
import { normal } from "../../src/nn/scope.ts";
import { createSession } from "../../src/runtime/index.ts";
import {
  defaultAdamW,
  gradientProgram,
  microBatch,
  nextTokenLoss,
  type TokenModel,
  Trainer,
  withFreshAdapters,
} from "../../src/train/index.ts";
import { decoderModel } from "../../src/train/language-model.ts";
import { f32, randomSequences, tiny } from "./support.ts";

/** Random throughout: a fresh model's output projections would be zero. */
const values = initialise(
  [...decoderSpecs(tiny).values()].map((spec) =>
    spec.shape.length === 2 ? { ...spec, init: normal(0.2) } : spec,
  ),
  3,
);
const base: WeightSource = ({ name }) => values.get(name)!;
const batch = microBatch(randomSequences(4, "lora"));

async function createLoraTrainer(lora: Partial<LoraConfig>, average?: number): Promise<Trainer> {
  const config: DecoderConfig = {
    ...tiny,
    lora: { rank: 4, alpha: 8, targets: "all-linear", ...lora },
  };
  return Trainer.create({
    config,
    weights: withFreshAdapters(config, base, 1),
    optimizer: defaultAdamW,
    average,
    learningRate: 1e-2,
    schedule: { kind: "constant", warmup: 0, steps: 1 },
    threads: 1,
  });
}

it.each([
  ["lora", {}],
  ["rslora", { isRankStabilised: true }],
  ["dora", { isDora: true }],
])("%s starts at the base, and learns while the base stays", async (_, lora) => {
  using plain = await Trainer.create({
    config: tiny,
    weights: base,
    optimizer: defaultAdamW,
    learningRate: 0,
    schedule: { kind: "constant", warmup: 0, steps: 1 },
    threads: 1,
  });
  const before = f32(values.get("model.layers.0.self_attn.q_proj.weight")).slice();
  using trainer = await createLoraTrainer(lora);
  const start = await plain.evaluate([batch]);
  expect(await trainer.evaluate([batch])).toBeCloseTo(start, 5);
  for (let i = 0; i < 40; i++) await trainer.step([batch]);
  expect(await trainer.evaluate([batch])).toBeLessThan(0.95 * start);
  expect(f32(values.get("model.layers.0.self_attn.q_proj.weight"))).toEqual(before);
  expect([...trainer.memory.parameters.keys()].every((name) => name.includes(".lora_"))).toBe(true);
});

it("computes again what it does not keep, to the same gradients", async () => {
  const lora: LoraConfig = { rank: 4, alpha: 8, targets: "all-linear" };
  const kept: TokenModel = (p, tokens) => ({
    hidden: decoder(p, tiny, { tokens }).hidden,
    head: (rows) => lmHead(p, tiny, rows),
  });
  const random = initialise(
    [...decoderSpecs({ ...tiny, lora }).values()].map((spec) => ({ ...spec, init: normal(0.2) })),
    8,
  );
  const gradients = async (model: TokenModel) => {
    const trains = ({ name }: { readonly name: string }) => isLoraName(name);
    const { program, parameters } = gradientProgram(nextTokenLoss(model), {
      trains,
      adapter: loraAdapter(lora),
    });
    const weights: WeightSource = ({ name }) => random.get(name)!;
    using session = await createSession(program, { weights, threads: 1 });
    const trained = Object.fromEntries(parameters.map(({ name }) => [name, random.get(name)!]));
    const weight = fromValues("f32", [], [0.1]);
    return {
      found: await session.run({ ...trained, ...batch.inputs, weight }),
      fused: [...program.provenance.keys()].filter((name) => name.startsWith("GroupQuery")),
    };
  };
  const [expected, again] = [
    await gradients(kept),
    await gradients(decoderModel({ ...tiny, lora })),
  ];
  for (const [name, array] of Object.entries(expected.found)) {
    const [a, b] = [f32(array), f32(again.found[name])];
    a.forEach((x, i) => {
      expect(Math.abs(x - b[i]!), name).toBeLessThan(1e-5);
    });
  }
  // Forward the kernel keeps no scores; each layer's are computed once more, going back.
  expect([expected.fused.length, again.fused.length]).toEqual([tiny.layers, 2 * tiny.layers]);
});

it("adapts the maps that are asked for", async () => {
  using trainer = await createLoraTrainer({ targets: ["q_proj", "model.layers.1.mlp.up_proj"] });
  const paths = new Set(
    [...trainer.memory.parameters.keys()].map((name) => name.replace(/\.lora_.*/, "")),
  );
  expect([...paths].sort()).toEqual([
    "model.layers.0.self_attn.q_proj",
    "model.layers.1.mlp.up_proj",
    "model.layers.1.self_attn.q_proj",
  ]);
});

it("says where no map is adapted", async () => {
  await expect(createLoraTrainer({ targets: ["query"] })).rejects.toThrow(
    "no linear map of the model is adapted",
  );
});

it("refuses DoRA over rows of zeros, which have no direction", () => {
  const config: DecoderConfig = {
    ...tiny,
    lora: { rank: 4, alpha: 8, targets: ["o_proj"], isDora: true },
  };
  const fresh = initialise(decoderSpecs(tiny).values(), 3);
  expect(() => withFreshAdapters(config, ({ name }) => fresh.get(name)!, 1)).toThrow(
    "model.layers.0.self_attn.o_proj.weight has rows of zeros, which DoRA cannot scale",
  );
});

it("keeps DoRA's magnitudes at the norms of the rows, PEFT's start", async () => {
  const dir = fileURLToPath(new URL("../fixtures/adapters/base", import.meta.url));
  using model = await loadModel(dir);
  const config = {
    ...model.config,
    lora: { rank: 2, alpha: 4, isDora: true, targets: ["k_proj"] },
  };
  const weights = withFreshAdapters(config, model.weights, 0);
  const path = "model.layers.0.self_attn.k_proj";
  const norms = f32(weights({ name: `${path}.lora_magnitude_vector`, dtype: "f32", shape: [8] }));
  const rows = f32(model.weights({ name: `${path}.weight`, dtype: "f32", shape: [8, 16] }));
  norms.forEach((norm, i) => {
    expect(norm).toBeCloseTo(Math.hypot(...rows.subarray(16 * i, 16 * i + 16)), 5);
  });
});
