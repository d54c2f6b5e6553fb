/** This library, at f32 or quantised, with a cache in f32 or in 8 bits. */

import { argmax } from "../../src/generate/candidates.ts";
import { createDecoderSession } from "../../src/generate/decoder-session.ts";
import { loadModel } from "../../src/models/load.ts";
import { engineInfo } from "../../src/runtime/index.ts";
import { clock } from "./clock.ts";
import type { EngineSpec, OpenOptions, PeerEngine } from "./types.ts";

export async function openOnefold(
  { type, kvCache }: EngineSpec,
  { path, threads, context, cache }: OpenOptions,
): Promise<PeerEngine> {
  const quant = type === "f32" ? undefined : (type as "int8" | "int4" | "mixed"); // see `engines`
  const model = await loadModel(path, { quant, kvCache, quantCacheDir: cache });
  // The shared pool is what users get; another number of threads takes a pool of its own.
  const isShared = threads === (await engineInfo()).threads;
  const options = { engine: isShared ? {} : { threads }, capacity: context };
  const session = await createDecoderSession(model, options);
  let next = 0;
  return {
    async reset() {
      session.truncate(0);
    },
    async feed(tokens) {
      await session.prefill(tokens);
      next = argmax(session.logits);
    },
    async steps(count) {
      const times: number[] = [];
      for (let i = 0; i < count; i++) {
        const start = clock();
        await session.step(next);
        next = argmax(session.logits);
        times.push(clock() - start);
      }
      return times;
    },
  };
}
