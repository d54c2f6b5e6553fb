/** How likely given continuations are: what several share of their beginning is computed once. */

import { fromValues, type NDArray, ndarray, zeros } from "../graph/ndarray.ts";
import { scoreProgram } from "../models/programs.ts";
import type { Session, SessionOptions } from "../runtime/index.ts";
import { rowOfCache } from "./cache.ts";
import { checkContext, checkTokens } from "./context-limit.ts";
import { decoderSettings } from "./decoder-options.ts";
import { DecoderRows } from "./decoder-rows.ts";
import { promptChunk } from "./prompt-chunk.ts";
import { createStepSession, type StepModel } from "./step-session.ts";

export interface TokenScorerOptions {
  /** Threads and other settings of the engine. */
  readonly engine?: Omit<SessionOptions, "weights" | "signal">;
}

/** Token ids; both hold one at least. */
export interface ContinuationTokens {
  readonly context: ArrayLike<number>;
  readonly continuation: ArrayLike<number>;
}

export interface TokenScores {
  /** Natural logarithm of each continuation token's probability. */
  readonly logprobs: Float32Array;
  /** Whether each is the likeliest token at its place. */
  readonly isBest: readonly boolean[];
}

/**
 * Loads a model to score given tokens. The cache keeps the last text, so contexts that begin as the
 * one before (few-shot examples) go on from there.
 *
 * @param model from `loadModel`; must stay open while the scorer lives
 * @example
 * using model = await loadModel("models/onefold-mini");
 * using scorer = await createTokenScorer(model);
 * const [scores] = await scorer.score([{ context: [1, 2], continuation: [3] }]);
 */
export async function createTokenScorer(
  model: StepModel,
  { engine }: TokenScorerOptions = {},
): Promise<TokenScorer> {
  const session = await createStepSession(model, { engine, program: scoreProgram });
  return new TokenScorer(session, model.config);
}

/** Made by {@link createTokenScorer}; calls wait for each other. */
export class TokenScorer implements Disposable {
  /** Most tokens of context and continuation together, but for the last, which is never an input. */
  readonly contextLimit: number;
  readonly #session: Session;
  readonly #config: StepModel["config"];
  readonly #rows: DecoderRows;
  readonly #chunk: number;
  #last: Promise<unknown> = Promise.resolve();

  constructor(session: Session, config: StepModel["config"]) {
    const settings = decoderSettings(config, {});
    this.#session = session;
    this.#config = config;
    this.#rows = new DecoderRows(config, settings);
    this.#chunk = settings.chunk;
    this.contextLimit = this.#rows.limit;
  }

  /**
   * Scores continuations, each behind its context. Equal contexts of neighbours are computed once.
   *
   * @returns in the order of the requests
   * @throws RangeError for ids outside the vocabulary, and texts longer than the model's context
   */
  score(requests: readonly ContinuationTokens[], signal?: AbortSignal): Promise<TokenScores[]> {
    const scored = this.#last.then(() => this.#score(requests, signal));
    this.#last = scored.catch(() => {});
    return scored;
  }

  /** Releases the engine's session once what was asked for is done. */
  async close(): Promise<void> {
    await this.#last;
    this.#session.dispose();
  }

  [Symbol.dispose](): void {
    void this.close();
  }

