/** The decoding loop: prompt in, tokens out one by one. */

import type { Tokenizer } from "../media/text/types.ts";
import { checkContext } from "./context-limit.ts";
import type { DecoderSession } from "./decoder-session.ts";
import { logSumExp, type TokenLogprob, topLogprobs } from "./log-probabilities.ts";
import { createSampler, type Sampler } from "./sampler.ts";
import { mergeSampling, type Sampling } from "./sampling.ts";
import { createStopMatcher } from "./stop-strings.ts";
import { createTextStream, idsWithoutToken } from "./text-stream.ts";

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
  /** Ends the generation within one step; what was computed stays in the cache. */
  readonly signal?: AbortSignal;
  /**
   * Asked after each chosen token: ids to go on with as if they had been chosen, or "stop". They
   * enter the cache together.
   */
  readonly steer?: (token: GeneratedToken) => ArrayLike<number> | "stop" | undefined;
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
  const { signal, steer } = options;
  const limit = roomFor(session, prompt.length, options.maxTokens);
  const sampler = samplerFor(session, options);
  const texts = createTexts(options);
  const stopTokens = new Set(options.stopTokens);
  let cachedTokens = 0;
  let completionTokens = 0;
  const end = (finishReason: FinishReason): GenerateEnd => ({
    finishReason,
    ...(texts.matched === undefined ? {} : { stop: texts.matched }),
    rest: finishReason === "cancelled" ? texts.flush() : "",
    promptTokens: prompt.length,
    cachedTokens,
    completionTokens,
  });

  const isCancelled = await untilAborted(signal, async () => {
    cachedTokens = await session.resume(prompt, { signal });
  });
  if (isCancelled) return end("cancelled");
  sampler.addPrompt(prompt);
  for (;;) {
    if (signal?.aborted) return end("cancelled");
    const fed = [sampler.pick(session.logits)];
    for (let i = 0; i < fed.length; i++) {
      const token = fed[i]!;
      sampler.addGenerated(token);
      completionTokens++;
      const isStop = i === 0 && stopTokens.has(token);
      const isLast = completionTokens >= limit;
      let text = isStop ? "" : texts.push(token);
      if (isStop || isLast) text += texts.flush();
      const item: GeneratedToken =
        i > 0
          ? { token, text, isForced: true }
          : { token, text, ...scored(session.logits, token, options.logprobs) };
      yield item;
      if (isStop || texts.matched !== undefined) return end("stop");
      if (isLast) return end("length");
      const steered = i === 0 ? steer?.(item) : undefined;
      if (steered === "stop") return end("stop");
      if (steered) fed.push(...Array.from(steered));
    }
    const isStopped = await untilAborted(signal, () =>
      fed.length === 1 ? session.step(fed[0]!, signal) : session.prefill(fed, { signal }),
    );
    if (isStopped) return end("cancelled");
  }
}

/** How many tokens may follow a prompt. */
function roomFor(session: DecoderSession, prompt: number, maxTokens = Infinity): number {
  if (session.batch !== 1) {
    throw new RangeError(`generate: the session has ${session.batch} sequences, expected 1`);
  }
  if (maxTokens !== Infinity && !(Number.isInteger(maxTokens) && maxTokens > 0)) {
    throw new RangeError(`generate: maxTokens must be a positive integer, is ${maxTokens}`);
  }
  const { contextLimit } = session;
  checkContext(prompt, contextLimit);
  if (prompt === contextLimit) {
    throw new RangeError(
      `the prompt's ${prompt} tokens fill the model's context of ${contextLimit} and leave no room ` +
        "for an answer; shorten it",
    );
  }
  return Math.min(maxTokens, contextLimit - prompt);
}

function samplerFor({ config }: DecoderSession, options: GenerateOptions): Sampler {
  const { tokenizer, seed } = options;
  return createSampler(mergeSampling(options), {
    vocabSize: config.vocabSize,
    seed,
    usedVocab: tokenizer?.vocabSize,
    masked: tokenizer && idsWithoutToken(tokenizer),
  });
}

/** Text of tokens, with stop strings held back. */
function createTexts({ tokenizer, stop = [] }: GenerateOptions) {
  if (stop.length > 0 && !tokenizer) throw new Error("generate: stop strings need a tokenizer");
  const stream = tokenizer && createTextStream(tokenizer);
  const matcher = createStopMatcher(stop);
  return {
    get matched(): string | undefined {
      return matcher.matched;
    },
    push: (token: number): string => matcher.push(stream?.push(token) ?? ""),
    flush: (): string => matcher.push(stream?.flush() ?? "") + matcher.flush(),
  };
}

function scored(
  logits: Float32Array,
  token: number,
  count: number | undefined,
): Pick<GeneratedToken, "logprob" | "topLogprobs"> {
  if (count === undefined) return {};
  const normaliser = logSumExp(logits);
  const logprob = logits[token]! - normaliser;
  return count > 0 ? { logprob, topLogprobs: topLogprobs(logits, count, normaliser) } : { logprob };
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
