/** Sampled sentences: how often each comes, and the rules. */

import { describe, expect, test } from "vitest";
import { sampleSentences, Trie } from "../../../src/generate/index.ts";
import { logSoftmax, randomScores, type ScoresOf, startOf } from "./support.ts";

const eos = 0;
const logProbability = (scoresOf: ScoresOf, tokens: readonly number[]): number =>
  tokens.reduce((sum, id, i) => sum + logSoftmax(scoresOf(tokens.slice(0, i)))[id]!, 0);

test("sentences come as often as they are likely, with their log-probabilities", async () => {
  const scoresOf = randomScores(3, 5, 1);
  const count = 4000;
  const options = { eos, maxLength: 2, minLength: 0, count, seed: 11 };
  const counts = new Map<string, number>();
  // A session of many rows: the fake one holds 64 rows, so 64 at a time.
  for (let first = 0; first < count; first += 50) {
    const part = { ...options, count: 50, seed: options.seed + first };
    for (const { tokens, score, tokenScores } of await sampleSentences(
      startOf(3, scoresOf),
      part,
    )) {
      // The end is forced behind two tokens, but keeps the model's probability.
      expect(score).toBeCloseTo(logProbability(scoresOf, [...tokens]), 10);
      expect(tokenScores).toHaveLength(tokens.length);
      counts.set(`${[...tokens]}`, (counts.get(`${[...tokens]}`) ?? 0) + 1);
    }
  }
  let total = 0;
  for (const [text, seen] of counts) {
    const tokens = text.split(",").map(Number);
    const free = tokens.length === 3 ? tokens.slice(0, 2) : tokens;
    const p = Math.exp(logProbability(scoresOf, free));
    total += p;
    expect(Math.abs(seen - count * p)).toBeLessThan(5 * Math.sqrt(count * p * (1 - p)) + 1);
  }
  expect(total).toBeCloseTo(1, 6); // all seven sentences were seen
});

describe("rules", () => {
  const vocab = 40;
  const scoresOf = randomScores(vocab, 2, 1);
  const draw = async (options: object, count = 8) => {
    const start = startOf(vocab, scoresOf);
    const all = await sampleSentences(start, { eos, maxLength: 6, count, seed: 4, ...options });
    return all.map(({ tokens }) => [...tokens]);
  };

  test("the same seed draws the same, whatever the count", async () => {
    const all = await draw({});
    expect(await draw({}, 3)).toEqual(all.slice(0, 3));
    expect(new Set(all.map(String)).size).toBeGreaterThan(1);
  });

  test("rows that end early leave the others as they are", async () => {
    const all = await draw({}, 20);
    expect(new Set(all.map(({ length }) => length)).size).toBeGreaterThan(1);
    for (const tokens of all) expect(tokens.indexOf(eos)).toBe(tokens.length - 1);
  });

  test("top-k of one is greedy for every sample", async () => {
    const greedy = await draw({ temperature: 0 }, 1);
    for (const tokens of await draw({ topK: 1 })) expect(tokens).toEqual(greedy[0]);
  });

  test("lengths, banned ids and n-grams hold", async () => {
    const banned = [1, 33, 39];
    for (const tokens of await draw({ minLength: 6, banned, noRepeatNgram: 1, temperature: 9 })) {
      expect(tokens).toHaveLength(7);
      expect(new Set(tokens).size).toBe(7);
      for (const id of banned) expect(tokens).not.toContain(id);
    }
  });

  test("a closed set holds across words of 32 ids", async () => {
    const answers = [[1], [31, 32], [33, 5, 39], [38]];
    const constraint = new Trie(answers, { eos });
    for (const tokens of await draw({ constraint, temperature: 3 }, 30)) {
      expect(answers).toContainEqual(tokens.slice(0, -1));
    }
  });
});
