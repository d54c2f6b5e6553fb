/** The step program in the engine, in two layouts of its products where that pays. */

import type { NDArray } from "../graph/ndarray.ts";
import type { Port, Program, WeightSource } from "../graph/program.ts";
import type { DecoderConfig } from "../models/decoder.ts";
import type { Model } from "../models/load.ts";
import { stepProgram } from "../models/programs.ts";
import {
  createSession,
  type NDArrays,
  type RunOptions,
  type Session,
  type SessionOptions,
} from "../runtime/index.ts";

/** Weights of fewer numbers stay in the processor's cache: nothing is gained (measured). */
const COLUMNS_FROM = 1 << 20;

/** Most rows (sequences times tokens) of a run with weights on the left (measured). */
const MOST_COLUMNS = 128;

/**
 * Most rows of a run over a model's form for steps. The products of Qwen3-0.6B's layers take 20 ms
 * in int4 and 15 ms in int8 for 4 rows, 38 and 17 for 8, before what rounding activations adds in
 * int8 (AVX-512 VNNI, AMX).
 */
const MOST_STEPS = 4;

export interface StepSessionOptions {
  /** What is run (default: `stepProgram`, which takes the next two options). */
  readonly program?: (c: DecoderConfig, options: { readonly columnsFrom?: number }) => Program;
  /** The logits of every token rather than of the last one of each sequence (default false). */
  readonly everyLogit?: boolean;
  /** Also give `hidden`, see `stepProgram` (default false). */
  readonly withHidden?: boolean;
  /** Threads and other settings of the engine. */
  readonly engine?: Omit<SessionOptions, "weights" | "signal">;
  /** Gives up the loading. */
  readonly signal?: AbortSignal;
}

/** Weights in one form; `checkpoint`: the file they are read from. */
type Form = Pick<Model, "config" | "weights"> & Partial<Pick<Model, "checkpoint">>;

/** A model as a step session takes it. */
export type StepModel = Form & { readonly steps?: Form };

/**
 * Loads the step program of a model. f32 weights are multiplied where the checkpoint has them:
 * packing them would hold them twice, and steps are no faster for it. Large ones then stand on the
 * left of their products, which suits steps of one and of many sequences and short prompts. The
 * first run of more than 128 rows loads the program a second time, with them on the right; both
 * share the weights' memory. Quantised weights have to be packed, and have one layout; a model
 * that holds them in two forms has a program for each.
 *
 * @param model must stay open while the session lives
 */
export async function createStepSession(
  model: StepModel,
  { engine, signal, program, ...outputs }: StepSessionOptions = {},
): Promise<Session> {
  const programOf = program ?? ((c, options) => stepProgram(c, { ...outputs, ...options }));
  const { config, weights, steps } = model;
  const isQuantized = config.quantized !== undefined;
  const settings = { prepack: isQuantized, ...engine };
  const load = async (of: Form): Promise<Session> => {
    const session = await createSession(programOf(of.config, {}), {
      ...settings,
      weights: of.weights,
      signal,
    });
    if (isQuantized && settings.prepack) releasePages(of);
    return session;
  };
  if (steps) {
    const few = await load(steps);
    const session = new StepSession(few, MOST_STEPS, () => load(model));
    try {
      await session.load();
      return session;
    } catch (error) {
      session.dispose();
      throw error;
    }
  }
  if (settings.prepack || !hasLargeWeights(config)) return load(model);
  const shared = keepWeights(weights);
  const left = programOf(config, { columnsFrom: COLUMNS_FROM });
  const session = await createSession(left, { ...settings, weights: shared, signal });
  return new StepSession(session, MOST_COLUMNS, () =>
    createSession(programOf(config, {}), { ...settings, weights: shared }),
  );
}

/** The engine now has copies in its own layout; what it still reads of the file comes back. */
function releasePages({ checkpoint }: Form): void {
  for (const name of checkpoint?.names ?? []) checkpoint!.release(name);
}

/** Whether any weight is large enough to be multiplied from the left. */
function hasLargeWeights(c: DecoderConfig): boolean {
  const widest = Math.max(c.intermediateSize, c.heads * c.headDim, c.vocabSize);
  return c.hiddenSize * widest >= COLUMNS_FROM;
}

/** The same arrays for every session: a weight that is converted when read is converted once. */
export function keepWeights(source: WeightSource): WeightSource {
  const kept = new Map<string, NDArray>();
  return (port: Port) => {
    const array = kept.get(port.name) ?? source(port);
    kept.set(port.name, array);
    return array;
  };
}

/** A session whose runs of many rows go to a second one; so do bound runs once that is loaded. */
class StepSession implements Session {
  readonly #few: Session;
  readonly #mostFew: number;
  readonly #createMany: () => Promise<Session>;
  #loading: Promise<Session> | undefined;
  #many: Session | undefined;
  #isDisposed = false;

  constructor(few: Session, mostFew: number, createMany: () => Promise<Session>) {
    this.#few = few;
    this.#mostFew = mostFew;
    this.#createMany = createMany;
  }

  get inputs() {
    return this.#few.inputs;
  }

  get outputs() {
    return this.#few.outputs;
  }

  async run(inputs: NDArrays, options: RunOptions = {}): Promise<Record<string, NDArray>> {
    if (this.#isFew(inputs)) return this.#few.run(inputs, options);
    options.signal?.throwIfAborted();
    const session = await this.load();
    return session.run(inputs, options);
  }

  runSync(inputs: NDArrays, options?: Omit<RunOptions, "signal">): ReturnType<Session["runSync"]> {
    return this.#loaded(inputs).runSync(inputs, options);
  }

  bind(arrays: Parameters<Session["bind"]>[0]): ReturnType<Session["bind"]> {
    return this.#loaded(arrays.inputs).bind(arrays);
  }

  endProfiling(): string {
    return this.#few.endProfiling();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#few.dispose();
    this.#loading?.then(
      (session) => session.dispose(),
      () => {},
    );
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Loads the second session, unless it is. */
  load(): Promise<Session> {
    this.#loading ??= this.#load().catch((error) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  #isFew = ({ tokens }: NDArrays): boolean => (tokens?.data.length ?? 0) <= this.#mostFew;

  #loaded(inputs: NDArrays): Session {
    return this.#isFew(inputs) ? this.#few : (this.#many ?? this.#few);
  }

  async #load(): Promise<Session> {
    const refusal = "this session was disposed; create another one";
    if (this.#isDisposed) throw new Error(refusal);
    const session = await this.#createMany();
    if (!this.#isDisposed) {
      this.#many = session;
      return session;
    }
    session.dispose();
    throw new Error(refusal);
  }
}
