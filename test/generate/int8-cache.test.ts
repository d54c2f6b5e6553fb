/** Sessions and engines whose keys and values are held in 8 bits. */

import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDecoderSession, createEngine } from "../../src/generate/index.ts";
import { loadTokenizer } from "../../src/media/text/index.ts";
import { createComparison, loadModel, type Model } from "../../src/models/index.ts";
import { alone, collect, collectAll } from "./engine/support.ts";

const folder = join(import.meta.dirname, "../../models/onefold-mini");

const conversation = `<|im_start|>user
What is 12 + 30?<|im_end|>
<|im_start|>assistant
<think>
12 + 30: 2 + 0 = 2; 1 + 3 = 4. So 42.
</think>

42<|im_end|>
<|im_start|>user
Reverse the word: planet<|im_end|>
<|im_start|>assistant
`;

let cacheDir: string;
let floats: Model;
let model: Model;
let ids: number[];

beforeAll(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "onefold-int8-cache-"));
  floats = await loadModel(folder);
  model = await loadModel(folder, { kvCache: "int8", quantCacheDir: cacheDir });
  ids = Array.from((await loadTokenizer(folder)).encode(conversation));
}, 60_000);

afterAll(async () => {
  floats[Symbol.dispose]();
  model[Symbol.dispose]();
  await rm(cacheDir, { recursive: true });
});

/** Largest distance, for logits of up to 20. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let worst = 0;
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i]! - b[i]!));
  return worst;
}

describe("an 8-bit cache", { timeout: 60_000 }, () => {
  it("predicts what a cache in floats does: KL below 0.01, the same token 19 times of 20", async () => {
    using a = await createDecoderSession(floats);
    using b = await createDecoderSession(model);
    const comparison = createComparison(model.config.vocabSize);
    for (let i = 0; i + 1 < ids.length; i++) {
      await a.step(ids[i]!);
      await b.step(ids[i]!);
      comparison.add(a.logits, b.logits, [ids[i + 1]!]);
    }
    const { kl, agreement } = comparison.result();
    expect(kl).toBeLessThan(0.01);
    expect(kl).toBeGreaterThan(0); // it is another computation
    expect(agreement).toBeGreaterThan(0.95);
  });

  it("reads a prompt in chunks as in one run, and token by token", async () => {
    using whole = await createDecoderSession(model);
    await whole.prefill(ids);
    for (const chunk of [1, 7, 40]) {
      using pieces = await createDecoderSession(model, { chunk, capacity: 16 });
      await pieces.prefill(ids);
      // A number may be rounded the other way where its sum was taken in another order.
      expect(distance(pieces.logits, whole.logits)).toBeLessThan(0.3);
    }
  });

  it("steps sequences of different lengths side by side, and goes back", async () => {
    using pair = await createDecoderSession(model, { batch: 2, capacity: 8 });
    await pair.prefill(ids.slice(0, 30), { row: 0 });
    await pair.prefill(ids.slice(0, 11), { row: 1 });
    await pair.step([ids[30]!, ids[11]!]);
    await pair.step([ids[31]!, -1]);
    using one = await createDecoderSession(model);
    await one.prefill(ids.slice(0, 12));
    await pair.step([ids[32]!, ids[12]!]);
    await one.step(ids[12]!);
    expect(distance(pair.logitsOf(1), one.logits)).toBeLessThan(0.3);
    await one.resume(ids.slice(0, 33));
    expect(distance(pair.logitsOf(0), one.logits)).toBeLessThan(0.3);
    const back = [...ids.slice(0, 20), ...ids.slice(40, 60)];
    expect(await pair.resume(back, { row: 0 })).toBe(20);
    await one.resume(back);
    expect(distance(pair.logitsOf(0), one.logits)).toBeLessThan(0.3);
  });

  it("serves requests side by side as each alone, keeps prefixes, and takes a quarter", async () => {
    using engine = await createEngine(model, undefined, {
      slots: 3,
      context: 256,
      sharedChunk: 16,
    });
    const prompts = [ids, ids.slice(0, 9), ids.slice(20, 50)];
    const requests = prompts.map((prompt) => ({ prompt, maxTokens: 8 }));
    const answers = await collectAll(requests.flatMap((request) => engine.generate(request)));
    for (const [i, { prompt }] of requests.entries()) {
      expect(answers[i]!.tokens).toEqual((await alone(model, prompt, { maxTokens: 8 })).tokens);
    }
    const again = await collect(engine.generate({ prompt: ids, maxTokens: 8 })[0]!);
    expect(again.tokens).toEqual(answers[0]!.tokens);
    expect(again.end.cachedTokens).toBeGreaterThan(ids.length - 3);
    using wide = await createEngine(floats, undefined, { slots: 3, context: 256 });
    expect(wide.stats.cacheBytes).toBe(4 * engine.stats.cacheBytes);
  });

  it("keeps the scales on disk, and finds them anew where they are damaged", async () => {
    const [name, ...others] = await readdir(cacheDir);
    expect(others).toEqual([]);
    const scale = "model.layers.0.self_attn.key_cache.scale";
    const port = { name: scale, dtype: "f32", shape: [] } as const;
    const scalesOf = (m: Model) => Array.from(m.weights(port).data, Number);
    const expected = scalesOf(model);
    expect(Math.min(...expected)).toBeGreaterThan(0);
    using again = await loadModel(folder, { kvCache: "int8", quantCacheDir: cacheDir });
    expect(scalesOf(again)).toEqual(expected);
    const files = await readdir(join(cacheDir, name!));
    for (const file of files) await writeFile(join(cacheDir, name!, file), "damaged");
    using anew = await loadModel(folder, { kvCache: "int8", quantCacheDir: cacheDir });
    expect(scalesOf(anew)).toEqual(expected);
  });
});
