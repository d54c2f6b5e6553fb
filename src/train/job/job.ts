/** A training job from a config: data, model, run, final folder. */

import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { recoverDirectory, saveDirectoryAtomically } from "../../checkpoint/atomic.ts";
import { sizeOf } from "../../graph/ndarray.ts";
import { TRAINING_FILE, trainingFile } from "../../models/training-file.ts";
import type { Reward } from "../rl/reward.ts";
import { run, type StepMetrics } from "../run.ts";
import { readJobData } from "./data-source.ts";
import type { Evaluation } from "./evaluator.ts";
import type { MemoryPlan } from "./memory.ts";
import { openMethod } from "./methods.ts";
import { storedModel } from "./model-files.ts";
import { jobObserver } from "./observer.ts";
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
  /** Tokens that count in the loss; undefined where answers are sampled. */
  readonly supervised: number | undefined;
  /** Conversations cut at data.max_length. */
  readonly cut: number;
  readonly steps: number;
  /** What the run takes, and what there is. */
  readonly memory: MemoryPlan;
  readonly output: string;
}

export interface JobOptions {
  /** Overrides, `key.path=value`. */
  readonly set?: readonly string[];
  readonly onPlan?: (plan: JobPlan) => void;
  /** Called with the step that the run goes on from. */
  readonly onStart?: (step: number) => void;
  readonly onStep?: (metrics: StepMetrics) => void;
  /** Called with each evaluation on held-out rows. */
  readonly onEvaluation?: (evaluation: Evaluation) => void;
  /** Bytes that the run may take (default: what the system and its container have free). */
  readonly availableMemory?: number;
  /** Rewards that the config may use by their names, beside those built in. */
  readonly rewards?: readonly Reward[];
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
  const { train, dtype } = config;
  const output = resolve(folder, config.output);
  const data = await readJobData(file, folder, config, signal);
  const prepared = await prepareTokenizer(config, folder, data.rows ?? []);
  const { tokenizer, template } = prepared;
  using model = await prepareModel(config, folder, file, tokenizer);
  const maxLength = Math.min(config.data.max_length, model.config.maxPositions);
  const setup = {
    file,
    folder,
    output,
    config,
    data,
    tokenizer,
    template,
    model,
    maxLength,
    availableMemory: options.availableMemory,
    rewards: options.rewards,
    signal,
  };
  using method = await openMethod(setup);
  const { trainer } = method;
  const training = trainingFile(template instanceof Error ? undefined : template, {
    loss_on: config.data.loss_on,
  });
  const files = { ...prepared.files, [TRAINING_FILE]: training };
  const base = typeof config.model === "string" ? config.model : model.config.modelType;
  const stored = storedModel(model, { files, dtype, base });
  const shapes = [...trainer.memory.parameters.values()];
  options.onPlan?.({
    model: base,
    isFresh: typeof config.model !== "string",
    parameters: shapes.reduce((n, { shape }) => n + sizeOf(shape), 0),
    samples: method.samples,
    tokens: method.tokens,
    supervised: method.learned,
    cut: method.cut,
    steps: train.steps,
    memory: method.memory,
    output,
  });
  using observer = jobObserver(setup, method, { stored, onEvaluation: options.onEvaluation });
  const finished = await run({
    ...method.work,
    dir: output,
    trainer,
    steps: train.steps,
    saveEvery: train.save_every,
    keep: train.keep,
    fingerprint: fingerprintOf(config, method.hash, files),
    model: stored,
    observer,
    onStart: options.onStart,
    onStep: options.onStep,
    signal,
  });
  if (!finished) return { model: undefined, output };
  const final = join(output, "final");
  await recoverDirectory(final);
  const { parameters, averages } = trainer.memory;
  await saveDirectoryAtomically(final, (temporary) =>
    stored.finish(temporary, train.ema === undefined ? parameters : averages),
  );
  return { model: final, output };
}

/** Settings that decide what the weights become. The end of the run may move between resumes. */
function fingerprintOf(config: TrainConfig, rows: string, files: Files): string {
  const { method, model, lora, data, train, balance, preference, distill, rl } = config;
  const { steps, threads, memory, save_every, keep, divergence, ...settings } = train;
  const hash = createHash("sha256");
  for (const [name, content] of Object.entries(files)) {
    hash.update(`${name}\0`);
    hash.update(content instanceof Uint8Array ? content : JSON.stringify(content));
  }
  const { files: _, mix, epochs, ...reading } = data;
  const how = { method, model, lora, balance, preference, distill, rl };
  return JSON.stringify({ ...how, reading, settings, rows, files: hash.digest("hex") });
}
