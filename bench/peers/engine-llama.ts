/** llama.cpp through node-llama-cpp, which is installed in this folder alone. */

import { clock } from "./clock.ts";
import type { EngineSpec, OpenOptions, PeerEngine } from "./types.ts";

/** As much of node-llama-cpp's types as is used here: the checks run where it is not installed. */
interface NodeLlamaCpp {
  readonly LlamaLogLevel: { readonly error: string };
  getLlama(options: object): Promise<{
    readonly systemInfo: string;
    loadModel(options: object): Promise<{
      createContext(options: object): Promise<{ getSequence(): Sequence }>;
    }>;
  }>;
}
interface Sequence {
  clearHistory(): Promise<void>;
  evaluate(tokens: readonly number[], options: object): AsyncGenerator<number, void, void>;
}

export async function openLlama(
  { flashAttention }: EngineSpec,
  { path, threads, context }: OpenOptions,
): Promise<PeerEngine> {
  const { getLlama, LlamaLogLevel } = await importPeer();
  const llama = await getLlama({
    gpu: false,
    build: "never", // the prebuilt library for this processor
    skipDownload: true,
    maxThreads: 0, // a context has the threads it is given
    logLevel: LlamaLogLevel.error,
  });
  const model = await llama.loadModel({ modelPath: path, gpuLayers: 0 });
  const sequence = (
    await model.createContext({ contextSize: context, threads, flashAttention })
  ).getSequence();
  let tokens: AsyncGenerator<number, void, void> | undefined;
  const advance = async () => {
    const { done } = (await tokens?.next()) ?? { done: true };
    if (done) throw new Error(`${path}: node-llama-cpp stopped generating`);
  };
  return {
    async reset() {
      await tokens?.return();
      tokens = undefined;
      await sequence.clearHistory();
    },
    async feed(prompt) {
      await tokens?.return();
      tokens = sequence.evaluate(prompt, { temperature: 0, yieldEogToken: true });
      await advance();
    },
    async steps(count) {
      const times: number[] = [];
      for (let i = 0; i < count; i++) {
        const start = clock();
        await advance();
        times.push(clock() - start);
      }
      return times;
    },
  };
}

async function importPeer(): Promise<NodeLlamaCpp> {
  // From the sources' folder, also where this module runs from dist/.
  const here = import.meta.url.replace("/dist/bench/", "/bench/");
  const entry = new URL("node_modules/node-llama-cpp/dist/index.js", here);
  try {
    return (await import(entry.href)) as NodeLlamaCpp;
  } catch (error) {
    const cause = error as NodeJS.ErrnoException; // what import rejects with
    if (cause.code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new Error("node-llama-cpp is not installed: run `npm install --prefix bench/peers`");
  }
}
