/** How likely given continuations are: what several share of their beginning is computed once. */

import type { DecoderConfig } from "../../models/decoder.ts";
import { scoreProgram } from "../../models/programs.ts";
import { isRecurrent } from "../../models/state.ts";
import { engineInfo, type Session, type SessionOptions } from "../../runtime/index.ts";
import { checkContext, checkTokens, contextLimit } from "../context-limit.ts";
import { createStepSession, type StepModel } from "../step-session.ts";
import { ChainLane } from "./chain-lane.ts";
import type { ScoreLane } from "./score-lane.ts";
import { isScored, type TextGroup, textGroup } from "./scored-text.ts";
import { TreeLane } from "./tree-lane.ts";

export interface TokenScorerOptions {
  /** Threads and other settings of the engine. */
  readonly engine?: Omit<SessionOptions, "weights" | "signal">;
  /**
   * Two runs at a time share the threads. Where many texts wait, more are scored a second; a single
   * one takes longer (default false).
   */
  readonly parallel?: boolean;
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
 * Loads a model to score given tokens. Texts that wait at the same time share runs, and what they
 * have in common is computed once; so is what the text before had (few-shot examples). What a text
 * shares its runs with moves its log-probabilities by rounding alone (about 1e-5 in f32).
 *
 * @param model from `loadModel`; must stay open while the scorer lives
 * @example
 * using model = await loadModel("models/onefold-mini");
 * using scorer = await createTokenScorer(model);
 * const [scores] = await scorer.score([{ context: [1, 2], continuation: [3] }]);
 */
export async function createTokenScorer(
  model: StepModel,
  { engine, parallel = false }: TokenScorerOptions = {},
): Promise<TokenScorer> {
  const isTree = canBranch(model.config);
  const threads = engine?.threads ?? (await engineInfo()).threads;
  const lanes = parallel && threads > 1 ? 2 : 1;
  const session = await createStepSession(model, {
    // Each run computes on the thread that it is started on and on those of the session.
    engine: lanes > 1 ? { ...engine, threads: threads - 1 } : engine,
    program: (c, options) => scoreProgram(c, { ...options, isTree }),
  });
  const Lane = isTree ? TreeLane : ChainLane;
  const all = Array.from({ length: lanes }, () => new Lane(session, model.config));
  return new TokenScorer(session, model.config, all);
}

/** Whether several texts may stand in one cache: their tokens must be told apart by a mask alone. */
const canBranch = (c: DecoderConfig): boolean =>
  !isRecurrent(c) &&
  c.kvCache === undefined &&
  c.rope.type !== "dynamic" && // angles follow the length of the run
  c.windows.every((window) => window === 0); // counted in slots

/** The texts of one call. */
interface Call {
  readonly signal: AbortSignal | undefined;
  /** Groups that are not scored yet; 0 once the call has failed. */
  left: number;
  resolve(): void;
  reject(error: unknown): void;
}

interface Work extends TextGroup {
  readonly call: Call;
}

/** Made by {@link createTokenScorer}. */
export class TokenScorer implements Disposable {
  /** Most tokens of context and continuation together, but for the last, which is never an input. */
  readonly contextLimit: number;
  readonly #session: Session;
  readonly #vocabSize: number;
  readonly #idle: ScoreLane[];
  readonly #waiting: Work[] = [];
  readonly #running = new Set<Promise<void>>();

  constructor(session: Session, config: DecoderConfig, lanes: readonly ScoreLane[]) {
    this.#session = session;
    this.#vocabSize = config.vocabSize;
    this.#idle = [...lanes];
    this.contextLimit = contextLimit(config);
  }

  /**
   * Scores continuations, each behind its context. Equal contexts of neighbours are computed once.
   *
   * @returns in the order of the requests
   * @throws RangeError for ids outside the vocabulary, and texts longer than the model's context
   */
  async score(
    requests: readonly ContinuationTokens[],
    signal?: AbortSignal,
  ): Promise<TokenScores[]> {
    signal?.throwIfAborted();
    const groups = this.#groupsOf(requests);
    if (groups.length === 0) return [];
    await new Promise<void>((resolve, reject) => {
      const call: Call = { signal, left: groups.length, resolve, reject };
      this.#waiting.push(...groups.map((group) => ({ ...group, call })));
      for (const lane of this.#idle.splice(0)) {
        const run = this.#work(lane);
        this.#running.add(run);
        void run.then(() => this.#running.delete(run));
      }
    });
    return groups.flatMap(({ texts }) =>
      texts.map(({ logprobs, isBest }) => ({ logprobs: Float32Array.from(logprobs), isBest })),
    );
  }

  /** Releases the engine's session once what was asked for is done. */
  async close(): Promise<void> {
    await Promise.all(this.#running);
    this.#session.dispose();
  }

  [Symbol.dispose](): void {
    void this.close();
  }

  /** Works until nothing waits. */
  async #work(lane: ScoreLane): Promise<void> {
    const open: Work[] = [];
    for (;;) {
      await new Promise(setImmediate); // what is asked for in this turn shares the run
      for (const { call } of [...this.#waiting, ...open]) {
        if (call.signal?.aborted) fail(call, call.signal.reason);
      }
      keepOnly(this.#waiting, isWanted);
      keepOnly(open, isWanted);
      lane.take(open, this.#waiting);
      if (open.length === 0) break;
      const [signal, ...others] = new Set(open.map(({ call }) => call.signal));
      try {
        await lane.step(open, others.length === 0 ? signal : undefined);
      } catch (error) {
        for (const { call } of open) fail(call, error);
      }
      for (const group of open) {
        if (isWanted(group) && group.texts.every(isScored) && --group.call.left === 0) {
          group.call.resolve();
        }
      }
      keepOnly(open, ({ texts }) => !texts.every(isScored));
    }
    this.#idle.push(lane);
  }

  #groupsOf(requests: readonly ContinuationTokens[]): TextGroup[] {
    const groups: TextGroup[] = [];
    for (let first = 0, next: number; first < requests.length; first = next) {
      const { context } = requests[first]!;
      next = first + 1;
      while (next < requests.length && isEqual(requests[next]!.context, context)) next++;
      const continuations = requests
        .slice(first, next)
        .map(({ continuation }) => Array.from(continuation));
      groups.push(this.#checked(Array.from(context), continuations));
    }
    return groups;
  }

  #checked(context: readonly number[], continuations: readonly (readonly number[])[]): TextGroup {
    for (const tokens of [context, ...continuations]) checkTokens(tokens, this.#vocabSize);
    if (context.length === 0 || continuations.some((tokens) => tokens.length === 0)) {
      throw new RangeError("scoring needs a token of context and one of each continuation");
    }
    const group = textGroup(context, continuations);
    for (const { tokens } of group.texts) checkContext(tokens.length, this.contextLimit);
    return group;
  }
}

const isWanted = ({ call }: Work): boolean => call.left > 0;

function fail(call: Call, error: unknown): void {
  call.left = 0;
  call.reject(error);
}

/** Removes the others, in place. */
function keepOnly<T>(list: T[], isKept: (item: T) => boolean): void {
  list.splice(0, list.length, ...list.filter(isKept));
}

function isEqual(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
