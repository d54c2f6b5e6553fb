/** Serves many requests with one model: slots of one cache, computed together. */

import { freemem } from "node:os";
import type { Checkpoint } from "../../checkpoint/checkpoint.ts";
import type { Port } from "../../graph/program.ts";
import { dim } from "../../graph/shape.ts";
import type { Tokenizer } from "../../media/text/types.ts";
import type { DecoderConfig } from "../../models/decoder.ts";
import { hasMtp, mtpProgram } from "../../models/mtp.ts";
import { decoderState, isRecurrent, stateDType, stateShape } from "../../models/state.ts";
import { createSession, type Session, type SessionOptions } from "../../runtime/index.ts";
import { contextLimit } from "../context-limit.ts";
import { createStepSession, keepWeights, type StepModel } from "../step-session.ts";
import { Drafter } from "./drafter.ts";
import { Serving } from "./serving.ts";
import { slotBytes } from "./slot-arrays.ts";
import { Slots } from "./slots.ts";
import type { Engine, EngineRequest, Speculation } from "./types.ts";

export interface EngineOptions {
  /** Answers that are computed at the same time (default 8). */
  readonly slots?: number;
  /**
   * Most tokens of prompt and answer together (default: the model's context, at most 8192, or
   * what `memory` has room for).
   */
  readonly context?: number;
  /** Most bytes of the cache (default: half of what is free). The system gives them as used. */
  readonly memory?: number;
  /** Most answers that wait for a slot (default 64); further ones are refused as "busy". */
  readonly queue?: number;
  /** Prompt tokens of one run while nothing else is to be computed (default 512). */
  readonly chunk?: number;
  /** Prompt tokens of one run while other answers are computed or wait (default 128). */
  readonly sharedChunk?: number;
  /** Take over what slots hold of a prompt (default true). */
  readonly prefixCache?: boolean;
  /**
   * Copies of recurrent state that are kept, each as large as that of a slot: a prompt that shares
   * only its beginning with an earlier one goes on from the nearest (default: one for each slot;
   * models without recurrent layers need none).
   */
  readonly snapshots?: number;
  /**
   * While one answer is computed alone, guess what follows and verify the guess in one run: by what
   * followed the same words before ("lookup"), or by the checkpoint's own multi-token prediction
   * ("mtp"). The answer stays the same, sampled or not. Default: off, see bench/speculative.ts.
   */
  readonly speculate?: Speculation;
  /** Tokens to guess at a time (default: 4 by lookup, 2 by multi-token prediction). */
  readonly guesses?: number;
  /** Threads and other settings of the runtime. */
  readonly engine?: Omit<SessionOptions, "weights" | "signal">;
  /** Gives up the loading. */
  readonly signal?: AbortSignal;
}

/** Most tokens of a request where nothing else is said: the cache is reserved at once. */
export const DEFAULT_CONTEXT = 8192;
/** Bytes of weights that are held a second time for speed. */
const MOST_PACKED = 1 << 26;
const DEFAULT_GUESSES = { lookup: 4, mtp: 2 };

/**
 * Loads a model for many requests at a time. All memory of the cache is reserved here.
 *
 * @param model from `loadModel`, which must stay open while the engine lives; or any weights
 * @param tokenizer for requests that bring none: gives tokens their text
 * @throws RangeError where the cache does not fit into `memory`, with the numbers
 * @example
 * using model = await loadModel("models/onefold-mini");
 * const tokenizer = await loadTokenizer(model.dir);
 * using engine = await createEngine(model, tokenizer, { slots: 4 });
 * const [answer] = engine.generate({ prompt: tokenizer.encode("3 + 4 ="), maxTokens: 8 });
 * for await (const { text } of answer!) process.stdout.write(text);
 */
