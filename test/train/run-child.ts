/** A small run in a process of its own, to be killed: run-child.ts DIR STEPS SAVE_EVERY [KEEP]. */

import { initialise } from "../../src/nn/initialise.ts";
import {
  bucketedBatches,
  defaultAdamW,
  languageModelGradient,
  run,
  Trainer,
} from "../../src/train/index.ts";
import { randomSequences, tiny } from "./sequences.ts";

const [dir, steps, saveEvery, keep = "1"] = process.argv.slice(2);
const values = initialise(languageModelGradient(tiny).parameters, 3);
using trainer = await Trainer.create({
  config: tiny,
  weights: ({ name }) => values.get(name)!,
  optimizer: defaultAdamW,
  learningRate: 1e-2,
  schedule: { kind: "cosine", warmup: 3, steps: Number(steps) },
  threads: 2,
});
const source = bucketedBatches({
  pool: (k) => randomSequences(24, `pool ${k}`),
  tokensPerBatch: 64,
  seed: 2,
});
await run({
  dir,
  trainer,
  source,
  steps: Number(steps),
  accumulate: 2,
  saveEvery: Number(saveEvery),
  keep: Number(keep),
  fingerprint: "child",
  onStep: ({ step }) => process.stdout.write(`${step}\n`),
}).catch((error: Error) => {
  process.stdout.write(`error: ${error.message}\n`);
  process.exitCode = 1;
});
