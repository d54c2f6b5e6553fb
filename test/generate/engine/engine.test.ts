import { describe, expect, test } from "vitest";
import { createEngine, type EngineRequest } from "../../../src/generate/index.ts";
import { loadTokenizer } from "../../../src/media/text/index.ts";
import { alone, collect, collectAll, fixture, mini, pattern, until } from "./support.ts";

test.each(["qwen3-tied", "qwen2-sliding", "qwen2-rope-dynamic", "qwen3-yarn", "qwen3-next-dense"])(
  "%s: requests side by side get what each gets alone",
  async (name) => {
    using model = await fixture(name);
    using engine = await createEngine(model, undefined, { slots: 4, sharedChunk: 8 });
    const requests: EngineRequest[] = [5, 33, 1, 20, 9, 2].map((length, i) => ({
      prompt: pattern(length, 5 + i),
      maxTokens: 4 + 3 * i,
      ...(i % 2 ? { temperature: 0.8, seed: i } : {}),
    }));
    const answers = await collectAll(requests.flatMap((request) => engine.generate(request)));
    for (const [i, { prompt, ...options }] of requests.entries()) {
      const expected = await alone(model, prompt, options);
      expect(answers[i]!.tokens).toEqual(expected.tokens);
      expect(answers[i]!.end).toMatchObject({
        finishReason: "length",
        promptTokens: prompt.length,
      });
    }
    await until(() => engine.stats.running === 0);
    expect(engine.stats).toMatchObject({ waiting: 0, generatedTokens: 4 + 7 + 10 + 13 + 16 + 19 });
  },
);

test("one slot gives the very answer of generate(): text, stop strings, log-probabilities", async () => {
  using model = await mini();
  const tokenizer = await loadTokenizer(model.dir);
  using engine = await createEngine(model, tokenizer, { slots: 1 });
  const prompt = tokenizer.encode("The sum of 12 and 30 is");
  const settings = [
    { maxTokens: 12 },
    { maxTokens: 20, temperature: 0.9, topP: 0.9, seed: 7, logprobs: 3 },
    { maxTokens: 20, temperature: 1.2, topK: 40, repetitionPenalty: 1.2, seed: 3 },
    { maxTokens: 60, temperature: 1, seed: 5, stop: ["e", "a"] },
  ];
  for (const options of settings) {
    const expected = await alone(model, prompt, { ...options, tokenizer });
    const [answer] = engine.generate({ prompt, ...options });
    const found = await collect(answer!);
    expect(found.items.map(({ token, text }) => [token, text])).toEqual(
      expected.items.map(({ token, text }) => [token, text]),
    );
    expect({ ...found.end, cachedTokens: 0 }).toEqual({ ...expected.end, cachedTokens: 0 });
    expect(found.items.map(({ topLogprobs }) => topLogprobs?.map(({ token }) => token))).toEqual(
      expected.items.map(({ topLogprobs }) => topLogprobs?.map(({ token }) => token)),
    );
  }
});

test("steer sees every token before the next one is chosen, and puts its own in", async () => {
  using model = await fixture("qwen3-tied");
  using engine = await createEngine(model, undefined, { slots: 2 });
  const prompt = pattern(10);
  const steering = () => {
    const seen: number[] = [];
    const steer = ({ token }: { token: number }) => {
      seen.push(token);
      if (seen.length === 3) return [1, 2, 3, 4];
      return seen.length === 6 ? ("stop" as const) : undefined;
    };
    return { seen, steer };
  };
  const [one, two, other] = [steering(), steering(), steering()];
  const expected = await alone(model, prompt, { steer: one.steer });
  const [a, b] = [
    engine.generate({ prompt, steer: two.steer })[0]!,
    engine.generate({ prompt: pattern(4), steer: other.steer })[0]!,
  ];
  expect(await collect(a)).toMatchObject({ items: expected.items, end: { finishReason: "stop" } });
  expect(two.seen).toEqual(one.seen);
  // Nobody has asked for more of this one than its first token.
  expect(other.seen).toEqual([]);
  expect((await collect(b)).items).toHaveLength(10);
});

test("logit bias and a constraint decide what can be chosen", async () => {
  using model = await fixture("qwen3-tied");
  using engine = await createEngine(model, undefined, { slots: 2 });
  const request = { prompt: pattern(6), maxTokens: 5 };
  const [biased] = engine.generate({ ...request, logitBias: new Map([[42, 1000]]) });
  expect((await collect(biased!)).tokens).toEqual([42, 42, 42, 42, 42]);
  /** 10, 11, 12, … one after the other. */
  const counting = (next: number): EngineRequest["constraint"] & object => ({
    allowed() {
      const words = new Uint32Array(3);
      words[next >> 5] = (1 << (next & 31)) >>> 0;
      return words;
    },
    accept(token) {
      if (token !== next) throw new Error(`${token} instead of ${next}`);
      next++;
    },
    mayEnd: false,
    fork: () => counting(next),
  });
  for (const sampling of [{}, { temperature: 1, seed: 1 }]) {
    const answers = engine.generate({ ...request, ...sampling, constraint: counting(30) }, 2);
    for (const { tokens } of await collectAll(answers))
      expect(tokens).toEqual([30, 31, 32, 33, 34]);
  }
  expect(() => engine.generate({ ...request, logitBias: new Map([[96, 1]]) })).toThrow(
    "logitBias: 96 is not a token; ids are integers below 96",
  );
});

