import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { openCheckpoint } from "../../../src/checkpoint/checkpoint.ts";
import { Drafter } from "../../../src/generate/engine/drafter.ts";
import { lookUp } from "../../../src/generate/engine/prompt-lookup.ts";
import { Slots } from "../../../src/generate/engine/slots.ts";
import { createEngine } from "../../../src/generate/index.ts";
import { loadModel } from "../../../src/models/index.ts";
import { alone, collect, fixture, pattern } from "./support.ts";

afterEach(() => vi.restoreAllMocks());

describe("looking up", () => {
  const guess = (text: string, most = 3) =>
    lookUp(
      Int32Array.from([...text.slice(0, -1)], (c) => c.charCodeAt(0)),
      text.charCodeAt(text.length - 1),
      most,
    )
      .map((code) => String.fromCharCode(code))
      .join("");

  test.each([
    ["abcdab", "cda"],
    ["abXabYab", "Yab"], // the latest of equal ones
    ["cabXabYcab", "Xab"], // the longest agreement
    ["ababab", "aba"], // round and round
    ["abcdeb", ""], // one token is not enough
    ["abc", ""],
    ["a", ""],
  ])("%s goes on with %s", (text, expected) => expect(guess(text)).toBe(expected));
});

test("guessing changes no answer, and saves runs where text repeats", async () => {
  using model = await fixture("qwen3-tied");
  using engine = await createEngine(model, undefined, { slots: 2, speculate: "lookup" });
  const verify = vi.spyOn(Slots.prototype, "verify");
  const repeating = Array.from({ length: 40 }, (_, i) => [3, 17, 5, 60, 8][i % 5]!);
  for (const [prompt, options] of [
    [repeating, { maxTokens: 60 }],
    [repeating, { maxTokens: 60, temperature: 0.4, seed: 2, repetitionPenalty: 1.05 }],
    [pattern(50), { maxTokens: 78 }], // up to the context's end
    [repeating, { maxTokens: 60, stopTokens: [5], temperature: 1, seed: 4 }],
  ] as const) {
    const [found] = [await collect(engine.generate({ prompt, ...options })[0]!)];
    const expected = await alone(model, prompt, options);
    expect(found.tokens).toEqual(expected.tokens);
    expect(found.end.finishReason).toBe(expected.end.finishReason);
    // What was guessed wrong is not in the cache: a continuation is that of a fresh engine.
    const next = [...prompt, ...found.tokens].slice(0, 100);
    const [again] = engine.generate({ prompt: next, maxTokens: 5 });
    expect((await collect(again!)).tokens).toEqual(
      (await alone(model, next, { maxTokens: 5 })).tokens,
    );
  }
  expect(verify).toHaveBeenCalled();
});

test("right guesses are taken several at a time", async () => {
  using model = await fixture("qwen3-tied");
  using engine = await createEngine(model, undefined, { slots: 1, speculate: "lookup" });
  const runs = [vi.spyOn(Slots.prototype, "verify"), vi.spyOn(Slots.prototype, "step")];
  const logitBias = new Map([[42, 1000]]);
  const prompt = [1, 42, 42, 42, 42, 42, 42];
  const { tokens } = await collect(engine.generate({ prompt, maxTokens: 41, logitBias })[0]!);
  expect(tokens).toEqual(new Array(41).fill(42));
  expect(runs.map(({ mock }) => mock.calls.length)).toEqual([8, 0]); // 1 and 8 times 5 tokens
});

const withMtp = (name: string) => loadModel(join(import.meta.dirname, "../../fixtures/mtp", name));
const TIMEOUT = 120_000;

