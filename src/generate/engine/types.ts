/** What the engine is asked and what it answers. The server and the library know only this. */

import type { TokenConstraint } from "../constrain/types.ts";
import type { GeneratedToken, GenerateEnd, GenerateOptions } from "../generate.ts";

/** Where guesses of what follows come from. */
export const speculations = ["lookup", "mtp"] as const;
export type Speculation = (typeof speculations)[number];

export interface EngineRequest extends GenerateOptions {
  /** Token ids, at least one. */
  readonly prompt: ArrayLike<number>;
  /** Added to the logits of tokens before sampling (OpenAI's logit_bias). */
  readonly logitBias?: ReadonlyMap<number, number>;
  /** Only what it allows is sampled. */
  readonly constraint?: TokenConstraint;
  /** Requests of one client share its turns (default: every request is a client). */
  readonly client?: string;
}

/** One answer: its tokens as they come, and (returned) why it ended. */
export type EngineAnswer = AsyncGenerator<GeneratedToken, GenerateEnd>;

export interface EngineStats {
  /** Requests that are computed, and those that wait. */
  readonly running: number;
  readonly waiting: number;
  readonly slots: number;
  /** Most that may wait. */
  readonly queue: number;
  /** Tokens that the cache holds and has room for. */
  readonly cachedTokens: number;
  readonly cacheCapacity: number;
  readonly cacheBytes: number;
  /** Since the start. */
  readonly promptTokens: number;
  readonly reusedPromptTokens: number;
  readonly generatedTokens: number;
}

/** Refused at once, with the numbers in the message. A server answers 429 or 400. */
export interface EngineRefusal extends Error {
  /** "busy": the queue is full, try again; "too-long": it can never fit. */
  readonly reason: "busy" | "too-long";
}

export interface Engine extends Disposable {
  /** Most tokens of prompt and answer together. */
  readonly contextLimit: number;
  /**
   * `n` answers to a prompt that is computed once.
   *
   * @throws EngineRefusal
   */
  generate(request: EngineRequest, n?: number): EngineAnswer[];
  readonly stats: EngineStats;
}
