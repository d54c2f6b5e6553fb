/** Rows with a teacher's stored predictions as micro-batches of distillation. */

import { zeros } from "../../graph/ndarray.ts";
import { topKDistillationLoss } from "../align/distillation-loss.ts";
import { cutGroups, sequenceArrays } from "../align/sequence-arrays.ts";
import { origin, pooledBatches, type Sequence } from "../batches.ts";
import { learnedIn, type Samples } from "../data/supervise.ts";
import type { TokenModel } from "../language-model.ts";
import type { MicroBatch } from "../trainer.ts";
import { shuffledPools } from "./data-source.ts";
import type { MemoryPlan, PlannedWork } from "./memory.ts";
import type { TrainConfig } from "./schema.ts";
import { largestBatch, type PlannedSource } from "./sources.ts";
import type { StoredTop } from "./teacher.ts";

export interface DistilledSample {
  readonly sequence: Sequence;
  /** Its first row of the stored predictions. */
  readonly start: number;
}

export interface DistillOptions {
  readonly config: TrainConfig;
  readonly distill: NonNullable<TrainConfig["distill"]>;
  readonly hash: string;
  /** Called before the teacher is. */
  readonly plan: (work: PlannedWork) => MemoryPlan;
  /** Reads or computes the teacher's predictions; `part` names the file. */
  readonly topOf: (sequences: readonly Sequence[], part: string) => Promise<StoredTop>;
}

export async function distillSource(
  model: TokenModel,
  samples: Samples,
  heldOut: Samples | undefined,
  { config, distill, hash, plan, topOf }: DistillOptions,
): Promise<PlannedSource> {
  const { k, temperature, weight } = distill;
  const { batch_tokens: tokens, seed } = config.train;
  const largest = largestBatch(samples.sequences, tokens, samples.learned / samples.tokens);
  const loss = (of: TokenModel) => topKDistillationLoss(of, { k, temperature, weight });
  const memory = plan({ loss, largest, tokens: samples.tokens });
  const cutter = async (sequences: readonly Sequence[], part: string) => {
    const top = await topOf(sequences, part);
    const items = distilledSamples(sequences);
    const cut = (pool: readonly DistilledSample[]): MicroBatch[] =>
      cutGroups(pool, ({ sequence }) => [sequence], tokens).map((group) =>
        topKBatch(group, top, k),
      );
    return { items, cut };
  };
  const { items, cut } = await cutter(samples.sequences, "teacher");
  const held = heldOut && (await cutter(heldOut.sequences, "teacher-held-out"));
  return {
    source: pooledBatches({ pool: shuffledPools(items, seed), seed, cut }),
    loss: loss(model),
    hash,
    samples: items.length,
    tokens: samples.tokens,
    learned: samples.learned,
    cut: samples.cut,
    largest,
    memory,
    ...(held && { heldOut: held.cut(held.items) }),
  };
}

/** Sequences with the places of their rows in predictions that were stored in this order. */
export function distilledSamples(sequences: readonly Sequence[]): DistilledSample[] {
  let rows = 0;
  return sequences.map((sequence) => {
    const start = rows;
    rows += learnedIn(sequence);
    return { sequence, start };
  });
}

/** A micro-batch of `topKDistillationLoss`. */
export function topKBatch(
  group: readonly DistilledSample[],
  top: StoredTop,
  k: number,
): MicroBatch {
  const sequences = group.map(({ sequence }) => sequence);
  const { inputs, sizes } = sequenceArrays(sequences);
  const rows = sizes.reduce((n, size) => n + size, 0);
  const [ids, logits] = [zeros("i64", [rows, k]), zeros("f32", [rows, k])];
  let at = 0;
  group.forEach(({ start }, g) => {
    const [from, to] = [start * k, (start + sizes[g]) * k];
    (logits.data as Float32Array).set(top.logits.subarray(from, to), at);
    for (let i = from; i < to; i++) (ids.data as BigInt64Array)[at++] = BigInt(top.ids[i]);
  });
  return {
    inputs: { ...inputs, "teacher ids": ids, "teacher logits": logits },
    supervised: rows,
    tokens: inputs.tokens.data.length,
    lengths: sequences.map(({ tokens }) => tokens.length),
    ...origin(sequences),
  };
}
