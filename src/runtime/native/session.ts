/** A program loaded into the engine. */

import { dtypes } from "../../graph/dtype.ts";
import { type NDArray, sizeOf } from "../../graph/ndarray.ts";
import type { Port, Program } from "../../graph/program.ts";
import { checkInputs, checkOutput, resolveShape, type Symbols } from "../check.ts";
import { EngineError } from "../engine-error.ts";
import type { BoundRun, NDArrays, RunOptions, Session, SessionOptions } from "../types.ts";
import { NativeBoundRun } from "./bound.ts";
import { type Env, loadEnv, receive } from "./env.ts";
import { check, toError } from "./error.ts";
import type { Pointer } from "./ffi.ts";
import { closeWithOwner, forgetOwner, NativeHandle } from "./handle.ts";
import { type CNames, encodeNames, pointerArray } from "./names.ts";
import { createOptions, usesPool } from "./options.ts";
import { execute, type NativeCall, runNow } from "./run.ts";
import { copyValue, createValue } from "./value.ts";
import {
  externalFolderKey,
  loadWeights,
  type Weights,
  wantsWeightBytes,
  withEmptyFile,
} from "./weights.ts";

/**
 * Loads a program off the event loop. The weights' memory is used in place and must stay
 * unchanged until the session is disposed.
 * @throws EngineError where the engine refuses the program, Error where weights do not fit it
 */
export async function createSession(
  program: Program,
  options: SessionOptions = {},
): Promise<NativeSession> {
  const { signal } = options;
  signal?.throwIfAborted();
  const env = await loadEnv();
  const weights = loadWeights(env, program, options.weights);
  try {
    const pointer = await withEmptyFile(async (folder) => {
      if (!folder) return load(env, program, options, weights);
      try {
        return await load(env, program, options, weights, folder);
      } catch (error) {
        if (wantsWeightBytes(error)) return load(env, program, options, weights);
        throw error;
      }
    });
    return new NativeSession(env, program, pointer, weights);
  } catch (error) {
    weights.release();
    throw error;
  }
}

/** Without a folder the engine copies the weights for its optimiser. */
async function load(
  env: Env,
  program: Program,
  options: SessionOptions,
  weights: Weights,
  folder?: string,
): Promise<Pointer> {
  const wantsPool = usesPool(env, options);
  try {
    return await loadOnce(env, program, options, weights, folder);
  } catch (error) {
    if (!(wantsPool && hasNoPool(error))) throw error;
    env.hasPool = false;
    return loadOnce(env, program, options, weights, folder);
  }
}

/** Whether the environment is one that another user of the library made, without thread pools. */
const hasNoPool = (error: unknown): boolean =>
  error instanceof EngineError && error.message.includes("WithGlobalThreadPools");

async function loadOnce(
  env: Env,
  program: Program,
  options: SessionOptions,
  weights: Weights,
  folder?: string,
): Promise<Pointer> {
  const { api } = env;
  const { signal } = options;
  const native = createOptions(env, options);
  const cancel = () => void api.SessionOptionsSetLoadCancellationFlag(native, true);
  try {
    if (folder) {
      check(api, api.AddSessionConfigEntry(native, externalFolderKey, folder), "weights folder");
    }
    weights.addTo(native, folder ? "small" : "all");
    const out = pointerArray(1);
    const { model } = program;
    signal?.addEventListener("abort", cancel, { once: true });
    const status = await new Promise<Pointer | null>((resolve, reject) => {
      api.CreateSessionFromArray.async(
        env.pointer,
        model,
        model.byteLength,
        native,
        out,
        (error, result) => (error ? reject(error) : resolve(result)),
      );
    });
    const error = toError(api, status, "loading the program", program.provenance);
    if (error) {
      signal?.throwIfAborted();
      throw error;
    }
    return out[0];
  } finally {
    signal?.removeEventListener("abort", cancel);
    api.ReleaseSessionOptions(native);
  }
}

export class NativeSession implements Session {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly #env: Env;
  readonly #program: Program;
  readonly #handle: NativeHandle;
  readonly #names: CNames;
  readonly #outputByName: ReadonlyMap<string, Port>;

