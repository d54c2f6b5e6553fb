// Trains onefold-mini: npx tsx recipes/onefold-mini/train.ts --run runs/mini --steps 9000
// Goes on from the newest checkpoint in the run's folder. Ctrl-C stops with a checkpoint.
import { parseArgs } from "node:util";
import { initialise } from "../../src/nn/initialise.ts";
import { bucketedBatches, languageModelGradient, run, Trainer } from "../../src/train/index.ts";
import * as recipe from "./config.ts";
import { copySequences, copyShare } from "./copies.ts";
import { FOLLOW_UP_SHARE, generate } from "./data.ts";
import { loadRender } from "./render.ts";
import { openTokenizer, tokenizerConfig, toSequence, trainTokenizer } from "./tokenizer.ts";

const { values } = parseArgs({
  options: {
    run: { type: "string", default: "runs/onefold-mini" },
    steps: { type: "string", default: "9000" },
    threads: { type: "string" },
  },
});
const { seed, learningRate, tokensPerBatch, poolSize, warmup, decayShare, floor } = recipe.run;
const steps = Number(values.steps);

console.log("training the tokenizer");
const tokenizerJson = trainTokenizer();
const tokenizer = await openTokenizer(tokenizerJson);
const render = await loadRender();
const source = bucketedBatches({
  pool: (k) => {
    const copies = Math.round(poolSize * copyShare(k));
    const n = poolSize - copies;
    const followUps = FOLLOW_UP_SHARE;
    const examples = generate({ seed: `${seed}/${k}`, split: "train", n, followUps });
    return [
      ...examples.map((example) => toSequence(example, render, tokenizer)),
      ...copySequences(k, copies, tokenizer),
    ];
  },
  tokensPerBatch,
  seed,
});

const { parameters } = languageModelGradient(recipe.model);
const initial = initialise(parameters, seed);
using trainer = await Trainer.create({
  config: recipe.model,
  weights: ({ name }) => initial.get(name)!,
  optimizer: recipe.optimizer,
  muon: recipe.muon,
  learningRate,
  schedule: { kind: "wsd", warmup, steps, decay: Math.round(steps * decayShare), floor },
  threads: values.threads === undefined ? undefined : Number(values.threads),
});

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
let seconds = 0;
let tokens = 0;
let loss = 0;
await run({
  dir: values.run,
  trainer,
  source,
  steps,
  saveEvery: 250,
  keep: 2,
  // The number of steps may change between resumes: it moves only the end of the schedule.
  fingerprint: JSON.stringify(recipe),
  files: { "tokenizer.json": tokenizerJson, "tokenizer_config.json": tokenizerConfig },
  signal: stop.signal,
  onStep: (m) => {
    seconds += m.tokens / m.tokensPerSecond;
    tokens += m.tokens;
    loss += m.loss / 25;
    if (m.step % 25 !== 0) return;
    const left = ((steps - m.step) * seconds) / 25 / 60;
    console.log(
      `step ${m.step}/${steps}  loss ${loss.toFixed(4)}  norm ${m.gradientNorm.toFixed(2)}  ` +
        `${Math.round(tokens / seconds)} tokens/s  ${left.toFixed(1)} min left`,
    );
    seconds = 0;
    tokens = 0;
    loss = 0;
  },
});
