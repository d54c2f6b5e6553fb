/** Estimated and measured memory of a training step: memory-child.ts WIDTH LAYERS VOCAB BATCH SEQ KIND. */

import type { DecoderConfig } from "../../src/models/decoder.ts";
import { decoderSpecs } from "../../src/models/decoder-parameters.ts";
import { initialise } from "../../src/nn/initialise.ts";
import { defaultAdamW, microBatch, Trainer } from "../../src/train/index.ts";
import { trainingMemory } from "../../src/train/memory-plan.ts";
import { tiny } from "./sequences.ts";

const [width, layers, vocabSize, batch, seq] = process.argv.slice(2, 7).map(Number);
const isAdapter = process.argv[7] === "lora";
const lora = { rank: 8, alpha: 16, isRankStabilised: false, isDora: false, targets: "all-linear" };
const config: DecoderConfig = {
  ...tiny,
  vocabSize,
  hiddenSize: width,
  intermediateSize: 3 * width,
  layers,
  heads: width / 32,
  kvHeads: width / 64,
  headDim: 32,
  maxPositions: seq,
  rope: { type: "default", theta: 10_000, width: 32 },
  windows: new Array<number>(layers).fill(0),
  ...(isAdapter && { lora: { ...lora, targets: "all-linear" as const } }),
};
const options = {
  optimizer: defaultAdamW,
  learningRate: 1e-4,
  schedule: { kind: "constant", warmup: 0, steps: 9 },
  threads: 2,
} as const;
const create = async (of: DecoderConfig): Promise<Trainer> => {
  const values = initialise(decoderSpecs(of).values(), 1);
  return Trainer.create({ ...options, config: of, weights: ({ name }) => values.get(name)! });
};
const batchOf = (rows: number, length: number) =>
  microBatch(
    Array.from({ length: rows }, (_, b) => ({
      tokens: Array.from({ length }, (_, t) => (7 * t + b) % 20),
      learned: new Array<number>(length).fill(1),
    })),
  );

// The engine's own memory, and what V8 takes for tracing, are there before the measurement.
const small = await create({ ...config, ...tiny });
await small.step([batchOf(2, 8)]);
const estimate = trainingMemory({
  ...options,
  config,
  sizes: { batch, seq, supervised: batch * (seq - 1) },
});
const before = process.memoryUsage.rss();
const trainer = await create(config);
for (let i = 0; i < 2; i++) await trainer.step([batchOf(batch, seq)]);
const measured = process.resourceUsage().maxRSS * 1024 - before;
process.stdout.write(`${JSON.stringify({ estimate, measured })}\n`);