export async function createEngine(
  model: StepModel,
  tokenizer?: Tokenizer,
  options: EngineOptions = {},
): Promise<Engine> {
  const { slots = 8, queue = 64, chunk = 512, sharedChunk = 128, prefixCache = true } = options;
  const { context, memory, speculate, engine, signal } = options;
  const guesses = speculate ? (options.guesses ?? DEFAULT_GUESSES[speculate]) : 0;
  const { config } = model;
  // Several sessions share what a weight was converted to.
  const isShared = guesses > 0 && !config.quantized;
  const weights = isShared ? keepWeights(model.weights) : model.weights;
  for (const [name, value] of Object.entries({ slots, chunk, sharedChunk, context, memory })) {
    if (value === undefined || (Number.isInteger(value) && value > 0)) continue;
    throw new RangeError(`createEngine: ${name} must be a positive integer, is ${value}`);
  }
  // A cache that attends to all tokens is cut back anywhere.
  const isKeeping = prefixCache && isRecurrent(config);
  const snapshots = isKeeping ? (options.snapshots ?? slots) : 0;
  for (const [name, value] of Object.entries({ queue, guesses, snapshots })) {
    if (Number.isInteger(value) && value >= 0) continue;
    throw new RangeError(`createEngine: ${name} must be an integer of at least 0, is ${value}`);
  }
  const isMtp = speculate === "mtp" && guesses > 0;
  const { checkpoint } = model;
  const predictor = isMtp ? mtpProgram({ config, checkpoint: withMtp(checkpoint) }) : undefined;
  const bytes = slotBytes([...statePorts(config), ...(predictor?.inputs ?? [])]);
  const capacity = capacityOf(bytes, contextLimit(config), options, { slots, snapshots });
  // Steps of several rows are twice as fast over packed weights, which small models can hold twice.
  // Weights that belong to no checkpoint may still change (training): they are read where they are.
  const isPacked = config.quantized || (checkpoint && weightBytes(config) <= MOST_PACKED);
  const settings = { ...(isPacked && { prepack: true }), ...engine };
  const sessions: Session[] = [];
  const opened = async (loading: Promise<Session>): Promise<Session> => {
    const session = await loading;
    sessions.push(session);
    return session;
  };
  const stepping = (everyLogit: boolean): Promise<Session> =>
    opened(
      createStepSession(
        // Guesses are verified in runs of several rows: the form for steps would be held for nothing.
        { ...model, weights, ...(everyLogit && { steps: undefined }) },
        { everyLogit, withHidden: isMtp, engine: settings, signal },
      ),
    );
  try {
    const { vocabSize } = config;
    const step = await stepping(false);
    const verifier = guesses > 0 ? await stepping(true) : undefined;
    const drafting =
      predictor &&
      (await opened(createSession(predictor, { prepack: false, ...settings, weights, signal })));
    const drafter = drafting && new Drafter(drafting, slots, capacity);
    const memory = new Slots([step, verifier], { slots, capacity, vocabSize, snapshots });
    const serving = new Serving(memory, config, {
      queue,
      chunk,
      sharedChunk: Math.min(chunk, sharedChunk),
      prefixCache,
      guesses,
      drafter,
    });
    return tokenizer ? withTokenizer(serving, tokenizer) : serving;
  } catch (error) {
    for (const session of sessions) session.dispose();
    throw error;
  }
}

/** @throws Error where there is no checkpoint, or one without multi-token prediction */
function withMtp(checkpoint: Checkpoint | undefined): Checkpoint {
  if (checkpoint && hasMtp({ checkpoint })) return checkpoint;
  throw new Error(
    `${checkpoint?.source ?? "the model"}: has no tensor "mtp.fc.weight", so it predicts no ` +
      'further tokens; guess by "lookup", or not at all',
  );
}

/** The state's arrays as ports of the step program. */
export const statePorts = (config: DecoderConfig): Port[] =>
  Array.from(decoderState(config), ([name, array]) => ({
    name,
    dtype: stateDType(array),
    shape: stateShape(array, dim("batch"), dim("capacity")),
  }));

/** About what a model's weights take in f32; experts are not packed. */
function weightBytes(c: DecoderConfig): number {
  const attention = 2 * (c.heads + c.kvHeads) * c.headDim * c.hiddenSize;
  const layer = attention + 3 * c.hiddenSize * c.intermediateSize;
  return 4 * (c.layers * layer + 2 * c.vocabSize * c.hiddenSize);
}

/** Tokens that each slot has room for. */
function capacityOf(
  bytes: { readonly perToken: number; readonly fixed: number },
  limit: number,
  { context, memory }: EngineOptions,
  { slots, snapshots }: { readonly slots: number; readonly snapshots: number },
): number {
  const budget = memory ?? freemem() / 2;
  const fixed = (slots + snapshots) * bytes.fixed;
  const fitting = Math.floor((budget - fixed) / slots / bytes.perToken);
  const wanted = Math.min(limit, context ?? DEFAULT_CONTEXT);
  if (fitting >= wanted) return wanted;
  if (context === undefined && fitting >= 2) return fitting;
  const needed = fixed + slots * wanted * bytes.perToken;
  const mega = (n: number): string => `${Math.ceil(n / 1e6)} MB`;
  throw new RangeError(
    `createEngine: ${slots} slots of ${wanted} tokens need ${mega(needed)} of cache, but ` +
      `${mega(budget)} are allowed; take fewer slots or a smaller context`,
  );
}

function withTokenizer(serving: Serving, tokenizer: Tokenizer): Engine {
  return {
    contextLimit: serving.contextLimit,
    generate: (request: EngineRequest, n?: number) =>
      serving.generate({ tokenizer, ...request }, n),
    get stats() {
      return serving.stats;
    },
    [Symbol.dispose]: () => serving.dispose(),
  };
}
