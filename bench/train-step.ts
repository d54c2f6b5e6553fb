/**
 * A whole training step (forward, backward, clip, AdamW) beside PyTorch's on this machine: a
 * Qwen3-style model of 6 layers, width 256, vocabulary 4,096 at batch 16 x 128, and nanoGPT's
 * 6/6/384 at context 256, batch 8. Steps alternate, so that other load hits both alike.
 *
 *   npx tsx bench/train-step.ts [--steps 15] [--warmup 3] [--threads N] [--model qwen3|gpt] [--json]
 *
 * PyTorch is looked for in `python3`, or in the program that ONEFOLD_PYTHON names.
 */

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { fromValues, sizeOf } from "../src/graph/ndarray.ts";
import { initialise } from "../src/nn/initialise.ts";
import { createRandom, type Random } from "../src/nn/random.ts";
import {
  decoderLoss,
  defaultAdamW,
  gradientProgram,
  type LossFunction,
  type MicroBatch,
  nextTokenLoss,
  Trainer,
} from "../src/train/index.ts";
import { describeMachine, machine, printTable, type Row, timesOf } from "./support.ts";
import { gpt } from "./train/gpt.ts";
import { startSteps } from "./train/step-process.ts";

interface Subject {
  readonly name: string;
  readonly loss: LossFunction;
  readonly vocab: number;
  readonly batch: number;
  readonly seq: number;
}

const qwen3: Subject = {
  name: "qwen3",
  vocab: 4096,
  batch: 16,
  seq: 128,
  loss: decoderLoss({
    modelType: "qwen3",
    vocabSize: 4096,
    hiddenSize: 256,
    intermediateSize: 768,
    layers: 6,
    heads: 8,
    kvHeads: 4,
    headDim: 32,
    normEpsilon: 1e-6,
    tiedHead: true,
    maxPositions: 128,
    rope: { type: "default", theta: 1e6, width: 32 },
    windows: new Array<number>(6).fill(0),
    qkvBias: false,
    outputBias: false,
    qkNorm: true,
    initializerRange: 0.02,
  }),
};
const nano: Subject = {
  name: "gpt",
  vocab: 65,
  batch: 8,
  seq: 256,
  loss: nextTokenLoss(gpt({ layers: 6, hidden: 384, heads: 6, vocab: 65, positions: 256 })),
};

const { values: flags } = parseArgs({
  options: {
    steps: { type: "string", default: "15" },
    warmup: { type: "string", default: "3" },
    threads: { type: "string" },
    model: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const [steps, warmup] = [Number(flags.steps), Number(flags.warmup)];
const threads = flags.threads === undefined ? undefined : Number(flags.threads);
const python = process.env.ONEFOLD_PYTHON ?? "python3";

/** Random tokens, every position learned, as the Python side does. */
function randomBatch({ vocab, batch, seq }: Subject, random: Random): MicroBatch {
  const count = batch * seq;
  const draw = (): number[] => Array.from({ length: count }, () => random.below(vocab));
  const inputs = {
    tokens: fromValues("i64", [batch, seq], draw()),
    rows: fromValues(
      "i64",
      [count],
      Array.from({ length: count }, (_, i) => i),
    ),
    labels: fromValues("i64", [count], draw()),
  };
  return { inputs, supervised: count, tokens: count };
}

async function measure(subject: Subject) {
  const initial = initialise(gradientProgram(subject.loss).parameters, 0);
  using trainer = await Trainer.create({
    loss: subject.loss,
    weights: ({ name }) => initial.get(name)!,
    optimizer: defaultAdamW,
    learningRate: 1e-3,
    schedule: { kind: "constant", warmup: 0, steps },
    threads,
  });
  const parameters = [...initial.values()].reduce((n, { shape }) => n + sizeOf(shape), 0);
  const random = createRandom(0, subject.name);
  const step = async () => {
    const batch = randomBatch(subject, random);
    const start = performance.now();
    const { optimizerSeconds } = await trainer.step([batch]);
    return { ms: performance.now() - start, optimizer: 1000 * optimizerSeconds };
  };
  for (let i = 0; i < warmup; i++) await step();
  const script = fileURLToPath(new URL("torch/train_step.py", import.meta.url));
  const options = ["--stdin", "--model", subject.name, "--warmup", String(warmup)];
  if (threads !== undefined) options.push("--threads", String(threads));
  const torch = await startSteps(python, [script, ...options]);
  if (torch && torch.described.parameters !== parameters) {
    throw new Error(
      `bench: ${parameters} parameters here, ${torch.described.parameters} in PyTorch`,
    );
  }
  const [ours, optimizer, theirs]: number[][] = [[], [], []];
  for (let i = 0; i < steps; i++) {
    if (torch) theirs!.push(await torch.step());
    const { ms, optimizer: part } = await step();
    ours!.push(ms);
    optimizer!.push(part);
  }
  torch?.close();
  return {
    model: subject.name,
    parameters,
    tokensPerStep: subject.batch * subject.seq,
    onefold: timesOf(ours!),
    optimizer: timesOf(optimizer!),
    optimizerShare: timesOf(optimizer!).median / timesOf(ours!).median,
    torch: torch && {
      version: String(torch.described.torch),
      threads: Number(torch.described.threads),
      ...timesOf(theirs!),
    },
    ratio: torch && timesOf(ours!).median / timesOf(theirs!).median,
  };
}

const results = [];
for (const subject of [qwen3, nano]) {
  if (flags.model === undefined || flags.model === subject.name) {
    results.push(await measure(subject));
  }
}
if (results.length === 0) throw new Error(`--model ${flags.model}: expected qwen3 or gpt`);

const ms = (value: number): string => `${value.toFixed(1)} ms`;
if (flags.json) console.log(JSON.stringify({ machine: machine(), steps, warmup, results }));
else {
  console.log(`${describeMachine(machine())}; medians of ${steps} steps`);
  const rows = results.flatMap(({ model, onefold, optimizer, torch, ratio, ...rest }): Row[] => [
    ...(torch && ratio !== undefined
      ? [
          {
            name: `${model}: step / PyTorch's`,
            measured: ms(onefold.median),
            reference: `${ms(torch.median)} (torch ${torch.version}, ${torch.threads} threads)`,
            ratio,
            target: { max: 1 },
          },
        ]
      : []),
    {
      name: `${model}: optimiser / step`,
      measured: ms(optimizer.median),
      reference: ms(onefold.median),
      ratio: rest.optimizerShare,
      target: { max: 0.05 },
    },
  ]);
  printTable(rows);
  if (results.some(({ torch }) => !torch)) {
    console.log(`${python} has no torch: only our times; ONEFOLD_PYTHON names another program`);
  }
}
