/** What a method makes of the data: micro-batches, the loss that takes them, and how many. */

import type { BatchSource } from "../batches.ts";
import type { LossFunction } from "../gradient.ts";
import type { MicroBatch } from "../trainer.ts";
import type { MemoryPlan } from "./memory.ts";

/** Shape of the micro-batch that needs most memory. */
export interface LargestBatch {
  readonly batch: number;
  readonly seq: number;
  /** Positions that go through the head. */
  readonly rows: number;
}

export interface JobSource {
  readonly source: BatchSource;
  readonly loss: LossFunction;
  /** Identifies the data: a run goes on only with what it began with. */
  readonly hash: string;
  readonly samples: number;
  readonly tokens: number;
  readonly learned: number;
  readonly cut: number;
  readonly largest: LargestBatch;
  /** Micro-batches of held-out rows. */
  readonly heldOut?: readonly MicroBatch[];
}

export interface PlannedSource extends JobSource {
  readonly memory: MemoryPlan;
}

/** The largest micro-batch of sequences that are cut by length. */
export function largestBatch(
  sequences: Iterable<{ readonly tokens: { readonly length: number } }>,
  batchTokens: number,
  learnedShare: number,
): LargestBatch {
  let longest = 8;
  for (const { tokens } of sequences) longest = Math.max(longest, Math.ceil(tokens.length / 8) * 8);
  const batch = Math.max(1, Math.floor(batchTokens / longest));
  return { batch, seq: longest, rows: Math.ceil(batch * longest * learnedShare) };
}
