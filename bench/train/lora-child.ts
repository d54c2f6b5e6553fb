/**
 * LoRA training steps of this library, one for each line "step" on standard input, as
 * bench/torch/lora_step.py has them: adapters on all linear maps but the head, rank 16, one random
 * sequence, every position learned, clipping, AdamW.
 *
 *   tsx bench/train/lora-child.ts DIR f32|int8|int4 SEQ RANK WARMUP CACHE [THREADS]
 */

import { createInterface } from "node:readline";
import { sizeOf } from "../../src/graph/ndarray.ts";
import { loadModel } from "../../src/models/index.ts";
import { createRandom } from "../../src/nn/random.ts";
import { defaultAdamW, microBatch, Trainer, withFreshAdapters } from "../../src/train/index.ts";
import { memoryOf } from "../memory-of.ts";

const [dir = "", type = "f32", seq = "512", rank = "16", warmup = "1", cache, threads] =
  process.argv.slice(2);
const quant = type === "int8" || type === "int4" ? type : undefined;
// As `onefold train` loads a base that adapters are trained on.
using model = await loadModel(dir, { ...(quant && { quant, exact: true }), quantCacheDir: cache });
const r = Number(rank);
const config = { ...model.config, lora: { rank: r, alpha: 2 * r, targets: "all-linear" } } as const;
using trainer = await Trainer.create({
  config,
  weights: withFreshAdapters(config, model.weights, 0),
  optimizer: { ...defaultAdamW, weightDecay: 0, clipNorm: 1 },
  learningRate: 1e-4,
  schedule: { kind: "constant", warmup: 0, steps: 1000 },
  ...(threads !== undefined && { threads: Number(threads) }),
});
const random = createRandom(0, "lora");

async function step(): Promise<number> {
  const tokens = Array.from({ length: Number(seq) + 1 }, () => random.below(config.vocabSize));
  const batch = microBatch([{ tokens, learned: tokens.map(() => 1) }]);
  const start = performance.now();
  await trainer.step([batch]);
  return performance.now() - start;
}

const say = (line: object): void => console.log(JSON.stringify(line));
const parameters = [...trainer.memory.parameters.values()].reduce(
  (sum, { shape }) => sum + sizeOf(shape),
  0,
);
say({ type, parameters });
for (let i = 0; i < Number(warmup); i++) await step();
say({ ready: true });
for await (const word of createInterface({ input: process.stdin })) {
  if (word === "quit") break;
  say(word === "memory" ? { peak: memoryOf("VmHWM") } : { ms: await step() });
}
