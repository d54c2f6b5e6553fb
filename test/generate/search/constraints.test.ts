/** Closed sets, blocks of the vocabulary, boxes: what a search may choose, and its scores. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  beamSearch,
  boxMode,
  greedySearch,
  onlyBlock,
  scoreCandidates,
  Trie,
} from "../../../src/generate/index.ts";
import { logSoftmax, randomScores, type ScoresOf, startOf } from "./support.ts";

const eos = 2;
const answers = [[3, 4], [3], [5, 6, 7], [3, 4, 8], [9]];

/** Log-probability of an answer, token by token, without a trie. */
function answerScore(
  scoresOf: ScoresOf,
  answer: readonly number[],
  allowed: ((tokens: readonly number[]) => number[]) | undefined,
): number {
  const tokens: number[] = [];
  let sum = 0;
  for (const id of [...answer, eos]) {
    const row = Array.from(scoresOf(tokens));
    const mask = allowed?.(tokens);
    sum += logSoftmax(row.map((x, i) => (mask && !mask.includes(i) ? -Infinity : x)))[id]!;
    tokens.push(id);
  }
  return sum;
}

/** By looking at every answer. */
const followers = (tokens: readonly number[]): number[] => [
  ...new Set(
    answers
      .map((answer) => [...answer, eos])
      .filter((answer) => tokens.every((id, i) => answer[i] === id))
      .map((answer) => answer[tokens.length]!),
  ),
];

describe("a trie", () => {
  const trie = new Trie(answers, { eos });
  test("allows what goes on with an answer, and the end where one ends", () => {
    expect(trie.allowed([], 0)).toEqual(Int32Array.from([3, 4, 5, 6, 9, 10]));
    expect(trie.allowed([3], 1)).toEqual(Int32Array.from([2, 3, 4, 5]));
    expect(trie.allowed([3, 4], 2)).toEqual(Int32Array.from([2, 3, 8, 9]));
    expect(trie.allowed([5, 6, 0], 2)).toEqual(Int32Array.from([7, 8]));
    expect(trie.allowed([9], 1)).toEqual(Int32Array.from([2, 3]));
    expect(trie.depth).toBe(3);
  });

  test("allows the end alone behind tokens that begin no answer", () => {
    expect(trie.allowed([4], 1)).toEqual(Int32Array.from([2, 3]));
    expect(trie.allowed([3, 4, 8, 8], 4)).toEqual(Int32Array.from([2, 3]));
  });

  test("refuses no answers, and answers with the end token", () => {
    expect(() => new Trie([], { eos })).toThrow("Trie: there are no answers, expected some");
    expect(() => new Trie([[1], [3, 2]], { eos })).toThrow("Trie: answer 1 holds the end token 2");
  });
});

describe.each(["allowed", "vocabulary"] as const)("normalised over the %s", (normalizeOver) => {
  const trie = new Trie(answers, { eos, normalizeOver });
  const expected = (scoresOf: ScoresOf): number[] =>
    answers.map((answer) =>
      answerScore(scoresOf, answer, normalizeOver === "allowed" ? followers : undefined),
    );

  test("all candidates get their log-probability, what they share computed once", async () => {
    for (let seed = 0; seed < 20; seed++) {
      const scoresOf = randomScores(10, seed);
      const start = startOf(10, scoresOf);
      const { scores, best, tied } = await scoreCandidates(start, trie);
      const wanted = expected(scoresOf);
      for (const [i, score] of scores.entries()) expect(score).toBeCloseTo(wanted[i]!, 10);
      expect(wanted[best]).toBe(Math.max(...wanted));
      expect(tied).toEqual([best]);
      expect(start.session.fed).toBe(7); // 3 5 9, 34 56, 348 567: twelve tokens without sharing
      if (normalizeOver !== "allowed") continue;
      expect(scores.reduce((sum, score) => sum + Math.exp(score), 0)).toBeCloseTo(1, 10);
    }
  });

  test("a beam as wide as the set finds the same scores", async () => {
    for (let seed = 0; seed < 20; seed++) {
      const scoresOf = randomScores(10, seed);
      const found = await beamSearch(startOf(10, scoresOf), {
        eos,
        maxLength: trie.depth,
        beam: answers.length,
        normalize: false,
        constraint: trie,
      });
      const wanted = expected(scoresOf);
      expect(found).toHaveLength(answers.length);
      for (const { tokens, score } of found) {
        const i = answers.findIndex((answer) => `${[...answer, eos]}` === `${[...tokens]}`);
        expect(score).toBeCloseTo(wanted[i]!, 10);
      }
      expect(found[0]!.score).toBeCloseTo(Math.max(...wanted), 10);
    }
  });
});

