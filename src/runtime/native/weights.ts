/**
 * Hands weights to a session as memory that JavaScript owns.
 *
 * The model declares them as external data, which the engine knows two ways to supply:
 * - AddInitializer: the session uses our memory in place. The optimiser does not know of it: where
 *   it wants to see a value (to fold a constant), it looks for the declared file.
 * - AddExternalInitializers: the optimiser sees the values, but ONNX Runtime 1.30 copies them all.
 * So large weights go the first way and small ones both ways. The declared file is an empty one:
 * a session that would fold a large weight fails to load, never computes with other bytes, and is
 * then loaded the second way. (Measured, 311 MB of weights: the first way adds nothing to resident
 * memory and loads in 0.2 s; the second peaks at twice the weights and takes 1 s.)
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NDArray } from "../../graph/ndarray.ts";
import type { Program, WeightSource } from "../../graph/program.ts";
import { checkArray } from "../check.ts";
import { EngineError } from "../engine-error.ts";
import type { Env } from "./env.ts";
import { check } from "./error.ts";
import type { Pointer } from "./ffi.ts";
import { encodeNames, pointerArray } from "./names.ts";
import { createValue } from "./value.ts";

/** `location` of every external initialiser in a program's model. */
const externalLocation = "weights";

/** Weights up to this size are shown to the optimiser: scales, zero points, small norms. */
const visibleBytes = 4096;

export interface Weights {
  /** Gives the weights to options, `visible` ones or all of them open to the optimiser. */
  addTo(options: Pointer, visible: "small" | "all"): void;
  /** To be called after the session is released: it uses the values and their memory. */
  release(): void;
}

/** Asks the source for every weight and checks each against its port. */
export function loadWeights(env: Env, program: Program, source: WeightSource | undefined): Weights {
  const { api } = env;
  const { weights } = program;
  if (weights.length > 0 && !source) {
    throw new Error(
      `the program has ${weights.length} weights ("${weights[0].name}", ...); ` +
        "pass `weights` to createSession",
    );
  }
  const names = encodeNames(
    api,
    weights.map((port) => port.name),
  );
  const entries: { name: string; array: NDArray; value: Pointer }[] = [];
  const release = () => {
    for (const { value } of entries) api.ReleaseValue(value);
    entries.length = 0;
  };
  try {
    for (const port of weights) {
      const array = source?.(port);
      if (!array) throw new Error(`the weight source has nothing for "${port.name}"`);
      checkArray("weight", port, array);
      checkStaticShape(port.name, port.shape, array);
      entries.push({ name: port.name, array, value: createValue(env, array) });
    }
  } catch (error) {
    release();
    throw error;
  }
  return { addTo, release };

  function addTo(options: Pointer, visible: "small" | "all"): void {
    for (const { name, value } of entries) {
      check(api, api.AddInitializer(options, name, value), `handing over weight "${name}"`);
    }
    const shown = entries.filter(
      ({ array }) => visible === "all" || array.data.byteLength <= visibleBytes,
    );
    if (shown.length === 0) return;
    const nameArray = pointerArray(shown.length);
    const values = pointerArray(shown.length);
    shown.forEach(({ name, value }, i) => {
      nameArray[i] = names.addresses.get(name) ?? 0n;
      values[i] = value;
    });
    const status = api.AddExternalInitializers(options, nameArray, values, shown.length);
    check(api, status, "handing over the weights");
  }
}

function checkStaticShape(name: string, shape: readonly unknown[], array: NDArray): void {
  if (shape.every((d, i) => d === array.shape[i])) return;
  throw new Error(
    `weight "${name}" has shape [${array.shape.join(", ")}], expected [${shape.join(", ")}]`,
  );
}

/** Config entry that names the folder of the empty file. */
export const externalFolderKey = "session.model_external_initializers_file_folder_path";

/**
 * Runs `load` with a folder that holds the empty file (only loading looks at it), or with
 * undefined where no temporary file can be written.
 */
export async function withEmptyFile<T>(load: (folder?: string) => Promise<T>): Promise<T> {
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(tmpdir(), "onefold-"));
    writeFileSync(join(folder, externalLocation), "");
  } catch {
    folder = undefined; // no room or no permission: the weights are copied instead
  }
  try {
    return await load(folder);
  } finally {
    if (folder) rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether loading failed because the optimiser wanted the bytes of a large weight. */
export const wantsWeightBytes = (error: unknown): boolean =>
  error instanceof EngineError && /external (data|initializer)/i.test(error.message);
