/**
 * Training steps of a mixture of experts, one for each line "step" on standard input, as
 * bench/torch/moe_step.py has them: 6 layers of width 256, 16 experts of width 384 of which a token
 * takes 2, vocabulary 4,096, batch 16 x 128, balance loss, clipping, AdamW.
 *
 *   tsx bench/train/moe-child.ts WARMUP [THREADS]
 */

import { createInterface } from "node:readline";
import { fromValues, sizeOf, zeros } from "../../src/graph/ndarray.ts";
import type { DecoderConfig } from "../../src/models/index.ts";
import { initialise } from "../../src/nn/initialise.ts";
import { createRandom } from "../../src/nn/random.ts";
import {
  decoderLoss,
  defaultAdamW,
  gradientProgram,
  type MicroBatch,
  Trainer,
  withBalance,
} from "../../src/train/index.ts";
import { memoryOf } from "../memory-of.ts";
import { kernelTimes } from "./kernel-times.ts";

const [warmup = "2", threadCount] = process.argv.slice(2);
const threads = threadCount === undefined ? undefined : Number(threadCount);
const [BATCH, SEQ, VOCAB, LAYERS] = [16, 128, 4096, 6];
const config: DecoderConfig = {
  modelType: "qwen3_moe",
  vocabSize: VOCAB,
  hiddenSize: 256,
  intermediateSize: 768,
  layers: LAYERS,
  heads: 8,
  kvHeads: 4,
  headDim: 32,
  normEpsilon: 1e-6,
  tiedHead: true,
  maxPositions: SEQ,
  rope: { type: "default", theta: 1e6, width: 32 },
  windows: new Array<number>(LAYERS).fill(0),
  qkvBias: false,
  outputBias: false,
  qkNorm: true,
  initializerRange: 0.02,
  moe: {
    experts: 16,
    topK: 2,
    inner: 384,
    normalise: true,
    sharedInner: 0,
    layers: new Array<boolean>(LAYERS).fill(true),
  },
};
const loss = withBalance(decoderLoss(config), { scope: "micro", coefficient: 0.01 });
const programs = gradientProgram(loss);
const initial = initialise(programs.parameters, 0);
using trainer = await Trainer.create({
  loss,
  weights: ({ name }) => initial.get(name)!,
  optimizer: { ...defaultAdamW, clipNorm: 1 },
  learningRate: 1e-3,
  schedule: { kind: "constant", warmup: 0, steps: 1000 },
  threads,
});
const random = createRandom(0, "moe");

/** Random tokens, every position learned. */
function randomBatch(): MicroBatch {
  const count = BATCH * SEQ;
  const draw = (): number[] => Array.from({ length: count }, () => random.below(VOCAB));
  const inputs = {
    tokens: fromValues("i64", [BATCH, SEQ], draw()),
    rows: fromValues("i64", [count], [...new Array<number>(count).keys()]),
    labels: fromValues("i64", [count], draw()),
  };
  return { inputs, supervised: count, tokens: count };
}

async function step(): Promise<number> {
  const batch = randomBatch();
  const start = performance.now();
  await trainer.step([batch]);
  return performance.now() - start;
}

/** Milliseconds by operator: forward and backward, and the optimiser. */
async function profile(): Promise<Record<string, number>> {
  const weight = zeros("f32", []);
  weight.data[0] = 1 / (BATCH * SEQ);
  const parameters = Object.fromEntries(trainer.memory.parameters);
  const inputs = { ...parameters, ...randomBatch().inputs, weight };
  const { ops } = await kernelTimes(programs.program, inputs, { threads });
  const { optimizerSeconds } = await trainer.step([randomBatch()]);
  return { ...ops, "(optimiser)": 1000 * optimizerSeconds };
}

const say = (line: object): void => console.log(JSON.stringify(line));
const parameters = [...initial.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
initial.clear(); // the trainer has its own
say({ parameters });
for (let i = 0; i < Number(warmup); i++) await step();
say({ ready: true });
for await (const word of createInterface({ input: process.stdin })) {
  if (word === "quit") break;
  if (word === "memory") say({ peak: memoryOf("VmHWM") });
  else say(word === "profile" ? { ops: await profile() } : { ms: await step() });
}
