/** Sinks of models whose sinks are built into their weights. */

import { expect, it } from "vitest";
import { fromValues, zeros } from "../../src/graph/ndarray.ts";
import type { WeightSource } from "../../src/graph/program.ts";
import {
  chanceLevel,
  type DecoderConfig,
  measureSinks,
  readModelConfig,
} from "../../src/models/index.ts";

const TIMEOUT = 60_000;
const config: DecoderConfig = readModelConfig("config.json", {
  model_type: "onefold",
  vocab_size: 10,
  hidden_size: 8,
  intermediate_size: 4,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 8,
  qk_norm: false,
  tie_word_embeddings: true,
});

const fill = (shape: readonly number[], f: (i: number) => number) =>
  fromValues(
    "f32",
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => f(i)),
  );

/** Zero weights, norms of 1: every head attends evenly. */
const even =
  (changes: Record<string, (i: number) => number> = {}): WeightSource =>
  ({ name, shape }) => {
    const known = changes[name] ?? (name.includes("norm.weight") ? () => 1 : undefined);
    return known ? fill(shape.map(Number), known) : zeros("f32", shape.map(Number));
  };

/** Channel 5 is large in all tokens but 0, which is large in channel 2 alone. */
const table = (i: number): number => {
  const [token, channel] = [Math.floor(i / 8), i % 8];
  if (token === 0) return channel === 2 ? -5000 : 0.5;
  return channel === 5 ? 40 : 0.25 * (1 + (channel % 2));
};

it("finds even attention at its chance level, and large channels where they are", {
  timeout: TIMEOUT,
}, async () => {
  const weights = even({ "model.embed_tokens.weight": table });
  const report = await measureSinks({ config, weights }, [
    [0, 3, 4, 5, 6],
    [0, 7, 8],
  ]);
  const chance = chanceLevel([5, 3]);
  expect(chance).toBeCloseTo(((1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / 4 + (1 / 2 + 1 / 3) / 2) / 2, 12);
  for (const layer of report.layers) {
    layer.firstToken!.forEach((share) => {
      expect(share).toBeCloseTo(chance, 5);
    });
    expect(layer.chance).toBe(chance);
    const { max, sink, maxFirst, maxRest, isMassive, median } = layer.residual;
    expect(max).toEqual({ value: 5000, channel: 2, window: 0, position: 0, token: 0 });
    expect([maxFirst, maxRest, median, isMassive]).toEqual([5000, 40, 0.5, true]);
    expect(sink).toEqual({ channel: 5, ratio: 80, modalShare: 1 });
    const rms = Math.sqrt((1600 + 4 * 0.25 ** 2 + 3 * 0.5 ** 2) / 8);
    expect(layer.residual.peak.p50).toBeCloseTo(40 / rms, 4);
  }
  expect(report).toMatchObject({ windows: 2, tokens: 8, isMassive: true, maxActivation: 5000 });
  expect(report.sinkHeads).toBe(chance > 0.3 ? 1 : 0);
});

it("finds a head that looks at the first token, by itself", { timeout: TIMEOUT }, async () => {
  // The first token alone has channel 2; the first head's query is the same for all tokens.
  const embedding = (i: number): number => (i < 8 ? Number(i === 2) : Number(i % 8 === 5));
  const weights = even({
    "model.embed_tokens.weight": embedding,
    // Head 0 queries channel 7 of its key by whatever token (2 or 5); it barely turns there.
    "model.layers.1.self_attn.q_proj.weight": (i) =>
      Math.floor(i / 8) === 7 && (i % 8 === 5 || i % 8 === 2) ? 20 : 0,
    "model.layers.1.self_attn.k_proj.weight": (i) =>
      Math.floor(i / 8) === 7 && i % 8 === 2 ? 20 : 0,
  });
  const { layers, sinkHeads } = await measureSinks({ config, weights }, [[0, 1, 2, 3, 4, 5, 6, 7]]);
  expect(layers[1].firstToken![0]).toBeGreaterThan(0.99);
  expect(layers[1].firstToken![1]).toBeCloseTo(chanceLevel([8]), 5);
  expect(layers[0].firstToken![0]).toBeCloseTo(chanceLevel([8]), 5);
  expect(sinkHeads).toBe(0.25);
});

it("measures gates, and keeps to windows", { timeout: TIMEOUT }, async () => {
  const gated: DecoderConfig = {
    ...config,
    windows: [0, 3],
    gate: {
      position: "attention",
      granularity: "head",
      isShared: false,
      combine: "multiply",
      activation: "sigmoid",
      layout: "constant",
    },
  };
  const weights = even({
    "model.embed_tokens.weight": table,
    "model.layers.0.self_attn.gate.weight": (i) => (i === 0 ? -10 : 10),
  });
  const { layers } = await measureSinks({ config: gated, weights }, [[1, 2, 3, 4, 5, 6]]);
  expect(layers[0].gate!.mean).toBeCloseTo(0.5, 4);
  expect(layers[0].gate!.closed).toBe(0.5);
  expect(layers[1].gate).toEqual({ mean: 0.5, closed: 0 });
  expect(layers[1].chance).toBeCloseTo((1 / 2 + 1 / 3) / 5, 12);
  expect(layers[1].firstToken![0]).toBeCloseTo(layers[1].chance!, 5);
});

it("refuses what has no second token", async () => {
  await expect(measureSinks({ config, weights: even() }, [[1, 2], [3]])).rejects.toThrow(
    "sinks: window 1 has 1 tokens",
  );
});
