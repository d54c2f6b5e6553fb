import { afterEach, describe, expect, test, vi } from "vitest";
import { lookUp } from "../../../src/generate/engine/prompt-lookup.ts";
import { Slots } from "../../../src/generate/engine/slots.ts";
import { createEngine } from "../../../src/generate/index.ts";
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
  using engine = await createEngine(model, undefined, { slots: 2, speculate: 4 });
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
  using engine = await createEngine(model, undefined, { slots: 1, speculate: 4 });
  const runs = [vi.spyOn(Slots.prototype, "verify"), vi.spyOn(Slots.prototype, "step")];
  const logitBias = new Map([[42, 1000]]);
  const prompt = [1, 42, 42, 42, 42, 42, 42];
  const { tokens } = await collect(engine.generate({ prompt, maxTokens: 41, logitBias })[0]!);
  expect(tokens).toEqual(new Array(41).fill(42));
  expect(runs.map(({ mock }) => mock.calls.length)).toEqual([8, 0]); // 1 and 8 times 5 tokens
});
