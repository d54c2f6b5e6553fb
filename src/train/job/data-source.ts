/** The data of a job: rows in memory or streamed, into micro-batches. */

import { resolve } from "node:path";
import { fimPrompt } from "../../generate/fim.ts";
import type { ChatTemplate, Tokenizer } from "../../media/text/index.ts";
import type { DecoderConfig } from "../../models/index.ts";
import { bucketedBatches, cut, type Sequence, shuffle } from "../batches.ts";
import { checkData } from "../data/check.ts";
import { createFim } from "../data/fim.ts";
import { pack, packedBatches } from "../data/pack.ts";
import { DataError } from "../data/problem.ts";
import { hashFiles, readRecords } from "../data/read-records.ts";
import type { DataRecord, RecordKind, RecordOf } from "../data/record.ts";
import { type Dataset, openStream } from "../data/stream.ts";
import { streamBatches } from "../data/stream-batches.ts";
import { type Learnable, type SuperviseOptions, supervise, toSamples } from "../data/supervise.ts";
import { decoderLoss } from "../language-model.ts";
import type { MicroBatch } from "../trainer.ts";
import { kindsOf } from "./method-names.ts";
import type { TrainConfig } from "./schema.ts";
import { type JobSource, largestBatch } from "./sources.ts";

export interface JobData {
  /** All rows, unless they are streamed. */
  readonly rows: readonly DataRecord[] | undefined;
  /** Rows for evaluation, which are not learned. */
  readonly heldOut: readonly DataRecord[] | undefined;
  readonly datasets: readonly Dataset[];
  readonly files: readonly string[];
}

/** Finds the data, and reads it where it is not streamed. */
export async function readJobData(
  file: string,
  folder: string,
  { data, tokenizer, method, eval: held, train }: TrainConfig,
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
  const kinds = kindsOf(method);
  const heldOut = held?.files ? await readAll(inFolder(held.files), kinds, signal) : undefined;
  if (data.streaming || data.mix) {
    if (typeof tokenizer === "object") {
      throw new Error(
        `${file}: a tokenizer cannot be learned from data that is streamed; name one`,
      );
    }
    return { rows: undefined, heldOut: heldOut?.slice(0, held?.rows), datasets, files };
  }
  const rows = await readAll(files, kinds, signal);
  const weighted = method === "distill" && rows.find(({ weight }) => weight !== 1);
  if (weighted) {
    const { file: of, line } = weighted;
    const found = "does not count in distillation";
    throw new DataError({
      file: of,
      line,
      field: "weight",
      rule: "kind",
      found,
      fix: "leave it out",
    });
  }
  if (held?.share === undefined) {
    return { rows, heldOut: heldOut?.slice(0, held?.rows), datasets, files };
  }
  const count = Math.max(1, Math.floor(rows.length * held.share));
  if (count >= rows.length) {
    throw new Error(`${file}: "eval.share" leaves none of ${rows.length} rows to learn from`);
  }
  const mixed = shuffle([...rows], train.seed, "held out");
  return {
    rows: mixed.slice(count),
    heldOut: mixed.slice(0, count).slice(0, held.rows),
    datasets,
    files,
  };
}

async function readAll(
  files: readonly string[],
  kinds: readonly RecordKind[],
  signal: AbortSignal | undefined,
): Promise<DataRecord[]> {
  const rows: DataRecord[] = [];
  for await (const row of readRecords(files, { kinds, signal })) rows.push(row);
  return rows;
}

/** Of rows whose kinds were checked when they were read. */
export const ofKinds = <K extends RecordKind>(
  rows: readonly DataRecord[],
  ...kinds: readonly K[]
): RecordOf<K>[] =>
  rows.filter((row): row is RecordOf<K> => kinds.some((kind) => kind === row.kind));

/** Rows of next-token training. */
export const learnable = (rows: readonly DataRecord[]): Learnable[] =>
  ofKinds(rows, "messages", "completion", "text", "repository");

export interface SourceOptions {
  readonly file: string;
  readonly config: TrainConfig;
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate | Error;
  readonly model: DecoderConfig;
  /** Longest sequence that the model takes. */
  readonly maxLength: number;
  readonly signal?: AbortSignal;
}

/**
 * Micro-batches of the data, all of whose rows were checked.
 *
 * @throws DataError for the first bad row; Error for a batch that is too small for a sample
 */
