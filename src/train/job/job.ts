/** A training job from a config: data, model, run, final folder. */

import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { recoverDirectory, saveDirectoryAtomically } from "../../checkpoint/atomic.ts";
import { sizeOf } from "../../graph/ndarray.ts";
import { writeModelFiles } from "../../models/index.ts";
import { TRAINING_FILE, trainingFile } from "../../models/training-file.ts";
import { decoderLoss } from "../language-model.ts";
import { run, type StepMetrics } from "../run.ts";
import type { Schedule } from "../schedule.ts";
import { Trainer } from "../trainer.ts";
import { createJobSource, readJobData } from "./data-source.ts";
import { type Files, prepareModel, prepareTokenizer } from "./prepare.ts";
import type { TrainConfig } from "./schema.ts";

/** What a job is about to do, known before its first step. */
export interface JobPlan {
  readonly model: string;
  readonly isFresh: boolean;
  readonly parameters: number;
  readonly samples: number;
  /** Of all samples, padding not included. */
  readonly tokens: number;
  /** Tokens that count in the loss. */
  readonly supervised: number;
  /** Conversations cut at data.max_length. */
  readonly cut: number;
  readonly steps: number;
  readonly output: string;
}

export interface JobOptions {
  /** Overrides, `key.path=value`. */
  readonly set?: readonly string[];
  readonly onPlan?: (plan: JobPlan) => void;
  /** Called with the step that the run goes on from. */
  readonly onStart?: (step: number) => void;
  readonly onStep?: (metrics: StepMetrics) => void;
  /** Ends the run with a checkpoint after the step under way. */
  readonly signal?: AbortSignal;
}

export interface JobResult {
  /** The finished model's folder; undefined where the signal ended the run before. */
  readonly model: string | undefined;
  readonly output: string;
}

/**
 * Trains what a config file describes, going on from the newest checkpoint in its output folder.
 *
 * @param file YAML or JSON; every option is in `schema.ts` and `onefold train --help`
 * @throws Error of one sentence for a bad config, row or model, before the first step
 * @example
 * const { model } = await trainFromConfig("train.yaml", { set: ["train.lr=1e-4"] });
 */
export async function trainFromConfig(file: string, options: JobOptions = {}): Promise<JobResult> {
  const { signal } = options;
  const { readTrainConfig } = await import("./read-config.ts"); // loads zod and yaml
  const { config, folder } = await readTrainConfig(file, options.set);
  const { train } = config;
  const data = await readJobData(file, folder, config, signal);
  const prepared = await prepareTokenizer(config, folder, data.rows ?? []);
  const { tokenizer, template } = prepared;
  using model = await prepareModel(config, folder, file, tokenizer);
  const maxLength = Math.min(config.data.max_length, model.config.maxPositions);
  const job = await createJobSource(data, {
    file,
    config,
    tokenizer,
    template,
    maxLength,
    signal,
  });
  const training = trainingFile(template instanceof Error ? undefined : template, {
    loss_on: config.data.loss_on,
  });
  const files = { ...prepared.files, [TRAINING_FILE]: training };
  using trainer = await Trainer.create({
    config: model.config,
    loss: decoderLoss(model.config, job.loss),
    weights: model.weights,
    optimizer: {
      beta1: train.beta1,
      beta2: train.beta2,
      epsilon: train.epsilon,
      weightDecay: train.weight_decay,
      clipNorm: train.clip,
    },
    learningRate: train.lr,
    schedule: scheduleOf(train),
    threads: train.threads,
  });
  const output = resolve(folder, config.output);
  const shapes = [...trainer.memory.parameters.values()];
  options.onPlan?.({
    model: typeof config.model === "string" ? config.model : config.model.model_type,
    isFresh: typeof config.model !== "string",
    parameters: shapes.reduce((n, { shape }) => n + sizeOf(shape), 0),
    samples: job.samples,
    tokens: job.tokens,
    supervised: job.learned,
    cut: job.cut,
    steps: train.steps,
    output,
  });
  const finished = await run({
    dir: output,
    trainer,
    source: job.source,
    steps: train.steps,
    accumulate: train.accumulate,
    saveEvery: train.save_every,
    keep: train.keep,
    fingerprint: fingerprintOf(config, job.hash, files),
    files: { ...files, "config.json": model.configFile("f32") },
    onStart: options.onStart,
    onStep: options.onStep,
    signal,
  });
  if (!finished) return { model: undefined, output };
  const final = join(output, "final");
  await recoverDirectory(final);
  const { dtype } = config;
  const all = { ...files, "config.json": model.configFile(dtype) };
  await saveDirectoryAtomically(final, (temporary) =>
    writeModelFiles(temporary, model.config, trainer.memory.parameters, { dtype, files: all }),
  );
  return { model: final, output };
}

function scheduleOf(train: TrainConfig["train"]): Schedule {
  const { schedule: kind, warmup, steps, floor } = train;
  if (kind !== "wsd") return { kind, warmup, steps, floor };
  return { kind, warmup, steps, floor, decay: train.decay_steps ?? Math.ceil(steps / 5) };
}

/** Settings that decide what the weights become. The end of the run may move between resumes. */
function fingerprintOf({ model, data, train }: TrainConfig, rows: string, files: Files): string {
  const { steps, threads, save_every, keep, ...settings } = train;
  const hash = createHash("sha256");
  for (const [name, content] of Object.entries(files)) {
    hash.update(`${name}\0`);
    hash.update(content instanceof Uint8Array ? content : JSON.stringify(content));
  }
  const { files: _, mix, epochs, ...reading } = data;
  return JSON.stringify({ model, reading, settings, rows, files: hash.digest("hex") });
}