  constructor(env: Env, program: Program, pointer: Pointer, weights: Weights) {
    this.#env = env;
    this.#program = program;
    this.inputs = program.inputs;
    this.outputs = program.outputs;
    this.#outputByName = new Map(program.outputs.map((port) => [port.name, port]));
    this.#names = encodeNames(
      env.api,
      [...program.inputs, ...program.outputs].map((port) => port.name),
    );
    const { ReleaseSession } = env.api;
    // The closure is what keeps the weights' memory for as long as the engine may read it.
    const handle = new NativeHandle("session", pointer, (p) => {
      ReleaseSession(p);
      weights.release();
    });
    this.#handle = handle;
    closeWithOwner(this, () => handle.close());
  }

  async run(inputs: NDArrays, options: RunOptions = {}): Promise<Record<string, NDArray>> {
    options.signal?.throwIfAborted();
    const call = this.#prepare(inputs, options);
    try {
      await execute(this.#env.api, this.#handle, call, this.#program.provenance, options.signal);
      return this.#collect(call);
    } finally {
      this.#release(call);
    }
  }

  runSync(inputs: NDArrays, options: Omit<RunOptions, "signal"> = {}): Record<string, NDArray> {
    const { api } = this.#env;
    const call = this.#prepare(inputs, options);
    try {
      const status = runNow(api, this.#handle.pointer, call);
      const error = toError(api, status, "run", this.#program.provenance);
      if (error) throw error;
      return this.#collect(call);
    } finally {
      this.#release(call);
    }
  }

  bind(arrays: { readonly inputs: NDArrays; readonly outputs: NDArrays }): BoundRun {
    void this.#handle.pointer; // refuses a disposed session
    return new NativeBoundRun(this, this.#env, this.#program, this.#handle, this.#names, arrays);
  }

  endProfiling(): string {
    const { api, allocator } = this.#env;
    const session = this.#handle.pointer;
    const text = receive(
      api,
      (out) => api.SessionEndProfiling(session, allocator, out),
      "ending the profile",
    );
    try {
      const path = api.stringAt(text);
      if (!path) throw new Error("this session does not profile; create it with `profile`");
      return path;
    } finally {
      api.AllocatorFree(allocator, text);
    }
  }

  dispose(): void {
    forgetOwner(this);
    this.#handle.close();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Checks the arrays and makes the values of one run. */
  #prepare(inputs: NDArrays, options: RunOptions): PreparedCall {
    void this.#handle.pointer;
    const symbols = checkInputs(this.inputs, inputs);
    const fetched = this.#fetched(options);
    const call: PreparedCall = {
      inputNames: pointerArray(this.inputs.length),
      inputs: pointerArray(this.inputs.length),
      outputNames: pointerArray(fetched.length),
      outputs: pointerArray(fetched.length),
      fetched,
      arrays: fetched.map((port) => this.#outputArray(port, options.outputs, symbols)),
      kept: inputs,
    };
    try {
      this.inputs.forEach((port, i) => {
        call.inputNames[i] = this.#address(port.name);
        call.inputs[i] = createValue(this.#env, inputs[port.name]);
      });
      fetched.forEach((port, i) => {
        const array = call.arrays[i];
        call.outputNames[i] = this.#address(port.name);
        if (array) call.outputs[i] = createValue(this.#env, array);
      });
      return call;
    } catch (error) {
      this.#release(call);
      throw error;
    }
  }

  #address(name: string): Pointer {
    return this.#names.addresses.get(name) ?? 0n;
  }

  #fetched({ fetch, outputs }: RunOptions): Port[] {
    const names = fetch ?? (outputs && Object.keys(outputs));
    if (!names) return [...this.outputs];
    const all = new Set([...names, ...Object.keys(outputs ?? {})]);
    return [...all].map((name) => {
      const port = this.#outputByName.get(name);
      if (port) return port;
      const known = this.outputs.map((o) => o.name).join(", ");
      throw new Error(`output "${name}" is unknown to the program; its outputs: ${known}`);
    });
  }

  /**
   * Memory for an output: the caller's, else fresh memory of ours where the shape follows from the
   * inputs, so that nothing is copied. Only outputs of data-dependent shape are left to the engine
   * and copied afterwards: memory of the engine's is never handed out, because nothing could tell
   * it when JavaScript (or a worker it was transferred to) stops using it.
   */
  #outputArray(port: Port, given: NDArrays | undefined, symbols: Symbols): NDArray | undefined {
    const array = given?.[port.name];
    if (array) {
      checkOutput(port, array, symbols);
      return array;
    }
    const shape = resolveShape(port.shape, symbols);
    if (!shape) return undefined;
    const { bytes, array: TypedArray } = dtypes[port.dtype];
    const size = sizeOf(shape);
    const buffer = new ArrayBuffer(Math.max(size * bytes, 128));
    return { dtype: port.dtype, shape, data: new TypedArray(buffer, 0, size) };
  }

  #collect({ fetched, arrays, outputs }: PreparedCall): Record<string, NDArray> {
    return Object.fromEntries(
      fetched.map((port, i) => [port.name, arrays[i] ?? copyValue(this.#env.api, outputs[i])]),
    );
  }

  #release({ inputs, outputs }: PreparedCall): void {
    const { ReleaseValue } = this.#env.api;
    for (const value of inputs) if (value) ReleaseValue(value);
    for (const value of outputs) if (value) ReleaseValue(value);
  }
}

interface PreparedCall extends NativeCall {
  readonly fetched: readonly Port[];
  /** Our memory of each fetched output; undefined where the engine allocates. */
  readonly arrays: readonly (NDArray | undefined)[];
  /** Referenced so that the memory of the inputs outlives the run. */
  readonly kept: NDArrays;
}