export async function createJobSource(data: JobData, options: SourceOptions): Promise<JobSource> {
  checkFim(options);
  const made = data.rows
    ? await memorySource(learnable(data.rows), data.files, options)
    : await streamSource(data, options);
  if (!data.heldOut) return made;
  const { sequences } = toSamples(learnable(data.heldOut), superviseOptions(options));
  const heldOut = batchesOf(sequences, made.form, options);
  return { ...made, heldOut };
}

/** A tokenizer that cannot fill in is the config's mistake, and not that of the first row drawn. */
function checkFim({ file, config, tokenizer }: SourceOptions): void {
  if (config.data.fim_rate === 0) return;
  try {
    fimPrompt(tokenizer, { prefix: "", suffix: "" });
  } catch (error) {
    const missing = (error as Error).message.split(",")[0];
    const fix =
      typeof config.tokenizer === "object"
        ? "name <|fim_prefix|>, <|fim_suffix|> and <|fim_middle|> in tokenizer.special_tokens"
        : "take the tokenizer of a code model such as Qwen2.5-Coder, or leave it out";
    throw new Error(`${file}: "data.fim_rate" is set, but ${missing}; ${fix}`, { cause: error });
  }
}

/** How samples lie in micro-batches. */
interface Form {
  readonly length: number;
  readonly weighted: boolean;
}

function batchesOf(
  sequences: readonly Sequence[],
  { length, weighted }: Form,
  { config: { data, train } }: SourceOptions,
): MicroBatch[] {
  if (data.packing === "none") {
    const room = sequences.reduce((n, { tokens }) => Math.max(n, tokens.length + 8), 0);
    return cut(sequences, Math.max(train.batch_tokens, room), { weighted });
  }
  const { bins } = pack(sequences, length, data.packing);
  return packedBatches(bins, length, train.batch_tokens, weighted);
}

export function superviseOptions(options: SourceOptions, epoch = 0): SuperviseOptions {
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
): Promise<JobSource & { readonly form: Form }> {
  const { config, signal } = options;
  const { data, train } = config;
  const { sequences, ...counts } = toSamples(rows, superviseOptions(options));
  const longest = sequences.reduce((n, { tokens }) => Math.max(n, tokens.length), 0);
  const length = rowLength(options, data.packing === "none" ? longest : options.maxLength);
  const weighted = isWeighted(sequences);
  const packed = data.packing !== "none";
  const source = bucketedBatches({
    pool: shuffledPools(sequences, train.seed),
    tokensPerBatch: train.batch_tokens,
    seed: train.seed,
    cut: (pool: readonly Sequence[]): MicroBatch[] =>
      batchesOf(pool, { length, weighted }, options),
  });
  return {
    source,
    loss: decoderLoss(options.model, { packed, weighted }),
    hash: await hashFiles(files, signal),
    samples: sequences.length,
    ...counts,
    largest: largestBatch(
      packed ? [{ tokens: { length } }] : sequences,
      train.batch_tokens,
      counts.learned / counts.tokens,
    ),
    form: { length, weighted },
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
async function streamSource(
  data: JobData,
  options: SourceOptions,
): Promise<JobSource & { readonly form: Form }> {
  const { config, signal, maxLength } = options;
  const { train, method } = config;
  const kinds: readonly Learnable["kind"][] =
    method === "pretrain"
      ? ["text", "repository"]
      : ["messages", "completion", "text", "repository"];
  const report = await checkData(data.files, {
    kinds,
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
    kinds,
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
    loss: decoderLoss(options.model, { packed: packing !== "none", weighted: true }),
    hash: stream.cursor.data,
    samples: tokens?.sequences ?? 0,
    tokens: tokens?.total ?? 0,
    learned: tokens?.supervised ?? 0,
    cut: tokens?.cut ?? 0,
    largest: largestBatch(
      [{ tokens: { length } }],
      train.batch_tokens,
      (tokens?.supervised ?? 0) / (tokens?.total ?? 1),
    ),
    form: { length, weighted: true },
  };
}

/** Samples sorted by length at a time. */
const POOL = 2048;

/** Pool k of an endless stream of epochs, each in an order of its own. */
export function shuffledPools<T>(
  sequences: readonly T[],
  seed: number,
): (k: number) => readonly T[] {
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
