/** This library, at f32 or quantised. */

import { argmax } from "../../src/generate/candidates.ts";
import { createDecoderSession } from "../../src/generate/decoder-session.ts";
import { loadModel } from "../../src/models/load.ts";
import { clock } from "./clock.ts";
import type { EngineSpec, OpenOptions, PeerEngine } from "./types.ts";

export async function openOnefold(
  { type }: EngineSpec,
  { path, threads, context, cache }: OpenOptions,
): Promise<PeerEngine> {
  const quant = type === "int8" || type === "int4" ? type : undefined;
  const model = await loadModel(path, { quant, quantCacheDir: cache });
  const options = { engine: { threads }, capacity: context };
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
