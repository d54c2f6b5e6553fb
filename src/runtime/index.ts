/** Executes programs. Native code is loaded by the first call, not by the import. */

import type { Program } from "../graph/program.ts";
import type { EngineInfo, Runtime, Session, SessionOptions } from "./types.ts";

export { EngineError } from "./engine-error.ts";
export type {
  BoundRun,
  EngineInfo,
  NDArrays,
  RunOptions,
  Runtime,
  Session,
  SessionOptions,
} from "./types.ts";

/** The runtime of this platform. */
export async function loadRuntime(): Promise<Runtime> {
  return (await import("./native/index.ts")).runtime;
}

/**
 * Loads a program into the engine, off the event loop.
 *
 * @example
 * using session = await createSession(program, { weights: ({ name }) => tensors[name] });
 * const { logits } = await session.run({ tokens });
 *
 * @throws where the program is not valid, weights do not fit, or no engine library is found
 */
export async function createSession(program: Program, options?: SessionOptions): Promise<Session> {
  return (await loadRuntime()).createSession(program, options);
}

/** Library path, version, execution providers and threads of the engine. */
export async function engineInfo(): Promise<EngineInfo> {
  return (await loadRuntime()).engineInfo();
}
