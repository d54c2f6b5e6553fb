import { afterEach, describe, expect, test, vi } from "vitest";
import { Slots } from "../../../src/generate/engine/slots.ts";
import {
  createDecoderSession,
  createEngine,
  type EngineRequest,
  generate,
  isEngineRefusal,
} from "../../../src/generate/index.ts";
import { createRandom } from "../../../src/nn/random.ts";
import { alone, type Collected, collect, fixture, pattern, until } from "./support.ts";

afterEach(() => vi.restoreAllMocks());

describe("cancelling", () => {
  test("by signal, by return(), before the start and in the queue: slots come free", async () => {
    using model = await fixture("qwen3-tied");
    using engine = await createEngine(model, undefined, { slots: 2 });
    const stop = new AbortController();
    const request = { prompt: pattern(8), maxTokens: 100 };
    const [a] = engine.generate({ ...request, signal: stop.signal });
    const [b] = engine.generate(request);
    const [queued] = engine.generate(request);
    const [last] = engine.generate({ ...request, maxTokens: 3 });
    await a!.next();
    await b!.next();
    expect(engine.stats).toMatchObject({ running: 2, waiting: 2 });
    const waiting = queued!.next();
    expect((await queued!.return(undefined as never)).done).toBe(true);
    expect(await waiting).toMatchObject({ done: true, value: { finishReason: "cancelled" } });
    expect(engine.stats.waiting).toBe(1);
    stop.abort();
    const { end, items } = await collect(a!);
    expect(end.finishReason).toBe("cancelled");
    expect(items.length).toBeLessThan(100);
    expect((await b!.return(undefined as never)).value).toMatchObject({
      finishReason: "cancelled",
    });
    expect(await b!.next()).toEqual({ done: true, value: undefined });
    expect((await collect(last!)).tokens).toHaveLength(3);
    const dead = engine.generate({ ...request, signal: stop.signal })[0]!;
    expect((await collect(dead)).end).toMatchObject({
      finishReason: "cancelled",
      completionTokens: 0,
    });
    await until(() => engine.stats.running === 0 && engine.stats.waiting === 0);
  });

  test("takes effect within one step of the others", async () => {
    using model = await fixture("qwen3-tied");
    using engine = await createEngine(model, undefined, { slots: 2 });
    const step = vi.spyOn(Slots.prototype, "step");
    const keep = engine.generate({ prompt: pattern(5), maxTokens: 60 })[0]!;
    const drop = engine.generate({ prompt: pattern(6), maxTokens: 60 })[0]!;
    await drop.next();
    await keep.next();
    await drop.return(undefined as never);
    const before = step.mock.calls.length;
    await collect(keep);
    // At most the step that was under way still has both rows.
    expect(step.mock.calls.slice(before).filter(([slots]) => slots.length > 1)).toEqual([]);
  });

  test("stops a prompt between two chunks, and its slot serves on", async () => {
    using model = await fixture("qwen3-tied");
    using engine = await createEngine(model, undefined, { slots: 1, chunk: 4 });
    const feed = vi.spyOn(Slots.prototype, "feed");
    const answer = engine.generate({ prompt: pattern(120), maxTokens: 2 })[0]!;
    const next = answer.next();
    await until(() => feed.mock.calls.length > 2);
    await answer.return(undefined as never);
    expect((await next).done).toBe(true);
    expect(feed.mock.calls.length).toBeLessThan(30);
    const prompt = pattern(100);
    const { tokens } = await collect(engine.generate({ prompt, maxTokens: 4 })[0]!);
    expect(tokens).toEqual((await alone(model, prompt, { maxTokens: 4 })).tokens);
  });

  test("disposing of the engine ends everything", async () => {
    using model = await fixture("qwen3-tied");
    const engine = await createEngine(model, undefined, { slots: 1 });
    const answers = engine.generate({ prompt: pattern(8) }, 3);
    await answers[0]!.next();
    engine[Symbol.dispose]();
    for (const answer of answers) {
      expect((await collect(answer)).end.finishReason).toBe("cancelled");
    }
    expect(() => engine.generate({ prompt: [1] })).toThrow("was disposed");
  });
});

