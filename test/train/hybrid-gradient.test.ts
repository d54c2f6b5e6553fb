/** The gradient through gated delta nets and gated attention against central differences. */

import { expect, it } from "vitest";
import { readModelConfig } from "../../src/models/index.ts";
import { createRandom } from "../../src/nn/random.ts";
import { defaultAdamW, microBatch } from "../../src/train/index.ts";
import { createTinyTrainer, f32, randomSequences, tiny } from "./support.ts";

/** Step of the differences: l2 norms of few channels bend the loss quickly. */
const H = 2e-3;

const config = readModelConfig("config.json", {
  model_type: "qwen3_5_text",
  vocab_size: tiny.vocabSize,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 8,
  full_attention_interval: 2,
  linear_num_key_heads: 1,
  linear_num_value_heads: 2,
  linear_key_head_dim: 4,
  linear_value_head_dim: 4,
  partial_rotary_factor: 0.5,
  tie_word_embeddings: true,
});

it("is the slope of the loss for every kind of weight", { timeout: 120_000 }, async () => {
  const batch = microBatch(randomSequences(2, "hybrid"));
  const optimizer = { ...defaultAdamW, clipNorm: 0 };
  const trainer = await createTinyTrainer({ config, learningRate: 0, optimizer });
  // Output matrices start at zero, where most gradients vanish.
  const random = createRandom(4, "nudge");
  for (const { data } of trainer.memory.parameters.values()) {
    const values = data as Float32Array;
    for (let i = 0; i < values.length; i++) values[i] += 0.3 * random.normal();
  }
  await trainer.step([batch]);
  const net = ["A_log", "dt_bias", "conv1d.weight", "norm.weight", "out_proj.weight"];
  const projections = ["qkv", "z", "b", "a"].map((name) => `in_proj_${name}.weight`);
  const names = [
    ...[...net, ...projections].map((name) => `model.layers.0.linear_attn.${name}`),
    "model.layers.0.input_layernorm.weight",
    "model.layers.1.self_attn.q_proj.weight",
    "model.layers.1.self_attn.q_norm.weight",
  ];
  for (const name of names) {
    const gradient = f32(trainer.memory.gradients.get(name)).slice();
    const length = Math.hypot(...gradient);
    expect(length, name).toBeGreaterThan(0);
    const data = f32(trainer.memory.parameters.get(name));
    const start = data.slice();
    const at = async (t: number): Promise<number> => {
      data.set(start.map((x, i) => x + (t * gradient[i]) / length));
      return trainer.evaluate([batch]);
    };
    const slope = ((await at(H)) - (await at(-H))) / (2 * H);
    data.set(start);
    expect(Math.abs(slope - length), name).toBeLessThan(5e-3 * Math.max(length, 0.1));
  }
});
