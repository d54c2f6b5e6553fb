/** The gradient of the whole language-model program against central differences. */

import { expect, it } from "vitest";
import { createRandom } from "../../src/nn/random.ts";
import { defaultAdamW, microBatch, type Trainer } from "../../src/train/index.ts";
import { createTinyTrainer, f32, randomSequences, tiny } from "./support.ts";

const batch = microBatch(randomSequences(6, "gradient"));

/** Derivative of the loss along `direction` (unit length) of one parameter. */
async function slope(trainer: Trainer, name: string, direction: Float32Array, h: number) {
  const data = f32(trainer.memory.parameters.get(name));
  const start = data.slice();
  const at = async (t: number): Promise<number> => {
    data.set(start.map((x, i) => x + t * direction[i]));
    return trainer.evaluate([batch]);
  };
  const difference = (await at(h)) - (await at(-h));
  data.set(start);
  return difference / (2 * h);
}

it.each([
  ["tied head, biases and norms", tiny],
  ["own head, window", { ...tiny, tiedHead: false, windows: [0, 3] }],
])("%s", async (_, config) => {
  const trainer = await createTinyTrainer({
    config,
    learningRate: 0,
    optimizer: { ...defaultAdamW, clipNorm: 0 },
  });
  // Norm weights and biases start where some gradients are special: move all a little.
  const random = createRandom(4, "nudge");
  for (const { data } of trainer.memory.parameters.values()) {
    const values = data as Float32Array;
    for (let i = 0; i < values.length; i++) values[i] += 0.1 * random.normal();
  }
  await trainer.step([batch]);
  const names = [...trainer.memory.parameters.keys()];
  expect(names).toContain("model.layers.0.self_attn.q_proj.bias");
  expect(names).toContain("model.layers.1.self_attn.k_norm.weight");
  expect(names.includes("lm_head.weight")).toBe(!config.tiedHead);
  for (const name of names) {
    const gradient = f32(trainer.memory.gradients.get(name)).slice();
    const length = Math.hypot(...gradient);
    // Along the gradient the slope is its length; a random direction catches permuted elements.
    const along = gradient.map((x) => x / (length || 1));
    const other = gradient.map(() => random.normal());
    const unit = other.map((x) => x / Math.hypot(...other));
    const tolerance = 2e-3 * Math.max(length, 0.05);
    if (name.endsWith("k_proj.bias")) expect(length).toBeGreaterThan(0);
    expect(Math.abs((await slope(trainer, name, along, 1e-2)) - length), name).toBeLessThan(
      tolerance,
    );
    const expected = unit.reduce((sum, x, i) => sum + x * gradient[i], 0);
    expect(Math.abs((await slope(trainer, name, unit, 1e-2)) - expected), name).toBeLessThan(
      tolerance,
    );
  }
});