describe("refusing", () => {
  const refused = (f: () => unknown): unknown => {
    try {
      f();
    } catch (error) {
      return isEngineRefusal(error) ? [error.reason, error.message] : error;
    }
    return undefined;
  };

  test("what can never fit, and what comes too much, with the numbers", async () => {
    using model = await fixture("qwen3-tied");
    using engine = await createEngine(model, undefined, { slots: 1, queue: 2, context: 32 });
    expect(engine.contextLimit).toBe(32);
    expect(refused(() => engine.generate({ prompt: pattern(32) }))).toEqual([
      "too-long",
      "the prompt's 32 tokens leave no room for an answer in the 32 tokens that a request can " +
        "have here; leave out at least 1",
    ]);
    const answers = engine.generate({ prompt: pattern(4), maxTokens: 2 }, 3);
    expect(refused(() => engine.generate({ prompt: [1] }))).toEqual([
      "busy",
      expect.stringContaining("while 3 of at most 2 wait"),
    ]);
    for (const answer of answers) await collect(answer);
    expect((await collect(engine.generate({ prompt: [1] })[0]!)).end).toMatchObject({
      finishReason: "length",
      completionTokens: 31,
    });
  });

  test("mistakes are not refusals: they name the setting", async () => {
    using model = await fixture("qwen3-tied");
    using engine = await createEngine(model, undefined, { slots: 1 });
    for (const [request, message] of [
      [{ prompt: [] }, "the prompt is empty"],
      [{ prompt: [1, 96] }, "token 1 is 96"],
      [{ prompt: [1], maxTokens: 0 }, "maxTokens must be a positive integer"],
      [{ prompt: [1], topP: 2 }, "topP must be between 0 and 1"],
    ] as const) {
      const found = refused(() => engine.generate(request));
      expect(found).toBeInstanceOf(RangeError);
      expect(String(found)).toContain(message);
    }
    expect(engine.stats).toMatchObject({ running: 0, waiting: 0 });
  });

  test("a cache that does not fit is refused before it is allocated", async () => {
    using model = await fixture("qwen3-tied");
    const bytes = 2 * 2 * 2 * 16 * 4; // layers, key and value, heads, width, f32
    await expect(
      createEngine(model, undefined, { slots: 4, context: 100, memory: 50 * 4 * bytes }),
    ).rejects.toThrow("4 slots of 100 tokens need 1 MB of cache, but 1 MB are allowed");
    using small = await createEngine(model, undefined, { slots: 4, memory: 50 * 4 * bytes });
    expect(small.contextLimit).toBe(50);
    expect(small.stats.cacheBytes).toBe(50 * 4 * bytes);
    await expect(createEngine(model, undefined, { slots: 0 })).rejects.toThrow("slots must be");
  });
});

describe("taking turns", () => {
  test("a client with many requests does not keep another waiting", async () => {
    using model = await fixture("qwen3-tied");
    using engine = await createEngine(model, undefined, { slots: 1 });
    const order: string[] = [];
    const ask = async (client: string) => {
      await collect(engine.generate({ prompt: pattern(6), maxTokens: 3, client })[0]!);
      order.push(client);
    };
    await Promise.all([..."aaaaaa", ..."bbb", "c"].map(ask));
    expect(order.slice(0, 4).join("")).toMatch(/^a(bc|cb)/);
    expect(order.lastIndexOf("b")).toBeLessThan(7);
  });

  test("a short request answers within two chunks of a long prompt", async () => {
    using model = await fixture("qwen3-tied");
    using engine = await createEngine(model, undefined, { slots: 2, chunk: 16, sharedChunk: 8 });
    const feed = vi.spyOn(Slots.prototype, "feed");
    const long = engine.generate({ prompt: pattern(120), maxTokens: 1 })[0]!;
    await until(() => feed.mock.calls.length >= 2); // a quick run may be past it
    const short = engine.generate({ prompt: pattern(4, 5), maxTokens: 1 })[0]!;
    const before = feed.mock.calls.length;
    await collect(short);
    expect(feed.mock.calls.length - before).toBeLessThanOrEqual(2);
    await collect(long);
  });

  test("a long prompt is not put off for ever by short ones", async () => {
    using model = await fixture("qwen3-tied");
    using engine = await createEngine(model, undefined, { slots: 4, chunk: 8 });
    let isLong = true;
    const long = collect(engine.generate({ prompt: pattern(100), maxTokens: 1 })[0]!).then(() => {
      isLong = false;
    });
    let shorts = 0;
    const flood = async (step: number) => {
      for (; isLong && shorts < 400; shorts++) {
        await collect(engine.generate({ prompt: pattern(7, step + shorts), maxTokens: 1 })[0]!);
      }
    };
    await Promise.all([long, flood(3), flood(5), flood(11)]);
    expect(shorts).toBeLessThan(200); // 13 chunks, each behind a few
  });
});

