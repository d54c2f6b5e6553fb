/** A training job from a config: data, model, run, final folder. */

import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { recoverDirectory, saveDirectoryAtomically } from "../../checkpoint/atomic.ts";
import { sizeOf } from "../../graph/ndarray.ts";
import { writeModelFiles } from "../../models/index.ts";
import { createRandom } from "../../nn/random.ts";
import { bucketedBatches, type Sequence } from "../batches.ts";
import { hashFiles, readRecords } from "../data/read-records.ts";
import { type Learnable, toSamples } from "../data/supervise.ts";
import { run, type StepMetrics } from "../run.ts";
import type { Schedule } from "../schedule.ts";
import { Trainer } from "../trainer.ts";
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
  const { data, train } = config;
  const paths = [data.files].flat().map((path) => resolve(folder, path));
  const rows: Learnable[] = [];
  const kinds = ["messages", "completion", "text"] as const;
  for await (const row of readRecords(paths, { kinds, signal })) rows.push(row);
  const hash = await hashFiles(paths, signal);
  const { tokenizer, template, files } = await prepareTokenizer(config, folder, rows);
  using model = await prepareModel(config, folder, file, tokenizer);
  const maxLength = Math.min(data.max_length, model.config.maxPositions);
  const samples = toSamples(rows, { tokenizer, template, maxLength });
  checkBatch(file, config, samples.sequences);
  using trainer = await Trainer.create({
    config: model.config,
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
    samples: samples.sequences.length,
    tokens: samples.tokens,
    supervised: samples.learned,
    cut: samples.cut,
    steps: train.steps,
    output,
  });
  const source = bucketedBatches({
    pool: shuffledPools(samples.sequences, train.seed),
    tokensPerBatch: train.batch_tokens,
    seed: train.seed,
  });
  const finished = await run({
    dir: output,
    trainer,
    source,
    steps: train.steps,
    accumulate: train.accumulate,
    saveEvery: train.save_every,
    keep: train.keep,
    fingerprint: fingerprintOf(config, hash, files),
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

function checkBatch(file: string, config: TrainConfig, sequences: readonly Sequence[]): void {
  const longest = sequences.reduce((n, { tokens }) => Math.max(n, tokens.length), 0);
  const needed = Math.ceil(longest / 8) * 8;
  if (needed <= config.train.batch_tokens) return;
  throw new Error(
    `${file}: "train.batch_tokens" is ${config.train.batch_tokens}, but the longest sample needs ` +
      `${needed}; raise it or lower data.max_length`,
  );
}

function scheduleOf(train: TrainConfig["train"]): Schedule {
  const { schedule: kind, warmup, steps, floor } = train;
  if (kind !== "wsd") return { kind, warmup, steps, floor };
  return { kind, warmup, steps, floor, decay: train.decay_steps ?? Math.ceil(steps / 5) };
}

/** Samples sorted by length at a time. */
const POOL = 2048;

/** Pool k of an endless stream of epochs, each in an order of its own. */
export function shuffledPools(
  sequences: readonly Sequence[],
  seed: number,
): (k: number) => readonly Sequence[] {
  const pools = Math.ceil(sequences.length / POOL);
  let [epoch, order] = [-1, [] as number[]];
  return (k) => {
    const wanted = Math.floor(k / pools);
    if (wanted !== epoch) {
      const random = createRandom(seed, `epoch ${wanted}`);
      order = sequences.map((_, i) => i);
      for (let i = order.length - 1; i > 0; i--) {
        const j = random.below(i + 1);
        [order[i], order[j]] = [order[j], order[i]];
      }
      epoch = wanted;
    }
    const start = (k % pools) * POOL;
    return order.slice(start, start + POOL).map((i) => sequences[i]);
  };
}

/** Settings that decide what the weights become. The end of the run may move between resumes. */
function fingerprintOf({ model, data, train }: TrainConfig, rows: string, files: Files): string {
  const { steps, threads, save_every, keep, ...settings } = train;
  const hash = createHash("sha256");
  for (const [name, content] of Object.entries(files)) {
    hash.update(`${name}\0`);
    hash.update(content instanceof Uint8Array ? content : JSON.stringify(content));
  }
  const { max_length: maxLength } = data;
  return JSON.stringify({ model, maxLength, settings, rows, files: hash.digest("hex") });
}
