/** A repeated run over fixed memory. */

import type { NDArray } from "../../graph/ndarray.ts";
import type { Port, Program } from "../../graph/program.ts";
import { checkArray, checkInputs, checkOutput } from "../check.ts";
import type { BoundRun, NDArrays } from "../types.ts";
import type { Env } from "./env.ts";
import { toError } from "./error.ts";
import { closeWithOwner, forgetOwner, type NativeHandle } from "./handle.ts";
import { type CNames, pointerArray } from "./names.ts";
import { execute, type NativeCall, runNow } from "./run.ts";
import { createValue } from "./value.ts";

export class NativeBoundRun implements BoundRun {
  readonly #env: Env;
  /** The session object: while bound runs live it must not be collected, which disposes it. */
  readonly #owner: object;
  readonly #program: Program;
  readonly #session: NativeHandle;
  readonly #inputs: Record<string, NDArray>;
  readonly #outputs: Record<string, NDArray>;
  readonly #outputPorts: readonly Port[];
  readonly #call: NativeCall;
  readonly #names: CNames;
  /** What the safety net needs; does not refer to this object. */
  readonly #state = { running: false, disposed: false };
  /** Shapes changed since they were last checked against each other. */
  #changed = true;

  constructor(
    owner: object,
    env: Env,
    program: Program,
    session: NativeHandle,
    names: CNames,
    arrays: { readonly inputs: NDArrays; readonly outputs: NDArrays },
  ) {
    this.#owner = owner;
    this.#env = env;
    this.#program = program;
    this.#session = session;
    this.#names = names;
    this.#inputs = { ...arrays.inputs };
    this.#outputs = { ...arrays.outputs };
    const known = new Map(program.outputs.map((port) => [port.name, port]));
    this.#outputPorts = Object.keys(arrays.outputs).map((name) => {
      const port = known.get(name);
      if (port) return port;
      const all = [...known.keys()].join(", ");
      throw new Error(`output "${name}" is unknown to the program; its outputs: ${all}`);
    });
    this.#checkShapes();
    const address = (port: Port) => names.addresses.get(port.name) ?? 0n;
    const call = {
      inputNames: pointerArray(program.inputs.length),
      inputs: pointerArray(program.inputs.length),
      outputNames: pointerArray(this.#outputPorts.length),
      outputs: pointerArray(this.#outputPorts.length),
    };
    this.#call = call;
    const { ReleaseValue } = env.api;
    const release = () => {
      for (const values of [call.inputs, call.outputs]) {
        for (const value of values) if (value) ReleaseValue(value);
        values.fill(0n);
      }
    };
    try {
      program.inputs.forEach((port, i) => {
        call.inputNames[i] = address(port);
        call.inputs[i] = createValue(env, this.#inputs[port.name]);
      });
      this.#outputPorts.forEach((port, i) => {
        call.outputNames[i] = address(port);
        call.outputs[i] = createValue(env, this.#outputs[port.name]);
      });
    } catch (error) {
      release();
      throw error;
    }
    this.#release = release;
    closeWithOwner(this, release);
  }

  readonly #release: () => void;

  async run(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#begin();
    try {
      await execute(this.#env.api, this.#session, this.#call, this.#program.provenance, signal);
    } finally {
      this.#end();
    }
  }

  runSync(): void {
    const { api } = this.#env;
    this.#begin();
    try {
      const status = runNow(api, this.#session.pointer, this.#call);
      const error = toError(api, status, "run", this.#program.provenance);
      if (error) throw error;
    } finally {
      this.#end();
    }
  }

  rebind(name: string, array: NDArray): void {
    this.#refuseBusy();
    const input = this.#program.inputs.findIndex((port) => port.name === name);
    const output = this.#outputPorts.findIndex((port) => port.name === name);
    if (input < 0 && output < 0) {
      const bound = [...Object.keys(this.#inputs), ...Object.keys(this.#outputs)].join(", ");
      throw new Error(`rebind: "${name}" is not bound; bound are: ${bound}`);
    }
    if (input >= 0) {
      checkArray("input", this.#program.inputs[input], array);
      this.#replace(this.#call.inputs, input, array);
      this.#inputs[name] = array;
    }
    if (output >= 0) {
      checkArray("output", this.#outputPorts[output], array);
      this.#replace(this.#call.outputs, output, array);
      this.#outputs[name] = array;
    }
    this.#changed = true;
  }

  dispose(): void {
    if (this.#state.disposed) return;
    this.#state.disposed = true;
    forgetOwner(this);
    if (!this.#state.running) this.#release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #begin(): void {
    this.#refuseBusy();
    if (this.#changed) this.#checkShapes();
    this.#state.running = true;
  }

  #end(): void {
    this.#state.running = false;
    if (this.#state.disposed) this.#release();
  }

  #refuseBusy(): void {
    if (this.#state.disposed) throw new Error("this bound run was disposed; bind again");
    void this.#owner;
    void this.#names; // the C strings live as long as this object does
    if (this.#state.running) {
      throw new Error("this bound run is already running; await it, or bind a second one");
    }
  }

  #checkShapes(): void {
    const symbols = checkInputs(this.#program.inputs, this.#inputs);
    for (const port of this.#outputPorts) checkOutput(port, this.#outputs[port.name], symbols);
    this.#changed = false;
  }

  #replace(values: BigUint64Array, at: number, array: NDArray): void {
    const value = createValue(this.#env, array);
    this.#env.api.ReleaseValue(values[at]);
    values[at] = value;
  }
}
