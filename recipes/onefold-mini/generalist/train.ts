// Trains the generalist: npx tsx recipes/onefold-mini/generalist/train.ts --run runs/generalist
// First train-codes.ts. Goes on from the newest checkpoint in the run's folder. Ctrl-C stops with one.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { packageRoot } from "../../../src/cli/package-root.ts";
import type { DecoderConfig } from "../../../src/models/decoder.ts";
import { configJson } from "../../../src/models/save.ts";
import {
  type LossLayout,
  layoutKey,
  parametersOf,
  TaskModel,
  taskJson,
  taskLoss,
  taskSource,
} from "../../../src/task/index.ts";
import { createSpeechWorld, openSpeechPool } from "../../../src/task/worlds/index.ts";
import { gradientGraph } from "../../../src/train/gradient.ts";
import { type LossFunction, Trainer, run as trainRun } from "../../../src/train/index.ts";
import { muon, optimizer } from "../config.ts";
import { loadRender } from "../render.ts";
import { tokenizerConfig } from "../tokenizer.ts";
import { run } from "./config.ts";
import { eyesLoss, eyesSource } from "./eyes.ts";
import { interleaved } from "./interleaved.ts";
import { lossWindow } from "./loss-window.ts";
import { generalistConfig, generalistVocabulary } from "./model.ts";
import { textTask, worldTask } from "./samples.ts";
import { generalistTasks } from "./tasks.ts";
import { imageForVideo, newestCheckpoint, startingWeights } from "./weights.ts";

const { values } = parseArgs({
  options: {
    run: { type: "string", default: "runs/generalist" },
    codes: { type: "string", default: "runs/onefold-mini-codes" },
    eyes: { type: "string", default: "runs/eyes" },
    /** A checkpoint of an earlier run, to go on from in place of the text model. */
    from: { type: "string" },
    speech: { type: "string", default: "runs/speech.bin" },
    steps: { type: "string", default: "3000" },
    /** Step from which the rate falls (default: the last two fifths). */
    "decay-from": { type: "string" },
    /** Highest rate (default: config.ts). */
    "learning-rate": { type: "string" },
    /** TASK=SHARE in place of that of tasks.ts, or of `text`; repeatable. */
    weight: { type: "string", multiple: true, default: [] },
    threads: { type: "string" },
  },
});
const steps = Number(values.steps);
const config = generalistConfig();
const { vocabulary, json } = await generalistVocabulary(config.bins);

const layouts: readonly LossLayout[] = [
  { source: ["text"], target: "tokens" },
  { source: ["text", "image", "text"], target: "tokens" },
  { source: ["text", "video", "text"], target: "tokens" },
  { source: ["text", "audio", "text"], target: "tokens" },
  { source: ["text"], target: "codes" },
  { source: ["text"], target: "motion" },
];
const loss: Record<string, LossFunction> = {
  ...Object.fromEntries(layouts.map((layout) => [layoutKey(layout), taskLoss(config, layout)])),
  ...eyesLoss,
};
/** Images of the eyes' micro-batches, of which a step has one. */
const EYES = { scenes: 12, text: 32, largest: 6, smallest: 6 };

const textFolder = join(packageRoot(), "models/onefold-mini");
const eyes = { folder: await newestCheckpoint(values.eyes) };
const starts =
  values.from === undefined
    ? [{ ...eyes, nameOf: imageForVideo }, { folder: textFolder }]
    : [eyes, { folder: values.from }];
const specs = Object.values(eyesLoss).flatMap((each) => gradientGraph(each).parameters);
const initial = await startingWeights([...parametersOf(config), ...specs], starts, run.seed);
const codesModel = new TaskModel({
  config,
  vocabulary,
  weights: await codesWeights(await newestCheckpoint(values.codes)),
  threads: 1,
});

console.log("speaking");
const speech = await createSpeechWorld(openSpeechPool(values.speech));
const preparation = codesModel.preparation;
const shares = new Map(values.weight.map((pair) => pair.split("=") as [string, string]));
const shareOf = (name: string): number | undefined =>
  shares.has(name) ? Number(shares.get(name)) : undefined;
const worldTasks = generalistTasks(speech).map((task) => ({
  ...task,
  weight: shareOf(task.name) ?? task.weight,
}));
const tasks = taskSource({
  config,
  start: vocabulary.marks.targetStart,
  tasks: [
    textTask(await loadRender(), vocabulary.tokenizer, shareOf("text")),
    ...worldTasks.map((task) => worldTask(task, preparation)),
  ],
  positions: run.positions,
  seed: run.seed,
  order: "by weight",
});

using trainer = await Trainer.create({
  loss,
  weights: ({ name }) => initial.get(name)!,
  optimizer,
  muon,
  learningRate: Number(values["learning-rate"] ?? run.learningRate),
  schedule: {
    kind: "wsd",
    warmup: run.warmup,
    steps,
    decay: steps - Number(values["decay-from"] ?? Math.round(steps * (1 - run.decayShare))),
    floor: run.floor,
  },
  threads: values.threads === undefined ? undefined : Number(values.threads),
});

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
await trainRun({
  dir: values.run,
  trainer,
  source: interleaved([
    { source: tasks, count: run.accumulate },
    { source: eyesSource(run.seed, EYES), count: 1 },
  ]),
  steps,
  accumulate: run.accumulate + 1,
  saveEvery: 100,
  keep: 2,
  // The number of steps may change between resumes: it moves only the end of the schedule.
  fingerprint: JSON.stringify({
    run,
    config,
    tasks: worldTasks.map((t) => [t.weight, t.lossScale]),
  }),
  files: {
    "task.json": taskJson(config),
    "config.json": configJson(config.body.config as DecoderConfig, "f32"),
    "tokenizer.json": json,
    "tokenizer_config.json": tokenizerConfig,
  },
  signal: stop.signal,
  onStep: lossWindow(steps),
});

async function codesWeights(folder: string) {
  const { openCheckpoint } = await import("../../../src/checkpoint/index.ts");
  const checkpoint = await openCheckpoint(folder);
  return ({ name }: { readonly name: string }) => checkpoint.readAs(name, "f32");
}
