// Trains the codes of images: npx tsx recipes/onefold-mini/generalist/train-codes.ts --run runs/codes
import { parseArgs } from "node:util";
import { zeros } from "../../../src/graph/ndarray.ts";
import { resize, toPixels } from "../../../src/media/index.ts";
import { initialise } from "../../../src/nn/initialise.ts";
import { createRandom } from "../../../src/nn/random.ts";
import { captionScenes, codesLoss, drawingScenes } from "../../../src/task/index.ts";
import { pooledBatches } from "../../../src/train/batches.ts";
import { gradientGraph } from "../../../src/train/gradient.ts";
import { run, Trainer } from "../../../src/train/index.ts";
import { optimizer } from "../config.ts";
import { codes } from "./config.ts";

const { values } = parseArgs({
  options: {
    run: { type: "string", default: "runs/onefold-mini-codes" },
    steps: { type: "string", default: "3000" },
    threads: { type: "string" },
  },
});
const steps = Number(values.steps);
const BATCH = 32;
const POOL = 16;
const seed = 1;

const loss = codesLoss(codes);

/** Mostly what will be drawn, and other scenes made small. */
function pixelsOf(random: ReturnType<typeof createRandom>): Float32Array {
  const isPlain = random.uniform() < 0.75;
  const { image } = (isPlain ? drawingScenes : captionScenes)(random, "train");
  return toPixels(isPlain ? image : resize(image, codes.size, codes.size, "bicubic"));
}

const source = pooledBatches({
  seed,
  pool: (k) => {
    const random = createRandom(seed, `pool ${k}`);
    return Array.from({ length: BATCH * POOL }, () => pixelsOf(random));
  },
  cut: (samples) =>
    Array.from({ length: samples.length / BATCH }, (_, i) => {
      const pixels = zeros("f32", [BATCH, 3, codes.size, codes.size]);
      samples.slice(i * BATCH, (i + 1) * BATCH).forEach((values, row) => {
        (pixels.data as Float32Array).set(values, row * values.length);
      });
      return { inputs: { pixels }, supervised: BATCH, tokens: BATCH * 64 };
    }),
});

const { parameters } = gradientGraph(loss);
const initial = initialise(parameters, seed);
using trainer = await Trainer.create({
  loss,
  weights: ({ name }) => initial.get(name)!,
  optimizer: { ...optimizer, weightDecay: 0.01 },
  muon: {},
  learningRate: 2e-3,
  schedule: { kind: "wsd", warmup: 100, steps, decay: Math.round(steps * 0.4), floor: 0.02 },
  threads: values.threads === undefined ? undefined : Number(values.threads),
});
let mean = 0;
await run({
  dir: values.run,
  trainer,
  source,
  steps,
  saveEvery: 500,
  keep: 1,
  fingerprint: JSON.stringify({ codes, steps }),
  onStep: (m) => {
    mean += m.loss / 50;
    if (m.step % 50 !== 0) return;
    console.log(`step ${m.step}/${steps}  mean distance of a pixel ${mean.toFixed(4)}`);
    mean = 0;
  },
});
