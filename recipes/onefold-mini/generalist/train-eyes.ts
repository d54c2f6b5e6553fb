// Teaches the image adaptor to see before the body reads what it gives:
// npx tsx recipes/onefold-mini/generalist/train-eyes.ts --run runs/eyes
import { parseArgs } from "node:util";
import { gradientGraph } from "../../../src/train/gradient.ts";
import { run, Trainer } from "../../../src/train/index.ts";
import { muon, optimizer } from "../config.ts";
import { IMAGE } from "./config.ts";
import { eyesLoss, eyesSource } from "./eyes.ts";
import { lossWindow } from "./loss-window.ts";
import { startingWeights } from "./weights.ts";

const { values } = parseArgs({
  options: {
    run: { type: "string", default: "runs/eyes" },
    /** A folder to start from. */
    from: { type: "string" },
    steps: { type: "string", default: "1500" },
    threads: { type: "string" },
  },
});
const steps = Number(values.steps);
const seed = 1;
/** Images of a step. */
const counts = { scenes: 24, text: 48, digits: 6, largest: 6, smallest: 6 };

const specs = Object.values(eyesLoss).flatMap((loss) => gradientGraph(loss).parameters);
const starts = values.from === undefined ? [] : [{ folder: values.from }];
const initial = await startingWeights(specs, starts, seed);
using trainer = await Trainer.create({
  loss: eyesLoss,
  weights: ({ name }) => initial.get(name)!,
  optimizer,
  muon,
  learningRate: 1.5e-3,
  schedule: { kind: "wsd", warmup: 30, steps, decay: Math.round(steps * 0.3), floor: 0.05 },
  threads: values.threads === undefined ? undefined : Number(values.threads),
});
await run({
  dir: values.run,
  trainer,
  source: eyesSource(seed, counts),
  steps,
  accumulate: Object.keys(counts).length,
  saveEvery: 100,
  keep: 1,
  fingerprint: JSON.stringify({ IMAGE, counts, seed }),
  onStep: lossWindow(steps),
});