describe.each(["qwen3-next-mtp", "qwen3-5-mtp"])("%s: multi-token prediction", (name) => {
  test("changes no answer, greedy or sampled", { timeout: TIMEOUT }, async () => {
    using model = await withMtp(name);
    using engine = await createEngine(model, undefined, {
      slots: 2,
      speculate: "mtp",
      guesses: 3,
      chunk: 40, // some prompts come in several pieces
    });
    const verify = vi.spyOn(Slots.prototype, "verify");
    for (const [prompt, options] of [
      [pattern(9), { maxTokens: 40 }],
      [pattern(60, 5), { maxTokens: 68 }], // up to the context's end
      [pattern(60, 5), { maxTokens: 20, temperature: 0.8, seed: 3, topK: 10 }],
      [pattern(1), { maxTokens: 30, temperature: 0.1, seed: 2, repetitionPenalty: 1.05 }],
    ] as const) {
      const found = await collect(engine.generate({ prompt, ...options })[0]!);
      const expected = await alone(model, prompt, options);
      expect(found.tokens).toEqual(expected.tokens);
      // The state is that of the accepted tokens: a continuation is that of a fresh session.
      const next = [...prompt, ...found.tokens].slice(0, 100);
      const [again] = engine.generate({ prompt: next, maxTokens: 5 });
      expect((await collect(again!)).tokens).toEqual(
        (await alone(model, next, { maxTokens: 5 })).tokens,
      );
    }
    expect(verify.mock.calls.some(([, tokens]) => tokens.length === 4)).toBe(true);
  });

  test("beside other answers, and after them", { timeout: TIMEOUT }, async () => {
    using model = await withMtp(name);
    using engine = await createEngine(model, undefined, { slots: 3, speculate: "mtp" });
    const requests = [40, 6, 15].map((maxTokens, i) => ({
      prompt: pattern(8 + i, 3 + i),
      maxTokens,
    }));
    const answers = requests.flatMap((request) => engine.generate(request));
    const found = await Promise.all(answers.map(collect));
    for (const [i, { prompt, maxTokens }] of requests.entries()) {
      expect(found[i]!.tokens).toEqual((await alone(model, prompt, { maxTokens })).tokens);
    }
  });

  test("guesses are those of the reference", { timeout: TIMEOUT }, async () => {
    using model = await withMtp(name);
    using expected = await openCheckpoint(
      join(import.meta.dirname, "../../fixtures/mtp", name, "expected.safetensors"),
    );
    const [tokens, drafts] = ["tokens", "drafts"].map((key) =>
      Array.from(expected.read(key).data, Number),
    );
    using engine = await createEngine(model, undefined, { slots: 1, speculate: "mtp", guesses: 3 });
    const verify = vi.spyOn(Slots.prototype, "verify");
    // The answer is made to be the reference's last token.
    const prompt = tokens!.slice(0, -1);
    const logitBias = new Map([[tokens!.at(-1)!, 1000]]);
    await collect(engine.generate({ prompt, maxTokens: 4, logitBias })[0]!);
    expect(verify.mock.calls[0]![1]).toEqual([tokens!.at(-1), ...drafts!]);
  });
});

test("right guesses of a recurrent model are taken, wrong ones taken back", {
  timeout: TIMEOUT,
}, async () => {
  using model = await withMtp("qwen3-next-mtp");
  using engine = await createEngine(model, undefined, { slots: 1, speculate: "mtp", guesses: 2 });
  const prompt = pattern(20);
  const { tokens } = await alone(model, prompt, { maxTokens: 40 });
  const answer = [...prompt, ...tokens];
  let round = 0;
  // In place of the layer's guesses: both right, the second wrong, none at all, both wrong.
  vi.spyOn(Drafter.prototype, "draft").mockImplementation(async (_slot, held) => {
    const next = answer.slice(held.length + 1, held.length + 3);
    const wrong = next.map((token) => (token + 1) % 96);
    return [next, [next[0]!, wrong[1]!], [], wrong][round++ % 4]!.filter((t) => t >= 0);
  });
  const verify = vi.spyOn(Slots.prototype, "verify");
  const found = await collect(engine.generate({ prompt, maxTokens: 40 })[0]!);
  expect(found.tokens).toEqual(tokens);
  // After the token that the prompt gives: five times 3 + 2 + 1 + 1 tokens, then 3 and the last.
  expect(verify.mock.calls.length).toBe(5 * 4 + 2);
});

test("a sampled answer has the distribution of the model, whatever is guessed", {
  timeout: TIMEOUT,
}, async () => {
  // A guess that always names one token, drawn or not by the model: it is taken with the model's
  // own probability of it, min(1, p / q) at q = 1, and otherwise the token is drawn from the rest.
  using model = await withMtp("qwen3-5-mtp");
  using engine = await createEngine(model, undefined, { slots: 1, speculate: "mtp", guesses: 1 });
  vi.spyOn(Drafter.prototype, "draft").mockResolvedValue([7]);
  const prompt = pattern(12);
  const logitBias = new Map(
    Array.from({ length: 96 }, (_, i) => [i, i === 7 || i === 11 ? 20 : 0] as const),
  );
  const options = { prompt, maxTokens: 3, logitBias, temperature: 4 };
  const counts = new Map<string, number>();
  const N = 600;
  let taken = 0;
  for (let seed = 0; seed < N; seed++) {
    const { tokens } = await collect(engine.generate({ ...options, seed })[0]!);
    const key = `${tokens}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    if (tokens[1] === 7) taken++;
  }
  const plain = new Map<string, number>();
  using session = await createEngine(model, undefined, { slots: 1 });
  for (let seed = 0; seed < N; seed++) {
    const { tokens } = await collect(session.generate({ ...options, seed: seed + N })[0]!);
    plain.set(`${tokens}`, (plain.get(`${tokens}`) ?? 0) + 1);
  }
  // Two samples of one distribution: chi-squared over the answers that are common enough.
  let chi = 0;
  let cells = 0;
  for (const [key, n] of plain) {
    const m = counts.get(key) ?? 0;
    if (n + m < 20) continue;
    chi += (n - m) ** 2 / (n + m);
    cells++;
  }
  expect(cells).toBeGreaterThanOrEqual(3);
  expect(chi).toBeLessThan(5 * cells + 10);
  expect(taken).toBeGreaterThan(N / 20);
  expect(taken).toBeLessThan(N);
});

test("a checkpoint without these weights is refused", async () => {
  using model = await fixture("qwen3-next-dense");
  await expect(createEngine(model, undefined, { speculate: "mtp" })).rejects.toThrow(
    'has no tensor "mtp.fc.weight"',
  );
});