describe("prefixes", () => {
  const first = pattern(60);

  test("a longer prompt goes on where the slot that has its beginning ended", async () => {
    using model = await fixture("qwen3-tied");
    using engine = await createEngine(model, undefined, { slots: 3 });
    const one = await collect(engine.generate({ prompt: first, maxTokens: 6 })[0]!);
    expect(one.end.cachedTokens).toBe(0);
    const second = [...first, ...one.tokens.slice(0, 5), ...pattern(9, 11)];
    const two = await collect(engine.generate({ prompt: second, maxTokens: 6 })[0]!);
    expect(two.end.cachedTokens).toBe(65);
    expect(two.tokens).toEqual((await alone(model, second, { maxTokens: 6 })).tokens);
    expect(engine.stats).toMatchObject({
      promptTokens: 60 + 74,
      reusedPromptTokens: 65,
      cachedTokens: 79, // one slot holds all
    });
    expect(engine.stats.cacheCapacity).toBe(3 * 128);
  });

  test("a shared beginning is copied, and its owner goes on undisturbed", async () => {
    using model = await fixture("qwen3-tied");
    using engine = await createEngine(model, undefined, { slots: 3 });
    const owner = engine.generate({ prompt: first, maxTokens: 40 })[0]!;
    const head = await owner.next();
    const branch = [...first.slice(0, 40), ...pattern(20, 11)];
    const [found, rest] = await Promise.all([
      collect(engine.generate({ prompt: branch, maxTokens: 8 })[0]!),
      collect(owner),
    ]);
    expect(found.end.cachedTokens).toBe(40);
    expect(found.tokens).toEqual((await alone(model, branch, { maxTokens: 8 })).tokens);
    const expected = await alone(model, first, { maxTokens: 40 });
    expect([head.done ? -1 : head.value.token, ...rest.tokens]).toEqual(expected.tokens);
  });

  test("the prompt of several answers is computed once", async () => {
    using model = await fixture("qwen3-tied");
    using engine = await createEngine(model, undefined, { slots: 3, sharedChunk: 16 });
    const options = { temperature: 1.5, seed: 11, maxTokens: 12 };
    const answers = await collectAll(engine.generate({ prompt: first, ...options }, 5));
    expect(new Set(answers.map(({ tokens }) => `${tokens}`)).size).toBe(5);
    for (const [i, { tokens }] of answers.entries()) {
      const expected = await alone(model, first, { ...options, seed: 11 + i });
      expect(tokens).toEqual(expected.tokens);
    }
    const cached = answers.map(({ end }) => end.cachedTokens);
    expect(cached.slice(0, 3)).toEqual([0, 60, 60]);
    for (const later of cached.slice(3)) expect(later).toBeGreaterThanOrEqual(59);
  });

  test("prompts that arrive together share what they have in common", async () => {
    using model = await fixture("qwen3-tied");
    using engine = await createEngine(model, undefined, { slots: 4, sharedChunk: 16 });
    const prompts = [1, 2, 3, 4].map((i) => [...first, ...pattern(5, 11 + i)]);
    const answers = await collectAll(
      prompts.flatMap((prompt) => engine.generate({ prompt, maxTokens: 4 })),
    );
    for (const [i, { tokens }] of answers.entries()) {
      expect(tokens).toEqual((await alone(model, prompts[i]!, { maxTokens: 4 })).tokens);
    }
    // Once, and what runs before it was seen that another computes the same.
    expect(engine.stats.reusedPromptTokens).toBeGreaterThan(100);
  });

  test("nothing is taken over where that is switched off", async () => {
    using model = await fixture("qwen3-tied");
    using engine = await createEngine(model, undefined, { slots: 1, prefixCache: false });
    for (let i = 0; i < 2; i++) {
      const { end } = await collect(engine.generate({ prompt: first, maxTokens: 2 })[0]!);
      expect(end.cachedTokens).toBe(0);
    }
  });

  test("recurrent state is taken over as a whole or not at all", async () => {
    using model = await fixture("qwen3-next-dense");
    using engine = await createEngine(model, undefined, { slots: 2, sharedChunk: 8 });
    const options = { temperature: 1, seed: 3, maxTokens: 6 };
    const prompt = pattern(30);
    const answers = await collectAll(engine.generate({ prompt, ...options }, 3));
    for (const [i, { tokens }] of answers.entries()) {
      expect(tokens).toEqual((await alone(model, prompt, { ...options, seed: 3 + i })).tokens);
    }
    expect(answers[1]!.end.cachedTokens).toBe(30);
    const continued = [...prompt, ...answers[2]!.tokens.slice(0, 5), 7, 8, 9];
    const branched = [...prompt.slice(0, 20), 7, 8, 9];
    for (const [next, cached] of [
      [continued, 35],
      [branched, 0],
    ] as const) {
      const { tokens, end } = await collect(engine.generate({ prompt: next, maxTokens: 4 })[0]!);
      expect(tokens).toEqual((await alone(model, next, { maxTokens: 4 })).tokens);
      expect(end.cachedTokens).toBe(cached);
    }
  });
});
