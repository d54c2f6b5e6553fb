/** The step program in the engine, in two layouts of its products where that pays. */

import type { NDArray } from "../graph/ndarray.ts";
import type { Port, WeightSource } from "../graph/program.ts";
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

export interface StepSessionOptions {
  /** The logits of every token rather than of the last one of each sequence (default false). */
  readonly everyLogit?: boolean;
  /** Also give `hidden`, see `stepProgram` (default false). */
  readonly withHidden?: boolean;
  /** Threads and other settings of the engine. */
  readonly engine?: Omit<SessionOptions, "weights" | "signal">;
  /** Gives up the loading. */
  readonly signal?: AbortSignal;
}

/**
 * Loads the step program of a model. f32 weights are multiplied where the checkpoint has them:
 * packing them would hold them twice, and steps are no faster for it. Large ones then stand on the
 * left of their products, which suits steps of one and of many sequences and short prompts. The
 * first run of more than 128 rows loads the program a second time, with them on the right; both
 * share the weights' memory. Quantised weights have to be packed, and have one layout.
 *
 * @param model must stay open while the session lives
 */
export async function createStepSession(
  { config, weights }: Pick<Model, "config" | "weights">,
  { engine, signal, ...outputs }: StepSessionOptions = {},
): Promise<Session> {
  const isQuantized = config.quantized !== undefined;
  const settings = { prepack: isQuantized, ...engine };
  if (settings.prepack || !hasLargeWeights(config)) {
    return createSession(stepProgram(config, outputs), { ...settings, weights, signal });
  }
  const shared = keepWeights(weights);
  const program = stepProgram(config, { ...outputs, columnsFrom: COLUMNS_FROM });
  const session = await createSession(program, { ...settings, weights: shared, signal });
  return new StepSession(session, () =>
    createSession(stepProgram(config, outputs), { ...settings, weights: shared }),
  );
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

/** A session whose long runs go to a second one. Bound runs are always the first one's. */
class StepSession implements Session {
  readonly #columns: Session;
  readonly #createRows: () => Promise<Session>;
  #rows: Promise<Session> | undefined;
  #isDisposed = false;

  constructor(columns: Session, createRows: () => Promise<Session>) {
    this.#columns = columns;
    this.#createRows = createRows;
  }

  get inputs() {
    return this.#columns.inputs;
  }

  get outputs() {
    return this.#columns.outputs;
  }

  async run(inputs: NDArrays, options: RunOptions = {}): Promise<Record<string, NDArray>> {
    const rows = inputs.tokens?.data.length ?? 0;
    if (rows <= MOST_COLUMNS) return this.#columns.run(inputs, options);
    options.signal?.throwIfAborted();
    const session = await this.#long();
    return session.run(inputs, options);
  }

  runSync(inputs: NDArrays, options?: Omit<RunOptions, "signal">): ReturnType<Session["runSync"]> {
    return this.#columns.runSync(inputs, options);
  }

  bind(arrays: Parameters<Session["bind"]>[0]): ReturnType<Session["bind"]> {
    return this.#columns.bind(arrays);
  }

  endProfiling(): string {
    return this.#columns.endProfiling();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#columns.dispose();
    this.#rows?.then(
      (session) => session.dispose(),
      () => {},
    );
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #long(): Promise<Session> {
    this.#rows ??= this.#load().catch((error) => {
      this.#rows = undefined;
      throw error;
    });
    return this.#rows;
  }

  async #load(): Promise<Session> {
    const refusal = "this session was disposed; create another one";
    if (this.#isDisposed) throw new Error(refusal);
    const session = await this.#createRows();
    if (!this.#isDisposed) return session;
    session.dispose();
    throw new Error(refusal);
  }
}
