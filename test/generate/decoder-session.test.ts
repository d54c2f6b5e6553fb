import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/index.ts";
import { createDecoderSession, generate } from "../../src/generate/index.ts";
import { loadModel } from "../../src/models/index.ts";

const root = join(import.meta.dirname, "../fixtures/qwen");
const cases = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);
const numbers = (data: ArrayLike<bigint | number>): number[] => Array.from(data, Number);

async function readExpected(name: string) {
  using expected = await openCheckpoint(join(root, name, "expected.safetensors"));
  const read = (key: string): number[] =>
    numbers(expected.read(key).data as ArrayLike<bigint | number>);
  return { tokens: read("tokens"), greedy: read("greedy") };
}

const load = (name: string) => loadModel(join(root, name));

function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let worst = 0;
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i]! - b[i]!));
  return worst;
}

/** Tokens 0..n of some pattern within the fixtures' vocabulary of 96. */
const pattern = (n: number, step = 7): number[] =>
  Array.from({ length: n }, (_, i) => (i * step) % 96);

describe.each(cases)("%s", (name) => {
  it("generates the reference's 64 greedy tokens from a cache that has to grow", async () => {
    const { tokens, greedy } = await readExpected(name);
    using model = await load(name);
    using session = await createDecoderSession(model, { capacity: 3 });
    const produced: number[] = [];
    for await (const { token } of generate(session, tokens.slice(0, 8), { maxTokens: 64 })) {
      produced.push(token);
    }
    expect(produced).toEqual(greedy);
  });
});

test.each(["qwen3-tied", "qwen2-sliding", "qwen2-yarn"])(
  "%s: a prompt in chunks gives the logits of one run",
  async (name) => {
    using model = await load(name);
    const prompt = pattern(61);
    using whole = await createDecoderSession(model, { chunk: 100 });
    await whole.prefill(prompt);
    for (const chunk of [1, 7, 60]) {
      using pieces = await createDecoderSession(model, { chunk, capacity: 16 });
      await pieces.prefill(prompt);
      expect(maxDifference(pieces.logits, whole.logits)).toBeLessThan(2e-5);
      expect(numbers(pieces.tokens())).toEqual(prompt);
    }
  },
);

test("a shared prefix is reused and gives the logits of a fresh session", async () => {
  using model = await load("qwen3-tied");
  using session = await createDecoderSession(model);
  const first = pattern(40);
  expect(await session.resume(first)).toBe(0);
  for (const token of [3, 5, 8]) await session.step(token);
  const second = [...first, 3, 5, ...pattern(20, 11)];
  expect(await session.resume(second)).toBe(42);
  using fresh = await createDecoderSession(model);
  await fresh.prefill(second);
  expect(maxDifference(session.logits, fresh.logits)).toBeLessThan(2e-5);
  // The same prompt again costs nothing; a beginning of it only its last token.
  expect(await session.resume(second)).toBe(second.length);
  expect(await session.resume(second.slice(0, 30))).toBe(29);
  using short = await createDecoderSession(model);
  await short.prefill(second.slice(0, 30));
  expect(maxDifference(session.logits, short.logits)).toBeLessThan(2e-5);
});

test("after truncate, other tokens take the place of the forgotten ones", async () => {
  using model = await load("qwen2-tied");
  using session = await createDecoderSession(model);
  await session.prefill(pattern(30));
  session.truncate(12);
  await session.prefill([90, 91]);
  await session.step(92);
  using fresh = await createDecoderSession(model);
  await fresh.prefill([...pattern(12), 90, 91, 92]);
  expect(maxDifference(session.logits, fresh.logits)).toBeLessThan(2e-5);
  expect(() => session.truncate(16)).toThrow("16 is not between 0 and the 15 tokens held");
});

test("dynamic RoPE beyond the trained length computes a changed prompt anew", async () => {
  using model = await load("qwen2-rope-dynamic");
  using session = await createDecoderSession(model);
  await session.resume(pattern(40));
  expect(await session.resume([...pattern(40), 1, 2])).toBe(0);
  using fresh = await createDecoderSession(model, { chunk: 4 });
  await fresh.prefill([...pattern(40), 1, 2]);
  expect(maxDifference(session.logits, fresh.logits)).toBeLessThan(2e-5);
});

