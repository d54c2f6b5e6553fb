/** A prompt's rotary growth lives with its sequence: through generation, a second turn, a batch. */

import { join } from "node:path";
import { expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/index.ts";
import { createDecoderSession, generate } from "../../src/generate/index.ts";
import { loadModel } from "../../src/models/index.ts";

const folder = join(import.meta.dirname, "../fixtures/qwen/qwen-v1-long"); // seq_length 6

const load = async () => {
  const model = await loadModel(folder);
  using expected = await openCheckpoint(join(folder, "expected.safetensors"));
  const tokens = Array.from(expected.read("tokens").data as BigInt64Array, Number);
  const greedy = Array.from(expected.read("greedy").data as BigInt64Array, Number);
  return { model, rows: [tokens.slice(0, 24), tokens.slice(24)], greedy };
};

const worst = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0);

it("generates the reference's text, the cache growing meanwhile", async () => {
  const { model, rows, greedy } = await load();
  using _open = model;
  using session = await createDecoderSession(model, { capacity: 16, chunk: 4 });
  const produced: number[] = [];
  for await (const { token } of generate(session, rows[0]!.slice(0, 8), { maxTokens: 64 })) {
    produced.push(token);
  }
  expect(produced).toEqual(greedy);
});

it("computes a longer second prompt anew, as if it were the first", async () => {
  const { model, rows } = await load();
  using _open = model;
  using session = await createDecoderSession(model);
  await session.resume(rows[0]!.slice(0, 10));
  expect(await session.resume(rows[0]!)).toBe(0);
  using fresh = await createDecoderSession(model);
  await fresh.prefill(rows[0]!);
  expect(worst(session.logits, fresh.logits)).toBe(0);
});

it("keeps the growths of sequences side by side apart", async () => {
  const { model, rows } = await load();
  using _open = model;
  const [long, short] = [rows[0]!.slice(0, 23), rows[1]!.slice(0, 5)]; // growths 7 and 1
  using both = await createDecoderSession(model, { batch: 2 });
  await both.prefill(long, { row: 0 });
  await both.prefill(short, { row: 1 });
  await both.step([3, 4]);
  for (const [row, prompt] of [long, short].entries()) {
    using alone = await createDecoderSession(model);
    await alone.prefill(prompt);
    await alone.step(3 + row);
    expect(worst(both.logitsOf(row), alone.logits)).toBeLessThan(1e-4);
  }
});
