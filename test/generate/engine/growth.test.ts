/** What a long-lived engine holds must not depend on how many requests it has answered. */

import { expect, test } from "vitest";
import { createEngine, type Engine } from "../../../src/generate/index.ts";
import { createRandom } from "../../../src/nn/random.ts";
import { collectGarbage } from "../../runtime/garbage.ts";
import { collect, fixture, until } from "./support.ts";

/** Bytes that this process holds in its heap and in arrays, nothing of it garbage. */
async function held(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    collectGarbage();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const ALLOWED = 3e6; // a leak of 2 kB a request shows; compiled code and counters do not

async function serve(engine: Engine, requests: number, seed: number): Promise<void> {
  const random = createRandom(seed);
  const one = async (): Promise<void> => {
    const prompt = Array.from({ length: 1 + random.below(24) }, () => random.below(90));
    const stop = new AbortController();
    const [answer, ...others] = engine.generate(
      {
        prompt,
        maxTokens: 1 + random.below(4),
        client: `${random.below(5000)}`,
        signal: stop.signal,
        ...(random.below(2) ? { temperature: 1, repetitionPenalty: 1.1 } : {}),
        ...(random.below(4) ? {} : { logprobs: 2 }),
      },
      1 + random.below(2),
    );
    const fate = random.below(6);
    if (fate === 0) stop.abort();
    if (fate === 1) await answer!.return(undefined as never);
    await Promise.all([answer!, ...others].map(collect));
  };
  for (let sent = 0; sent < requests; sent += 10) {
    await Promise.all(Array.from({ length: 10 }, one));
  }
  await until(() => engine.stats.running === 0 && engine.stats.waiting === 0);
}

test.each(["qwen3-tied", "qwen3-next-dense"])(
  "%s: 2,000 requests leave nothing behind",
  { timeout: 240_000 },
  async (name) => {
    using model = await fixture(name);
    using engine = await createEngine(model, undefined, { slots: 4, queue: 64 });
    await serve(engine, 1000, 1); // code is compiled, clients are remembered up to their limit
    const before = await held();
    await serve(engine, 2000, 2);
    expect((await held()) - before).toBeLessThan(ALLOWED);
  },
);
