// Trains the codes of images: npx tsx recipes/onefold-mini/generalist/train-codes.ts --run runs/codes
import { parseArgs } from "node:util";
import { zeros } from "../../../src/graph/ndarray.ts";
import { toPixels } from "../../../src/media/index.ts";
import { codesPerImage } from "../../../src/models/image-codes.ts";
import { createRandom } from "../../../src/nn/random.ts";
import { captionScenes, codesLoss, drawingScenes } from "../../../src/task/index.ts";
import { CODES } from "../../../src/task/model/config.ts";
import { pooledBatches } from "../../../src/train/batches.ts";
import { gradientGraph } from "../../../src/train/gradient.ts";
import { run, Trainer } from "../../../src/train/index.ts";
import { optimizer } from "../config.ts";
import { codes } from "./config.ts";
import { newestCheckpoint, startingWeights } from "./weights.ts";

const { values } = parseArgs({
  options: {
    run: { type: "string", default: "runs/onefold-mini-codes" },
    steps: { type: "string", default: "3500" },
    /** A run whose codes stay what they are: only what draws from them learns on. */
    "codes-of": { type: "string" },
    threads: { type: "string" },
  },
});
const steps = Number(values.steps);
const BATCH = 32;
const POOL = 16;
const seed = 1;

const loss = codesLoss(codes);

const { size } = codes;

/** Mostly what will be drawn, and some other scenes. */
function pixelsOf(random: ReturnType<typeof createRandom>): Float32Array {
  const isPlain = random.uniform() < 0.97;
  const { image } = (isPlain ? drawingScenes : captionScenes)(random, "train", { size });
  return toPixels(image);
}

const source = pooledBatches({
  seed,
  pool: (k) => {
    const random = createRandom(seed, `pool ${k}`);
    return Array.from({ length: BATCH * POOL }, () => pixelsOf(random));
  },
  cut: (samples) =>
    Array.from({ length: samples.length / BATCH }, (_, i) => {
      const pixels = zeros("f32", [BATCH, 3, size, size]);
      samples.slice(i * BATCH, (i + 1) * BATCH).forEach((values, row) => {
        (pixels.data as Float32Array).set(values, row * values.length);
      });
      return { inputs: { pixels }, supervised: BATCH, tokens: BATCH * codesPerImage(codes) };
    }),
});

const { parameters } = gradientGraph(loss);
const before = values["codes-of"];
const initial = await startingWeights(
  parameters,
  before === undefined ? [] : [{ folder: await newestCheckpoint(before) }],
  seed,
);
const draws = (name: string): boolean => name.startsWith([...CODES, "decoder"].join("."));
using trainer = await Trainer.create({
  loss,
  weights: ({ name }) => initial.get(name)!,
  ...(before !== undefined && { trains: ({ name }) => draws(name) }),
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
  fingerprint: JSON.stringify({ codes, steps, before }),
  onStep: (m) => {
    mean += m.loss / 50;
    if (m.step % 50 !== 0) return;
    console.log(`step ${m.step}/${steps}  mean distance of a pixel ${mean.toFixed(4)}`);
    mean = 0;
  },
});