test("a failing run fails its requests, and the next ones are served", async () => {
  using model = await fixture("qwen3-tied");
  using engine = await createEngine(model, undefined, { slots: 3 });
  const request = { prompt: pattern(12), maxTokens: 6 };
  const expected = await alone(model, request.prompt, request);
  vi.spyOn(Slots.prototype, "step").mockRejectedValueOnce(new Error("the engine broke"));
  const both = engine.generate(request, 2).map((answer) => collect(answer));
  for (const result of await Promise.allSettled(both)) {
    expect(result).toMatchObject({ status: "rejected", reason: { message: "the engine broke" } });
  }
  vi.spyOn(Slots.prototype, "feed").mockRejectedValueOnce(new Error("the prompt broke"));
  await expect(collect(engine.generate(request)[0]!)).rejects.toThrow("the prompt broke");
  // What a caller's function throws concerns that answer alone.
  const steer = () => {
    throw new Error("the caller broke");
  };
  const [good, bad] = await Promise.allSettled([
    collect(engine.generate(request)[0]!),
    collect(engine.generate({ ...request, steer })[0]!),
  ]);
  expect(good).toMatchObject({ value: { tokens: expected.tokens } });
  expect(bad).toMatchObject({ reason: { message: "the caller broke" } });
  await until(() => engine.stats.running === 0);
});

test("500 random requests with random ends: no slot is lost, and answers are those of solo runs", {
  timeout: 240_000,
}, async () => {
  using model = await fixture("qwen3-tied");
  using engine = await createEngine(model, undefined, {
    slots: 5,
    queue: 40,
    chunk: 16,
    sharedChunk: 8,
  });
  const random = createRandom(20);
  const stems = [pattern(30), pattern(44, 5), pattern(12, 11)];
  using session = await createDecoderSession(model);
  const solo = new Map<string, Promise<Collected>>();
  let last: Promise<unknown> = Promise.resolve();
  let finished = 0;
  let refusals = 0;
  const one = async () => {
    const stem = stems[random.below(3)]!;
    const prompt = [...stem.slice(0, 1 + random.below(stem.length)), random.below(8)];
    const options = {
      maxTokens: 1 + random.below(12),
      ...(random.below(2) ? { temperature: 1, seed: random.below(3) } : {}),
    };
    const stop = new AbortController();
    const request: EngineRequest = { prompt, ...options, signal: stop.signal };
    const fate = random.below(5);
    try {
      const [answer] = engine.generate({ ...request, client: `${random.below(3)}` });
      if (fate === 0) setTimeout(() => stop.abort(), random.below(30));
      if (fate === 1) {
        for (let i = random.below(4); i > 0; i--) await answer!.next();
        await answer!.return(undefined as never);
        return;
      }
      const found = await collect(answer!);
      if (found.end.finishReason === "cancelled") return;
      const key = JSON.stringify([prompt, options]);
      const run = () => {
        session.truncate(0);
        return collect(generate(session, prompt, options));
      };
      if (!solo.has(key)) {
        const answer = last.then(run);
        solo.set(key, answer);
        last = answer;
      }
      expect(found.tokens).toEqual((await solo.get(key))!.tokens);
      finished++;
    } catch (error) {
      if (!isEngineRefusal(error)) throw error;
      refusals++;
    }
  };
  const all: Promise<void>[] = [];
  for (let i = 0; i < 500; i++) {
    all.push(one());
    // Mostly as much as the queue holds, now and then too much.
    if (random.below(20) > 0) await until(() => engine.stats.waiting < 30);
  }
  await Promise.all(all);
  expect(finished).toBeGreaterThan(200);
  expect(finished + refusals).toBeLessThan(500);
  await until(() => engine.stats.running === 0);
  expect(engine.stats.waiting).toBe(0);
  const { tokens } = await collect(engine.generate({ prompt: pattern(9), maxTokens: 5 })[0]!);
  expect(tokens).toEqual((await alone(model, pattern(9), { maxTokens: 5 })).tokens);
});
