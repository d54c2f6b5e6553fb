/** Where the engine's shared library is. */

import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Shared-library names of the onnxruntime-node package, by platform. */
const names: Partial<Record<NodeJS.Platform, RegExp>> = {
  linux: /^libonnxruntime\.so(\.\d+)*$/,
  darwin: /^libonnxruntime(\.\d+)*\.dylib$/,
  win32: /^onnxruntime\.dll$/,
};

/**
 * Path of the ONNX Runtime shared library: `ONEFOLD_ORT_LIBRARY` (any other build, e.g. with
 * CUDA), else the one inside the onnxruntime-node package.
 * @throws where there is none for this platform and architecture
 */
export function findLibrary(env: NodeJS.ProcessEnv = process.env): string {
  const chosen = env.ONEFOLD_ORT_LIBRARY;
  if (chosen) {
    if (existsSync(chosen)) return chosen;
    throw new Error(
      `ONEFOLD_ORT_LIBRARY names ${chosen}, which does not exist; ` +
        "give the path of an ONNX Runtime shared library or unset the variable",
    );
  }
  const here = `${process.platform}/${process.arch}`;
  const folder = join(packageFolder(), "bin", "napi-v6", process.platform, process.arch);
  const pattern = names[process.platform];
  const file = pattern && existsSync(folder) && readdirSync(folder).find((f) => pattern.test(f));
  if (file) return join(folder, file);
  throw new Error(
    `onnxruntime-node has no library for ${here} in ${folder}; ` +
      "set ONEFOLD_ORT_LIBRARY to the path of an ONNX Runtime shared library for it",
  );
}

function packageFolder(): string {
  const { resolve } = createRequire(import.meta.url);
  try {
    return dirname(resolve("onnxruntime-node/package.json"));
  } catch {
    // A package with an `exports` map may hide its package.json; the entry point is in dist/.
  }
  try {
    return dirname(dirname(resolve("onnxruntime-node")));
  } catch {
    throw new Error(
      "the package onnxruntime-node is not installed; run `npm install onnxruntime-node` " +
        "or set ONEFOLD_ORT_LIBRARY to an ONNX Runtime shared library",
    );
  }
}
