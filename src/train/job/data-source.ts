/** The data of a job: rows in memory or streamed, into micro-batches. */

import { resolve } from "node:path";
import type { ChatTemplate, Tokenizer } from "../../media/text/index.ts";
import { type BatchSource, bucketedBatches, cut, type Sequence, shuffle } from "../batches.ts";
import { checkData } from "../data/check.ts";
import { createFim } from "../data/fim.ts";
import { pack, packedBatches } from "../data/pack.ts";
import { DataError } from "../data/problem.ts";
import { hashFiles, readRecords } from "../data/read-records.ts";
import { type Dataset, openStream } from "../data/stream.ts";
import { streamBatches } from "../data/stream-batches.ts";
import { type Learnable, type SuperviseOptions, supervise, toSamples } from "../data/supervise.ts";
import type { TokenLossOptions } from "../language-model.ts";
import type { MicroBatch } from "../trainer.ts";
import type { TrainConfig } from "./schema.ts";

/** Kinds of rows that next-token training takes. */
const KINDS = ["messages", "completion", "text", "repository"] as const;

export interface JobData {
  /** All rows, unless they are streamed. */
  readonly rows: readonly Learnable[] | undefined;
  readonly datasets: readonly Dataset[];
  readonly files: readonly string[];
}

/** Finds the data, and reads it where it is not streamed. */
export async function readJobData(
  file: string,
  folder: string,
  { data, tokenizer }: TrainConfig,
  signal?: AbortSignal,
): Promise<JobData> {
  if ((data.files === undefined) === (data.mix === undefined)) {
    throw new Error(`${file}: give the data in one of "data.files" and "data.mix"`);
  }
  const inFolder = (paths: string | readonly string[]) =>
    [paths].flat().map((path) => resolve(folder, path));
  const datasets = data.mix
    ? data.mix.map(({ files: paths, ...rest }) => ({ ...rest, files: inFolder(paths) }))
    : [{ files: inFolder(data.files ?? []) }];
  const files = datasets.flatMap((dataset) => dataset.files);
  if (data.streaming || data.mix) {
    if (typeof tokenizer === "object") {
      throw new Error(
        `${file}: a tokenizer cannot be learned from data that is streamed; name one`,
      );
    }
    return { rows: undefined, datasets, files };
  }
  const rows: Learnable[] = [];
  for await (const row of readRecords(files, { kinds: KINDS, signal })) rows.push(row);
  return { rows, datasets, files };
}

export interface JobSource {
  readonly source: BatchSource;
  /** What the loss must be, for these micro-batches. */
  readonly loss: TokenLossOptions;
  /** Identifies the data: a run goes on only with what it began with. */
  readonly hash: string;
  readonly samples: number;
  readonly tokens: number;
  readonly learned: number;
  readonly cut: number;
}

export interface SourceOptions {
  readonly file: string;
  readonly config: TrainConfig;
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate | Error;
  /** Longest sequence that the model takes. */
  readonly maxLength: number;
  readonly signal?: AbortSignal;
}

/**
 * Micro-batches of the data, all of whose rows were checked.
 *
 * @throws DataError for the first bad row; Error for a batch that is too small for a sample
 */
export function createJobSource(data: JobData, options: SourceOptions): Promise<JobSource> {
  return data.rows ? memorySource(data.rows, data.files, options) : streamSource(data, options);
}

function superviseOptions(options: SourceOptions, epoch = 0): SuperviseOptions {
  const { config, tokenizer, template, maxLength } = options;
  const { loss_on: lossOn, ignore_empty_think: ignoreEmptyThink, fim_rate: rate } = config.data;
  const base = { tokenizer, template, maxLength, lossOn, ignoreEmptyThink };
  if (rate === 0) return base;
  const lines = config.data.fim_lines;
  const suffixFirst = config.data.fim_suffix_first;
  const fim = createFim(tokenizer, maxLength, config.train.seed, { rate, lines, suffixFirst });
  return { ...base, textTokens: (record) => fim(record, epoch) };
}

const isWeighted = (sequences: readonly Sequence[]): boolean =>
  sequences.some(({ weight = 1 }) => weight !== 1);

async function memorySource(
  rows: readonly Learnable[],
  files: readonly string[],
  options: SourceOptions,
): Promise<JobSource> {
  const { config, signal } = options;
  const { data, train } = config;
  const { sequences, ...counts } = toSamples(rows, superviseOptions(options));
  const longest = sequences.reduce((n, { tokens }) => Math.max(n, tokens.length), 0);
  const length = rowLength(options, data.packing === "none" ? longest : options.maxLength);
  const weighted = isWeighted(sequences);
  const source = bucketedBatches({
    pool: shuffledPools(sequences, train.seed),
    tokensPerBatch: train.batch_tokens,
    seed: train.seed,
    cut: (pool: readonly Sequence[]): MicroBatch[] => {
      if (data.packing === "none") return cut(pool, train.batch_tokens, { weighted });
      const { bins } = pack(pool, length, data.packing);
      return packedBatches(bins, length, train.batch_tokens, weighted);
    },
  });
  return {
    source,
    loss: { packed: data.packing !== "none", weighted },
    hash: await hashFiles(files, signal),
    samples: sequences.length,
    ...counts,
  };
}

/** Length of a row that holds every sample; a micro-batch has room for one at least. */
function rowLength({ file, config }: SourceOptions, longest: number): number {
  const needed = Math.ceil(longest / 8) * 8;
  const { batch_tokens: room } = config.train;
  if (needed <= room) return needed;
  throw new Error(
    `${file}: "train.batch_tokens" is ${room}, but the longest sample needs ${needed}; raise it ` +
      "or lower data.max_length",
  );
}

/** Reads all data once, so that a bad row is told before the first step. */
async function streamSource(data: JobData, options: SourceOptions): Promise<JobSource> {
  const { config, signal, maxLength } = options;
  const { train } = config;
  const report = await checkData(data.files, {
    kinds: KINDS,
    media: [],
    model: superviseOptions(options),
    limit: 1,
    signal,
  });
  const [problem] = report.problems;
  if (problem) throw new DataError(problem);
  const { packing } = config.data;
  const { tokens } = report;
  const length = rowLength(options, packing === "none" ? (tokens?.longest ?? 0) : maxLength);
  const stream = await openStream({
    datasets: data.datasets,
    kinds: KINDS,
    seed: train.seed,
    shuffleBuffer: config.data.shuffle_buffer,
    temperature: config.data.temperature,
    epochs: config.data.epochs,
  });
  const source = streamBatches({
    stream,
    toSequences: ({ record, epoch }) =>
      supervise(record, superviseOptions(options, epoch)).sequences,
    tokensPerBatch: train.batch_tokens,
    packing: packing === "none" ? undefined : { length, strategy: packing },
    weighted: true,
    seed: train.seed,
  });
  return {
    source,
    loss: { packed: packing !== "none", weighted: true },
    hash: stream.cursor.data,
    samples: tokens?.sequences ?? 0,
    tokens: tokens?.total ?? 0,
    learned: tokens?.supervised ?? 0,
    cut: tokens?.cut ?? 0,
  };
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
      order = shuffle(
        sequences.map((_, i) => i),
        seed,
        `epoch ${wanted}`,
      );
      epoch = wanted;
    }
    const start = (k % pools) * POOL;
    return order.slice(start, start + POOL).map((i) => sequences[i]);
  };
}
