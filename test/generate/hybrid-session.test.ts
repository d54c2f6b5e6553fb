/** Sessions over recurrent state: it cannot be cut back, and rows that wait must not touch it. */

import { join } from "node:path";
import { expect, test } from "vitest";
import { createDecoderSession, type DecoderSession } from "../../src/generate/index.ts";
import { loadModel, type Model } from "../../src/models/index.ts";

const load = (name = "qwen3-next-dense") =>
  loadModel(join(import.meta.dirname, "../fixtures/qwen", name));
const TIMEOUT = 60_000;
const TOLERANCE = 2e-5;

const pattern = (n: number, step = 7): number[] =>
  Array.from({ length: n }, (_, i) => (i * step) % 96);

function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let worst = 0;
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i]! - b[i]!));
  return worst;
}

/** The session's logits are those of a fresh session with the same tokens. */
async function expectAsAlone(model: Model, session: DecoderSession, row = 0): Promise<void> {
  using alone = await createDecoderSession(model);
  await alone.prefill(session.tokens(row));
  expect(maxDifference(session.logitsOf(row), alone.logits)).toBeLessThan(TOLERANCE);
}

test("a prompt in chunks gives the logits of one run", { timeout: TIMEOUT }, async () => {
  using model = await load();
  const prompt = pattern(61);
  using whole = await createDecoderSession(model, { chunk: 100 });
  await whole.prefill(prompt);
  for (const chunk of [1, 2, 7, 60]) {
    using pieces = await createDecoderSession(model, { chunk, capacity: 16 });
    await pieces.prefill(prompt);
    expect(maxDifference(pieces.logits, whole.logits)).toBeLessThan(TOLERANCE);
  }
});

test("rows that sit steps out keep their state", { timeout: TIMEOUT }, async () => {
  using model = await load();
  using batch = await createDecoderSession(model, { batch: 3, capacity: 8 });
  const prompts = [pattern(5), pattern(21, 5), pattern(2, 13)];
  for (const [row, prompt] of prompts.entries()) await batch.prefill(prompt, { row });
  const steps = [
    [1, 2, 3],
    [4, -1, 5],
    [-1, -1, 6],
    [7, 8, -1],
  ];
  for (const tokens of steps) await batch.step(tokens);
  await batch.step([10, 11, 12]);
  for (const row of [0, 1, 2]) await expectAsAlone(model, batch, row);
});

test("a row that was never fed starts from nothing", { timeout: TIMEOUT }, async () => {
  using model = await load();
  using batch = await createDecoderSession(model, { batch: 2 });
  await batch.prefill(pattern(9), { row: 0 });
  await batch.step([1, -1]);
  await batch.step([2, 5]);
  await expectAsAlone(model, batch, 1);
});

test("truncate goes back to a snapshot, or to 0", { timeout: TIMEOUT }, async () => {
  using model = await load();
  using session = await createDecoderSession(model);
  await session.prefill(pattern(10));
  session.snapshot();
  await session.prefill([3, 5, 8]);
  expect(session.truncate(13)).toBe(13);
  expect(session.truncate(12)).toBe(10);
  await session.prefill([40, 41]);
  await expectAsAlone(model, session);
  expect(session.truncate(9)).toBe(0);
  await session.prefill(pattern(4, 3));
  await expectAsAlone(model, session);
});

test("only the newest snapshots are kept", { timeout: TIMEOUT }, async () => {
  using model = await load();
  using session = await createDecoderSession(model, { snapshots: 2 });
  for (const count of [4, 3, 2]) {
    await session.prefill(pattern(count));
    session.snapshot();
    session.snapshot(); // the same place again takes no room
  }
  await session.step(1);
  expect(session.truncate(9)).toBe(9);
  await session.step(2);
  expect(session.truncate(8)).toBe(7);
  expect(session.truncate(6)).toBe(0); // the snapshot at 4 was dropped
});

test("the next prompt of a conversation resumes near the last one's end", {
  timeout: TIMEOUT,
}, async () => {
  using model = await load();
  using session = await createDecoderSession(model);
  const first = pattern(40);
  expect(await session.resume(first)).toBe(0);
  for (const token of [3, 5, 8]) await session.step(token);
  // The answer is repeated, but what opened it is not.
  const second = [...first.slice(0, 38), 90, 91, 3, 5, 8, ...pattern(20, 11)];
  expect(await session.resume(second)).toBe(32);
  await expectAsAlone(model, session);
  // What it holds costs nothing; the same prompt after a step goes back a little.
  expect(await session.resume(second)).toBe(second.length);
  await session.step(1);
  expect(await session.resume(second)).toBe(second.length - 8);
  await expectAsAlone(model, session);
  // An edited first message starts anew; a pure continuation does not.
  expect(await session.resume([95, ...first])).toBe(0);
  await expectAsAlone(model, session);
  expect(await session.resume([95, ...first, 1, 2])).toBe(41);
  await expectAsAlone(model, session);
});

test("an aborted prompt leaves whole runs behind", { timeout: TIMEOUT }, async () => {
  using model = await load();
  using session = await createDecoderSession(model, { chunk: 8 });
  const stop = new AbortController();
  const running = session.resume(pattern(100), { signal: stop.signal });
  setImmediate(() => stop.abort());
  await expect(running).rejects.toThrow();
  expect(session.tokens().length % 8).toBe(0);
  expect(session.tokens().length).toBeLessThan(100);
  await session.step(7);
  await expectAsAlone(model, session);
});

test("layers that all attend have nothing recurrent", { timeout: TIMEOUT }, async () => {
  using model = await load("qwen3-5-full");
  using session = await createDecoderSession(model);
  await session.prefill(pattern(10));
  session.snapshot();
  await session.prefill([1, 2, 3]);
  expect(session.truncate(11)).toBe(11);
  await session.prefill([4]);
  await expectAsAlone(model, session);
});