  async #score(
    requests: readonly ContinuationTokens[],
    signal: AbortSignal | undefined,
  ): Promise<TokenScores[]> {
    const results: TokenScores[] = [];
    for (let first = 0, next: number; first < requests.length; first = next) {
      const { context } = requests[first]!;
      next = first + 1;
      while (next < requests.length && isEqual(requests[next]!.context, context)) next++;
      results.push(...(await this.#scoreBehind(context, requests.slice(first, next), signal)));
    }
    return results;
  }

  /** Continuations of one context. */
  async #scoreBehind(
    context: ArrayLike<number>,
    requests: readonly ContinuationTokens[],
    signal: AbortSignal | undefined,
  ): Promise<TokenScores[]> {
    const { vocabSize, rope } = this.#config;
    checkTokens(context, vocabSize);
    const continuations = requests.map(({ continuation }) => Array.from(continuation));
    for (const tokens of continuations) checkTokens(tokens, vocabSize);
    if (context.length === 0 || continuations.some((tokens) => tokens.length === 0)) {
      throw new RangeError("scoring needs a token of context and one of each continuation");
    }
    const longest = context.length + Math.max(...continuations.map((tokens) => tokens.length)) - 1;
    checkContext(longest, this.contextLimit);
    try {
      // Dynamic rotary angles follow the length of the run: nothing can be shared.
      const isAlone = rope.type === "dynamic" && longest > rope.originalLength;
      return await (isAlone
        ? this.#scoreWhole(Array.from(context), continuations, signal)
        : this.#scoreShared(context, continuations, signal));
    } catch (error) {
      this.#rows.clear(0); // half a run may have changed its state
      throw error;
    }
  }

  async #scoreShared(
    context: ArrayLike<number>,
    continuations: readonly number[][],
    signal: AbortSignal | undefined,
  ): Promise<TokenScores[]> {
    const rows = this.#rows;
    rows.reserve(context.length);
    const held = rows.truncate(Math.min(rows.reusable(context, 0), context.length - 1), 0);
    const rest: number[] = Array.prototype.slice.call(context, held);
    // The first token of every continuation is scored at the context's end.
    const firsts = continuations.map((tokens) => tokens[0]!);
    const end = await this.#feed(
      rest,
      firsts.map(() => rest.length - 1),
      firsts,
      signal,
    );
    rows.snapshot(0);
    const results: TokenScores[] = [];
    for (const [i, tokens] of continuations.entries()) {
      const [logprobs, best] = [[end.logprobs[i]!], [end.best[i]!]];
      if (tokens.length > 1) {
        rows.truncate(context.length, 0);
        const places = tokens.slice(1).keys();
        const more = await this.#feed(tokens.slice(0, -1), [...places], tokens.slice(1), signal);
        logprobs.push(...more.logprobs);
        best.push(...more.best);
      }
      results.push(scoresOf(tokens, logprobs, best));
    }
    return results;
  }

  /** Each text as one run. */
  async #scoreWhole(
    context: readonly number[],
    continuations: readonly number[][],
    signal: AbortSignal | undefined,
  ): Promise<TokenScores[]> {
    const results: TokenScores[] = [];
    for (const tokens of continuations) {
      this.#rows.clear(0);
      const places = [...tokens.keys()].map((i) => context.length - 1 + i);
      const inputs = [...context, ...tokens.slice(0, -1)];
      const { logprobs, best } = await this.#feed(inputs, places, tokens, signal);
      results.push(scoresOf(tokens, logprobs, best));
    }
    return results;
  }

  /**
   * Appends tokens to what the cache holds.
   *
   * @param places ascending places among `tokens` at which something is scored
   * @param targets for each place, the token that may follow it
   */
  async #feed(
    tokens: readonly number[],
    places: readonly number[],
    targets: readonly number[],
    signal: AbortSignal | undefined,
  ): Promise<{ logprobs: number[]; best: number[] }> {
    const scores = { logprobs: [] as number[], best: [] as number[] };
    const { rope, heads } = this.#config;
    this.#rows.reserve(this.#rows.at(0).length + tokens.length);
    for (let start = 0, count: number, done = 0; start < tokens.length; start += count) {
      const past = this.#rows.at(0).length;
      const most = rope.type === "dynamic" ? this.#chunk : promptChunk(heads, this.#chunk, past);
      count = Math.min(most, tokens.length - start);
      let next = done;
      while (next < places.length && places[next]! < start + count) next++;
      const isScored = next > done;
      const picked = places.slice(done, next).map((place) => place - start);
      const arrays = {
        tokens: reshaped(ids(tokens.slice(start, start + count)), [1, count]),
        past: fromValues("i32", [1], [past]),
        picked: ids(isScored ? picked : [0]),
        targets: ids(isScored ? targets.slice(done, next) : [0]),
      };
      const { inputs, outputs } = rowOfCache(this.#rows.cache, 0);
      const n = arrays.picked.data.length;
      const out = { logprobs: zeros("f32", [n]), best: zeros("i64", [n]) };
      await this.#session.run(
        { ...arrays, ...inputs },
        { outputs: { ...out, ...outputs }, signal },
      );
      this.#rows.append(0, tokens, start, count);
      if (isScored) {
        scores.logprobs.push(...(out.logprobs.data as Float32Array)); // by their dtypes
        scores.best.push(...Array.from(out.best.data as BigInt64Array, Number));
      }
      done = next;
    }
    return scores;
  }
}

function scoresOf(
  tokens: readonly number[],
  logprobs: readonly number[],
  best: readonly number[],
): TokenScores {
  return { logprobs: Float32Array.from(logprobs), isBest: tokens.map((id, i) => best[i] === id) };
}

/** i64 [n]. */
const ids = (values: readonly number[]): NDArray =>
  fromValues("i64", [values.length], values.map(BigInt));

const reshaped = ({ dtype, data }: NDArray, shape: readonly number[]): NDArray =>
  ndarray(dtype, shape, data);

function isEqual(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