test("sequences of different length side by side are as if each were alone", async () => {
  using model = await load("qwen3-tied");
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
  for (const [row, prompt] of prompts.entries()) {
    const fed = steps.map((tokens) => tokens[row]!).filter((token) => token >= 0);
    expect(numbers(batch.tokens(row))).toEqual([...prompt, ...fed]);
  }
  await batch.step([10, 11, 12]);
  for (const row of [0, 1, 2]) {
    using alone = await createDecoderSession(model);
    await alone.prefill(batch.tokens(row));
    expect(maxDifference(batch.logitsOf(row), alone.logits)).toBeLessThan(2e-5);
  }
});

test("a full sequence can sit out steps of the others", async () => {
  using model = await load("qwen2-yarn"); // context 80
  using session = await createDecoderSession(model, { batch: 2 });
  await session.prefill(pattern(79), { row: 0 });
  await session.prefill(pattern(4), { row: 1 });
  await session.step([5, 6]);
  await session.step([-1, 7]);
  session.truncate(79, 0);
  await session.step([5, 8]);
  using alone = await createDecoderSession(model);
  await alone.prefill([...pattern(79), 5]);
  expect(maxDifference(session.logitsOf(0), alone.logits)).toBeLessThan(2e-5);
});

test("what does not fit the context is refused with the numbers", async () => {
  using model = await load("qwen3-tied");
  using session = await createDecoderSession(model);
  await expect(session.resume(pattern(130))).rejects.toThrow(
    "130 tokens do not fit into the model's context of 128; leave out at least 2",
  );
  await session.prefill(pattern(128));
  await expect(session.step(1)).rejects.toThrow("129 tokens do not fit");
  expect(session.tokens()).toHaveLength(128);
  const next = generate(session, pattern(128)).next();
  await expect(next).rejects.toThrow("leave no room for an answer");
});

test("scaled rotary embeddings reach factor times the trained length", async () => {
  using model = await load("qwen2-yarn");
  using session = await createDecoderSession(model);
  expect(model.config.maxPositions).toBe(20);
  expect(session.contextLimit).toBe(80);
});

test("wrong input is refused in a sentence", async () => {
  using model = await load("qwen3-tied");
  using session = await createDecoderSession(model);
  await expect(session.resume([])).rejects.toThrow("the prompt is empty");
  await expect(session.prefill([1, 96])).rejects.toThrow(
    "token 1 is 96, but ids of this model are integers from 0 to 95",
  );
  await expect(session.step(1.5)).rejects.toThrow("token 0 is 1.5");
  await expect(session.step([1, 2])).rejects.toThrow("each of the 1 sequences");
  await expect(createDecoderSession(model, { batch: 0 })).rejects.toThrow(
    "batch must be a positive",
  );
  await expect(generate(session, [1], { maxTokens: 0 }).next()).rejects.toThrow("maxTokens");
  await expect(generate(session, [1], { stop: ["x"] }).next()).rejects.toThrow("need a tokenizer");
});

test("two runs at once are refused, and so is a disposed session", async () => {
  using model = await load("qwen3-tied");
  const session = await createDecoderSession(model);
  const running = session.prefill(pattern(50));
  await expect(session.step(1)).rejects.toThrow("is running");
  await running;
  session.dispose();
  await expect(session.step(1)).rejects.toThrow("was disposed");
});

test("an aborted prompt leaves a session that can go on", async () => {
  using model = await load("qwen3-tied");
  using session = await createDecoderSession(model, { chunk: 8 });
  const stop = new AbortController();
  const running = session.resume(pattern(100), { signal: stop.signal });
  setImmediate(() => stop.abort());
  await expect(running).rejects.toThrow();
  expect(session.tokens().length).toBeLessThan(100);
  await session.resume(pattern(100));
  using fresh = await createDecoderSession(model);
  await fresh.prefill(pattern(100));
  expect(maxDifference(session.logits, fresh.logits)).toBeLessThan(2e-5);
});
