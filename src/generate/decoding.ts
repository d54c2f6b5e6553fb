/** One answer while it is decoded: chooses tokens, gives them text, knows when it ends. */

import type { Tokenizer } from "../media/text/types.ts";
import type { Candidates } from "./candidates.ts";
import type { TokenConstraint } from "./constrain/types.ts";
import { checkContext } from "./context-limit.ts";
import type { FinishReason, GeneratedToken, GenerateEnd, GenerateOptions } from "./generate.ts";
import { logSumExp, topLogprobs } from "./log-probabilities.ts";
import { createSampler, type Sampler } from "./sampler.ts";
import { mergeSampling } from "./sampling.ts";
import { createStopMatcher } from "./stop-strings.ts";
import { createTextStream, idsWithoutToken } from "./text-stream.ts";

/** What {@link generate} is told, and what only the engine's requests have. */
export interface DecodingOptions extends GenerateOptions {
  readonly logitBias?: ReadonlyMap<number, number>;
  readonly constraint?: TokenConstraint;
  /** Which of several answers to one prompt this is (default 0). */
  readonly answer?: number;
}

export interface DecodingContext {
  readonly vocabSize: number;
  readonly contextLimit: number;
  /** Memory for choosing, see `SamplerOptions`. */
  readonly workspace?: (size: number) => Candidates;
}

/** Holds no model: it is given logits, and says what to feed next. */
export class Decoding {
  readonly promptTokens: number;
  cachedTokens = 0;
  readonly #options: DecodingOptions;
  readonly #limit: number;
  readonly #sampler: Sampler;
  readonly #texts: Texts;
  readonly #stopTokens: ReadonlySet<number>;
  #completionTokens = 0;

  /** @throws RangeError where the prompt or a setting is not valid, naming it */
  constructor(prompt: ArrayLike<number>, options: DecodingOptions, context: DecodingContext) {
    this.promptTokens = prompt.length;
    this.#limit = roomFor(prompt.length, context.contextLimit, options.maxTokens);
    this.#options = options;
    this.#sampler = samplerFor(options, context);
    this.#texts = createTexts(options);
    this.#stopTokens = new Set(options.stopTokens);
  }

  get completionTokens(): number {
    return this.#completionTokens;
  }

  /** Tells the penalties what came before. */
  addPrompt(prompt: ArrayLike<number>): void {
    this.#sampler.addPrompt(prompt);
  }

  /**
   * Chooses a token from the logits, and further ones where `steer` says so; `steer` is asked
   * when the caller comes back for more, having seen the token.
   *
   * @returns tokens to feed, or the end of the answer
   */
  *turn(logits: Float32Array): Generator<GeneratedToken, readonly number[] | GenerateEnd> {
    const { constraint, logprobs, steer, answer = 0 } = this.#options;
    const token = this.#sampler.pick(logits, constraint?.allowed());
    const isStop = this.#stopTokens.has(token);
    const text = this.#add(token, isStop);
    const item = { token, text, ...scored(logits, token, logprobs, this.#sampler.normaliser) };
    yield item;
    let ended = this.#ended(isStop);
    if (ended) return ended;
    const steered = steer?.(item, answer);
    if (steered === "stop") return this.end("stop");
    const fed = [token];
    for (const forced of steered ? Array.from(steered) : []) {
      fed.push(forced);
      yield { token: forced, text: this.#add(forced, false), isForced: true };
      ended = this.#ended(false);
      if (ended) return ended;
    }
    return fed;
  }

  /** Why and how the answer ended. */
  end(finishReason: FinishReason): GenerateEnd {
    const texts = this.#texts;
    return {
      finishReason,
      ...(texts.matched === undefined ? {} : { stop: texts.matched }),
      rest: finishReason === "cancelled" ? texts.flush() : "",
      promptTokens: this.promptTokens,
      cachedTokens: this.cachedTokens,
      completionTokens: this.#completionTokens,
    };
  }

  /** Counts a token. @returns the text that became certain */
  #add(token: number, isStop: boolean): string {
    this.#sampler.addGenerated(token);
    this.#completionTokens++;
    if (!isStop) this.#options.constraint?.accept(token);
    const text = isStop ? "" : this.#texts.push(token);
    return isStop || this.#completionTokens >= this.#limit ? text + this.#texts.flush() : text;
  }

  #ended(isStop: boolean): GenerateEnd | undefined {
    if (isStop || this.#texts.matched !== undefined) return this.end("stop");
    return this.#completionTokens >= this.#limit ? this.end("length") : undefined;
  }
}

/** How many tokens may follow a prompt. */
function roomFor(prompt: number, contextLimit: number, maxTokens = Infinity): number {
  if (maxTokens !== Infinity && !(Number.isInteger(maxTokens) && maxTokens > 0)) {
    throw new RangeError(`generate: maxTokens must be a positive integer, is ${maxTokens}`);
  }
  if (prompt === 0) throw new RangeError("the prompt is empty: give at least one token");
  checkContext(prompt, contextLimit);
  if (prompt === contextLimit) {
    throw new RangeError(
      `the prompt's ${prompt} tokens fill the model's context of ${contextLimit} and leave no room ` +
        "for an answer; shorten it",
    );
  }
  return Math.min(maxTokens, contextLimit - prompt);
}

function samplerFor(options: DecodingOptions, context: DecodingContext): Sampler {
  const { tokenizer, seed, logitBias } = options;
  const { vocabSize, workspace } = context;
  for (const id of logitBias?.keys() ?? []) {
    if (Number.isInteger(id) && id >= 0 && id < vocabSize) continue;
    throw new RangeError(`logitBias: ${id} is not a token; ids are integers below ${vocabSize}`);
  }
  const usedVocab = tokenizer?.vocabSize ?? vocabSize;
  return createSampler(mergeSampling(options), {
    vocabSize,
    seed,
    usedVocab,
    masked: tokenizer && idsWithoutToken(tokenizer),
    bias: logitBias,
    workspace: workspace?.(Math.min(usedVocab, vocabSize)),
  });
}

type Texts = ReturnType<typeof createTexts>;

/** Text of tokens, with stop strings held back. */
function createTexts({
  tokenizer,
  stop = [],
}: {
  tokenizer?: Tokenizer;
  stop?: readonly string[];
}) {
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
  known: number | undefined,
): Pick<GeneratedToken, "logprob" | "topLogprobs"> {
  if (count === undefined) return {};
  const normaliser = known ?? logSumExp(logits);
  const logprob = logits[token]! - normaliser;
  return count > 0 ? { logprob, topLogprobs: topLogprobs(logits, count, normaliser) } : { logprob };
}