test("greedy search stays in the set", async () => {
  const trie = new Trie(answers, { eos });
  await fc.assert(
    fc.asyncProperty(fc.nat(), async (seed) => {
      const found = await greedySearch(startOf(10, randomScores(10, seed)), {
        eos,
        maxLength: trie.depth,
        constraint: trie,
      });
      expect(answers).toContainEqual([...found].slice(0, -1));
    }),
  );
});

test("ties are reported: answers that occur twice, and equally likely ones", async () => {
  const flat = startOf(6, () => new Float32Array(6));
  const { best, tied, scores } = await scoreCandidates(
    flat,
    new Trie([[3, 4], [5], [1], [5]], { eos }),
  );
  expect([best, tied]).toEqual([0, [0, 1, 2, 3]]);
  expect(scores[0]).toBeCloseTo(-Math.log(3), 12);
  const longer = new Trie([[3, 4], [5], [1], [5]], { eos, normalizeOver: "vocabulary" });
  expect(
    (
      await scoreCandidates(
        startOf(6, () => new Float32Array(6)),
        longer,
      )
    ).tied,
  ).toEqual([1, 2, 3]);
});

test("a hypothesis that cannot end within the length is dropped", async () => {
  const trie = new Trie([[3, 4, 5], [6]], { eos });
  const likesLong = startOf(7, () => [0, 0, 0, 5, 5, 5, 0]);
  const found = await beamSearch(likesLong, { eos, maxLength: 2, beam: 2, constraint: trie });
  expect(found.map(({ tokens }) => [...tokens])).toEqual([[6, eos]]);
});

describe("blocks", () => {
  test("codes of a fixed number", async () => {
    const constraint = onlyBlock({ first: 4, end: 9 }, eos);
    const [best] = await beamSearch(startOf(12, randomScores(12, 3)), {
      eos,
      minLength: 6,
      maxLength: 6,
      beam: 3,
      constraint,
    });
    expect(best!.tokens).toHaveLength(7);
    for (const id of best!.tokens.slice(0, 6)) expect(id >= 4 && id < 9).toBe(true);
    expect(() => onlyBlock({ first: 1, end: 9 }, 2)).toThrow("the end token 2 lies in the block");
  });

  test("the probability is spread over the block and the end", async () => {
    const start = startOf(12, () => new Float32Array(12));
    const constraint = onlyBlock({ first: 4, end: 9 }, eos);
    const [best] = await beamSearch(start, { eos, maxLength: 1, constraint, normalize: false });
    expect(best!.score).toBeCloseTo(-2 * Math.log(6), 10);
  });

  const isBin = (id: number): boolean => id >= 8 && id < 12;
  test("boxes of four bins", async () => {
    const constraint = boxMode({ bins: { first: 8, end: 12 }, eos });
    for (let seed = 0; seed < 20; seed++) {
      const found = await beamSearch(startOf(12, randomScores(12, seed)), {
        eos,
        maxLength: 8,
        constraint,
      });
      for (const { tokens } of found) {
        expect([5, 9]).toContain(tokens.length);
        expect([...tokens.slice(0, -1)].every(isBin)).toBe(true);
      }
    }
  });

  test("boxes with labels: every fifth token is text", async () => {
    const constraint = boxMode({ bins: { first: 8, end: 12 }, labels: { first: 3, end: 8 }, eos });
    for (let seed = 0; seed < 20; seed++) {
      const [best] = await beamSearch(startOf(12, randomScores(12, seed)), {
        eos,
        minLength: 10,
        maxLength: 10,
        constraint,
      });
      const boxes = [...best!.tokens].slice(0, -1);
      expect(boxes.map(isBin)).toEqual([...Array(10).keys()].map((i) => i % 5 !== 4));
      expect(boxes.every((id) => id >= 3)).toBe(true);
    }
  });
});
