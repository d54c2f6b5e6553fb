/** The decoding loop: prompt in, tokens out one by one. */

import type { Tokenizer } from "../media/text/types.ts";
import type { TokenConstraint } from "./constrain/types.ts";
import type { DecoderSession } from "./decoder-session.ts";
import { Decoding } from "./decoding.ts";
import type { TokenLogprob } from "./log-probabilities.ts";
import type { Sampling } from "./sampling.ts";

/** Why an answer ended: the model or a stop string, the limit of tokens, or the caller. */
export type FinishReason = "stop" | "length" | "cancelled";

/** Settings of {@link generate}; what is left out of the sampling is greedy without penalties. */
export interface GenerateOptions extends Partial<Sampling> {
  /** Same seed, same tokens (default: a random one). */
  readonly seed?: number;
  /** Most tokens to generate (default: as many as the context holds). */
  readonly maxTokens?: number;
  /** Ids that end the answer; the one that does is yielded, without text of its own. */
  readonly stopTokens?: readonly number[];
  /** Texts that end the answer and are not part of it; they need `tokenizer`. */
  readonly stop?: readonly string[];
  /** Gives tokens their text, and masks ids that have none. */
  readonly tokenizer?: Tokenizer;
  /** Log-probabilities of each token and of this many likeliest ones (0: of the token alone). */
  readonly logprobs?: number;
  /** Added to the logits of tokens before sampling (OpenAI's logit_bias). */
  readonly logitBias?: ReadonlyMap<number, number>;
  /** Only what it allows is chosen; its end tokens have to be among `stopTokens`. */
  readonly constraint?: TokenConstraint;
  /** Ends the generation within one step; what was computed stays in the cache. */
  readonly signal?: AbortSignal;
  /**
   * Asked after each chosen token: ids to go on with as if they had been chosen, or "stop". They
   * enter the cache together. `answer` counts the answers to one prompt, from 0.
   */
  readonly steer?: (
    token: GeneratedToken,
    answer: number,
  ) => ArrayLike<number> | "stop" | undefined;
}

export interface GeneratedToken {
  readonly token: number;
  /** Text that became certain with this token: often that of the token, never half a character. */
  readonly text: string;
  /** From the model's logits before penalties and temperature; with `logprobs`. */
  readonly logprob?: number;
  /** Likeliest first, with `logprobs` above 0. */
  readonly topLogprobs?: readonly TokenLogprob[];
  /** Put there by `steer` instead of being chosen. */
  readonly isForced?: true;
}

export interface GenerateEnd {
  readonly finishReason: FinishReason;
  /** The stop string that ended it. */
  readonly stop?: string;
  /** Text still held back when it was cancelled. */
  readonly rest: string;
  readonly promptTokens: number;
  /** Prompt tokens taken from the cache. */
  readonly cachedTokens: number;
  readonly completionTokens: number;
}

/**
 * Generates tokens after a prompt. What the session already holds of the prompt is not computed
 * again.
 *
 * @param prompt token ids, at least one
 * @returns (of the generator) why it ended, and the counts
 * @throws RangeError where the prompt is empty or leaves no room in the context
 * @example
 * using model = await loadModel("models/onefold-mini");
 * using session = await createDecoderSession(model);
 * const tokenizer = await loadTokenizer(model.dir);
 * const prompt = tokenizer.encode("3 + 4 =");
 * for await (const { text } of generate(session, prompt, { tokenizer, maxTokens: 8 })) {
 *   process.stdout.write(text);
 * }
 */
export async function* generate(
  session: DecoderSession,
  prompt: ArrayLike<number>,
  options: GenerateOptions = {},
): AsyncGenerator<GeneratedToken, GenerateEnd> {
  const { signal } = options;
  if (session.batch !== 1) {
    throw new RangeError(`generate: the session has ${session.batch} sequences, expected 1`);
  }
  const { config, contextLimit } = session;
  const decoding = new Decoding(prompt, options, { vocabSize: config.vocabSize, contextLimit });
  const isCancelled = await untilAborted(signal, async () => {
    decoding.cachedTokens = await session.resume(prompt, { signal });
  });
  if (isCancelled) return decoding.end("cancelled");
  decoding.addPrompt(prompt);
  for (;;) {
    if (signal?.aborted) return decoding.end("cancelled");
    const fed = yield* decoding.turn(session.logits);
    if ("finishReason" in fed) return fed;
    const isStopped = await untilAborted(signal, () =>
      fed.length === 1 ? session.step(fed[0]!, signal) : session.prefill(fed, { signal }),
    );
    if (isStopped) return decoding.end("cancelled");
  }
}

/** Runs `f`. @returns true where the signal ended it */
async function untilAborted(
  signal: AbortSignal | undefined,
  f: () => Promise<void>,
): Promise<boolean> {
  if (signal?.aborted) return true;
  try {
    await f();
    return false;
  } catch (error) {
    if (signal?.aborted) return true;
    throw error;
  }
}
