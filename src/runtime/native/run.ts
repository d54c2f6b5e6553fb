/** One call of the engine's Run. */

import type { OrtApi } from "./api.ts";
import { receive } from "./env.ts";
import { check, type Provenance, toError } from "./error.ts";
import type { Pointer } from "./ffi.ts";
import type { NativeHandle } from "./handle.ts";

/** Arrays of pointers, as Run takes them. */
export interface NativeCall {
  readonly inputNames: BigUint64Array;
  readonly inputs: BigUint64Array;
  readonly outputNames: BigUint64Array;
  /** OrtValues to write; 0 where the engine is to allocate, which then puts its value here. */
  readonly outputs: BigUint64Array;
}

/** Runs on this thread; returns the status. */
export function runNow(api: OrtApi, session: Pointer, call: NativeCall): Pointer | null {
  return api.Run(
    session,
    null,
    call.inputNames,
    call.inputs,
    call.inputs.length,
    call.outputNames,
    call.outputs.length,
    call.outputs,
  );
}

/** Runs on a thread of libuv's pool. The session stays loaded until the run is over. */
export async function execute(
  api: OrtApi,
  handle: NativeHandle,
  call: NativeCall,
  provenance: Provenance,
  signal: AbortSignal | undefined,
): Promise<void> {
  const session = handle.use();
  const cancellation = signal && createCancellation(api, signal);
  try {
    const status = await new Promise<Pointer | null>((resolve, reject) => {
      api.Run.async(
        session,
        cancellation?.options ?? null,
        call.inputNames,
        call.inputs,
        call.inputs.length,
        call.outputNames,
        call.outputs.length,
        call.outputs,
        (error, result) => (error ? reject(error) : resolve(result)),
      );
    });
    const error = toError(api, status, "run", provenance);
    if (error) {
      signal?.throwIfAborted();
      throw error;
    }
  } finally {
    cancellation?.close();
    handle.done();
  }
}

/** Run options whose terminate flag follows the signal. The engine looks at it between nodes. */
function createCancellation(api: OrtApi, signal: AbortSignal) {
  const options = receive(api, (out) => api.CreateRunOptions(out), "run options");
  const cancel = () => check(api, api.RunOptionsSetTerminate(options), "cancelling a run");
  signal.addEventListener("abort", cancel, { once: true });
  return {
    options,
    close(): void {
      signal.removeEventListener("abort", cancel);
      api.ReleaseRunOptions(options);
    },
  };
}
