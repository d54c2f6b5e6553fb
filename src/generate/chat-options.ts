/** What a chat can be told, for all its answers or for one, and what it answers. */

import type { ChatMessage, Conversation } from "../media/text/index.ts";
import type { LoadOptions } from "../models/load.ts";
import type { DecoderSessionOptions } from "./decoder-options.ts";
import type { FinishReason, GeneratedToken } from "./generate.ts";
import type { GenerationDefaults } from "./generation-config.ts";
import { greedy, mergeSampling, type Sampling } from "./sampling.ts";

/** Settings of one answer. What is left out comes from the chat, then from the checkpoint. */
export interface SendOptions extends Partial<Sampling> {
  /** Same seed, same answer. */
  readonly seed?: number;
  /** Most tokens of an answer, thinking included (default: the checkpoint's, else the context). */
  readonly maxTokens?: number;
  /** Texts that end the answer and are not part of it; they do not apply to the thinking. */
  readonly stop?: readonly string[];
  /** `enable_thinking` of the chat template (default: the template's own). */
  readonly thinking?: boolean;
  /** Most tokens of thinking: then the block is closed and the model goes on to its answer. */
  readonly thinkingBudget?: number;
  /** Functions the model may call, for the chat template. */
  readonly tools?: Conversation["tools"];
  /** Log-probabilities of the tokens, and of this many likeliest ones at each. */
  readonly logprobs?: number;
  /** Ends the answer within one step; the part that exists is the result. */
  readonly signal?: AbortSignal;
}

export interface ChatOptions extends Omit<SendOptions, "signal">, DecoderSessionOptions {
  /** System message of the conversation. */
  readonly system?: string;
  /** Jinja text in place of the checkpoint's chat template. */
  readonly template?: string;
  /** Hold keys and values of earlier tokens in 8 bits; of no effect on a model given as one. */
  readonly kvCache?: "int8";
  /** Quantise the weights; of no effect on a model given as one. */
  readonly quant?: LoadOptions["quant"];
  /** Folder of a PEFT adapter; of no effect on a model given as one. */
  readonly adapter?: LoadOptions["adapter"];
  /** Is told what `quant: "auto"` chose and why. */
  readonly onChoice?: LoadOptions["onChoice"];
}

export interface ChatResult {
  readonly reasoning: string;
  readonly content: string;
  readonly finishReason: FinishReason;
  readonly usage: {
    readonly promptTokens: number;
    /** Of the prompt, taken from the cache of earlier turns. */
    readonly cachedTokens: number;
    /** Thinking included. */
    readonly completionTokens: number;
  };
  /** From the first generated token to the last, in seconds. */
  readonly seconds: number;
  /** Decoding speed after the first token; 0 for a single one. */
  readonly tokensPerSecond: number;
  /** Every generated token, where log-probabilities were asked for. */
  readonly tokens?: readonly GeneratedToken[];
}

export type { ChatMessage };

/** Qwen3's advice for thinking: greedy decoding there falls into endless repetition. */
const thinkingSampling: Partial<Sampling> = { temperature: 0.6, topP: 0.95, topK: 20 };

/** Explicit settings, then the checkpoint's, then the library's. */
export function resolveSampling(
  explicit: Partial<Sampling>,
  { sampling, hasFile }: GenerationDefaults,
  isThinking: boolean,
): Sampling {
  return mergeSampling(explicit, sampling, !hasFile && isThinking ? thinkingSampling : greedy);
}

/** Later settings over earlier ones; what is undefined does not count. */
export function overlay(base: SendOptions, over: SendOptions): SendOptions {
  const given = Object.entries(over).filter(([, value]) => value !== undefined);
  return { ...base, ...Object.fromEntries(given) };
}
