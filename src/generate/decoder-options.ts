/** What a decoder session is created with, and its defaults. */

import type { DecoderConfig } from "../models/decoder.ts";
import { isRecurrent } from "../models/state.ts";
import type { SessionOptions } from "../runtime/index.ts";
import { contextLimit } from "./context-limit.ts";

/** Prompt tokens of one run: enough to keep the matrix products busy, small in scratch memory. */
const DEFAULT_CHUNK = 512;
/** The same with recurrent layers: their kernel goes through a run's tokens one by one. */
const RECURRENT_CHUNK = 128;
const DEFAULT_CAPACITY = 512;
const DEFAULT_SNAPSHOTS = 2;
export interface DecoderSessionOptions {
  /** Tokens the cache has room for at first (default 512); it doubles up to the context. */
  readonly capacity?: number;
  /** Sequences side by side (default 1). */
  readonly batch?: number;
  /** Prompt tokens of one run (default 512, with recurrent layers 128). */
  readonly chunk?: number;
  /** Earlier recurrent states kept for each sequence (default 2; only with recurrent layers). */
  readonly snapshots?: number;
  /** Threads and other settings of the engine. */
  readonly engine?: Omit<SessionOptions, "weights" | "signal">;
  /** Gives up the loading. */
  readonly signal?: AbortSignal;
}

export interface FeedOptions {
  /** Which sequence of the batch (default 0). */
  readonly row?: number;
  /**
   * Stops between two operators, with recurrent layers between two runs (half a run would leave
   * some layers' states ahead of others); what was complete before stays in the cache.
   */
  readonly signal?: AbortSignal;
}

export interface DecoderSettings {
  readonly batch: number;
  readonly capacity: number;
  readonly chunk: number;
  readonly snapshots: number;
}

/** @throws RangeError where an option is no positive integer */
export function decoderSettings(c: DecoderConfig, options: DecoderSessionOptions): DecoderSettings {
  const { batch = 1, capacity = DEFAULT_CAPACITY, snapshots = DEFAULT_SNAPSHOTS } = options;
  const { chunk = isRecurrent(c) ? RECURRENT_CHUNK : DEFAULT_CHUNK } = options;
  for (const [name, value] of Object.entries({ batch, capacity, chunk, snapshots })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`createDecoderSession: ${name} must be a positive integer, is ${value}`);
    }
  }
  const limit = contextLimit(c);
  // Dynamic rotary angles follow the length of the run: a prompt has to be one run.
  const longest = c.rope.type === "dynamic" ? limit : chunk;
  return { batch, capacity: Math.min(capacity, limit), chunk: longest, snapshots };
}
