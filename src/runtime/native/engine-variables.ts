/** Environment variables that the engine reads, set where its C code sees them. */

import { isMainThread } from "node:worker_threads";
import { loadKoffi } from "./ffi.ts";

const variables: Readonly<Record<string, string>> = {
  /**
   * ONNX Runtime 1.30 for Linux collects usage data unless told otherwise: it keeps an id of the
   * device and a database of runs in ~/.cache/Microsoft and sends them. It reads the command line
   * for that, prompts in it included, and overflows the stack where that has more than 8 KB.
   */
  ORT_DISABLE_TELEMETRY: "1",
  /**
   * GroupQueryAttention of ONNX Runtime 1.30 has a second, tiled kernel, which also computes the
   * masked half: 43 ms of processor time against 26 for a prompt of 512 (16 heads of 128), no
   * different for a step or behind 2,000 tokens. It saves the memory of the scores; callers keep
   * that small by splitting prompts. The engine reads the variable whenever it creates the kernel.
   */
  ORT_GQA_DISABLE_FLASH_ATTENTION: "1",
};

/** Sets those that the user has not set. To be called before the engine's environment is made. */
export async function setEngineVariables(): Promise<void> {
  // What a worker writes to process.env stays in its own copy.
  const setenv =
    isMainThread || process.platform === "win32"
      ? undefined
      : (await loadKoffi()).load(null).func("int setenv(const char *, const char *, int)");
  for (const [name, value] of Object.entries(variables)) {
    process.env[name] ??= value;
    setenv?.(name, value, 0);
  }
}
