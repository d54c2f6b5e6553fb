/** Beam search against all sentences, against a plain one that sorts everything, and by hand. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BeamSearchOptions, beamSearch, greedySearch } from "../../../src/generate/index.ts";
import { logSoftmax, randomScores, type ScoresOf, startOf } from "./support.ts";

interface Found {
  readonly tokens: number[];
  readonly score: number;
}

const byScore = (a: Found, b: Found): number => b.score - a.score;
const eos = 0;

/** Every sentence up to the length, by score. */
function allSentences(scoresOf: ScoresOf, options: BeamSearchOptions): Found[] {
  const { maxLength, minLength = 1, normalize = true, lengthPenalty = 1 } = options;
  const found: Found[] = [];
  const visit = (tokens: number[], sum: number): void => {
    const next = logSoftmax(scoresOf(tokens));
    if (tokens.length >= minLength) {
      const divisor = normalize ? (tokens.length + 1) ** lengthPenalty : 1;
      found.push({ tokens: [...tokens, eos], score: (sum + next[eos]!) / divisor });
    }
    if (tokens.length === maxLength) return;
    for (let id = 1; id < next.length; id++) visit([...tokens, id], sum + next[id]!);
  };
  visit([], 0);
  return found.sort(byScore);
}

/** The rules of fairseq written down as plainly as possible. */
function plainBeam(scoresOf: ScoresOf, options: BeamSearchOptions): Found[] {
  const { beam = 5, maxLength, minLength = 1, normalize = true, lengthPenalty = 1 } = options;
  const n = options.noRepeatNgram ?? 0;
  const repeats = (tokens: number[]): boolean => {
    const grams = tokens.slice(n - 1).map((_, i) => tokens.slice(i, i + n).join());
    return n > 0 && grams.slice(0, -1).includes(grams.at(-1) ?? "");
  };
  const found: Found[] = [];
  let rows: Found[] = [{ tokens: [], score: 0 }];
  for (let length = 0; length <= maxLength && found.length < beam; length++) {
    const candidates = rows
      .flatMap(({ tokens, score }) =>
        logSoftmax(scoresOf(tokens)).map((p, id) => ({
          tokens: [...tokens, id],
          score: score + p,
        })),
      )
      .filter(({ tokens }) => {
        const isEnd = tokens.at(-1) === eos;
        return isEnd ? length >= minLength : length < maxLength && !repeats(tokens);
      })
      .sort(byScore)
      .slice(0, 2 * beam);
    for (const { tokens, score } of candidates.slice(0, beam)) {
      if (tokens.at(-1) !== eos || found.length === beam) continue;
      found.push({ tokens, score: normalize ? score / (length + 1) ** lengthPenalty : score });
    }
    rows = candidates.filter(({ tokens }) => tokens.at(-1) !== eos).slice(0, beam);
  }
  return found.sort(byScore);
}

async function search(scoresOf: ScoresOf, options: BeamSearchOptions): Promise<Found[]> {
  const vocabSize = scoresOf([]).length;
  const found = await beamSearch(startOf(vocabSize, scoresOf), options);
  return found.map(({ tokens, score }) => ({ tokens: [...tokens], score }));
}

function expectSame(found: readonly Found[], expected: readonly Found[]): void {
  expect(found.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
  for (const [i, { score }] of found.entries()) expect(score).toBeCloseTo(expected[i]!.score, 10);
}

const shapes = {
  seed: fc.nat(),
  vocab: fc.integer({ min: 2, max: 5 }),
  beam: fc.integer({ min: 1, max: 6 }),
};

describe("a beam wide enough finds all sentences in order", () => {
  test.each([
    { vocab: 2, maxLength: 6, options: {} },
    { vocab: 4, maxLength: 3, options: {} },
    { vocab: 4, maxLength: 3, options: { normalize: false } },
    { vocab: 3, maxLength: 4, options: { lengthPenalty: 2, minLength: 2 } },
    { vocab: 3, maxLength: 4, options: { lengthPenalty: -0.5, minLength: 0 } },
    { vocab: 5, maxLength: 2, options: { minLength: 2 } },
  ])("$vocab tokens, length $maxLength, $options", async ({ vocab, maxLength, options }) => {
    for (let seed = 0; seed < 5; seed++) {
      const scoresOf = randomScores(vocab, seed);
      const given = { eos, maxLength, ...options };
      const expected = allSentences(scoresOf, given);
      const found = await search(scoresOf, { ...given, beam: expected.length });
      expectSame(found, expected);
    }
  });
});

test("a narrow beam does what a plain one that sorts everything does", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        ...shapes,
        maxLength: fc.integer({ min: 1, max: 6 }),
        minLength: fc.integer({ min: 0, max: 1 }),
        noRepeatNgram: fc.constantFrom(0, 2, 3),
        normalize: fc.boolean(),
        lengthPenalty: fc.constantFrom(0, 0.6, 1, 2),
      }),
      async ({ seed, vocab, ...options }) => {
        const scoresOf = randomScores(vocab, seed);
        expectSame(
          await search(scoresOf, { eos, ...options }),
          plainBeam(scoresOf, { eos, ...options }),
        );
      },
    ),
    { numRuns: 200 },
  );
});

describe("hand-made lattices", () => {
  /** Tokens: 0 ends, 1 = a, 2 = b, 3 = c. Probabilities behind each text. */
  const lattice =
    (rows: Record<string, readonly number[]>): ScoresOf =>
    (tokens) =>
      (rows[tokens.map((id) => "_abc"[id]).join("")] ?? [1, 0, 0, 0]).map(Math.log);

  const detour = lattice({
    "": [0, 0.5, 0.4, 0.1],
    a: [0.3, 0.4, 0.3, 0],
    b: [0.9, 0.1, 0, 0],
    aa: [0.6, 0.4, 0, 0],
    ab: [0.5, 0.5, 0, 0],
  });

  test("greedy follows the likelier start, two rows find the likelier sentence", async () => {
    const options = { eos, maxLength: 3, normalize: false };
    const [narrow] = await search(detour, { ...options, beam: 1 });
    expect(narrow!.tokens).toEqual([1, 1, 0]); // 0.5 · 0.4 · 0.6
    expect(narrow!.score).toBeCloseTo(Math.log(0.12), 6);
    const [wide, second] = await search(detour, { ...options, beam: 2 });
    expect(wide!.tokens).toEqual([2, 0]); // 0.4 · 0.9
    expect(wide!.score).toBeCloseTo(Math.log(0.36), 6);
    expect(second!.tokens).toEqual([1, 1, 0]);
  });

  test("an end token behind the first `beam` candidates does not finish a sentence", async () => {
    // Behind "a" and "b" the candidates are bb .36, aa .2, a_ .15, ab .15, b_ .04: no end in two.
    const late = lattice({
      "": [0, 0.5, 0.4, 0.1],
      a: [0.3, 0.4, 0.3, 0],
      b: [0.1, 0, 0.9, 0],
      bb: [1, 0, 0, 0],
      aa: [1, 0, 0, 0],
    });
    const found = await search(late, { eos, maxLength: 4, beam: 2, normalize: false });
    expect(found.map(({ tokens }) => tokens)).toEqual([
      [2, 2, 0],
      [1, 1, 0],
    ]);
  });

  test("the search stops with `beam` sentences, though a longer one would be likelier", async () => {
    // "a" ends with ln(.6 · .51) / 2 = -.59; "ab" would with ln(.6 · .49) / 3 = -.41.
    const stops = lattice({ "": [0, 0.6, 0.4, 0], a: [0.51, 0, 0.49, 0] });
    const found = await search(stops, { eos, maxLength: 4, beam: 1 });
    expect(found.map(({ tokens }) => tokens)).toEqual([[1, 0]]);
  });

  test("the length penalty turns the order", async () => {
    const lengths = lattice({
      "": [0, 0.5, 0.5, 0],
      a: [1, 0, 0, 0],
      b: [0, 0, 0.8, 0.2],
      bb: [1, 0, 0, 0],
      bc: [1, 0, 0, 0],
    });
    const best = async (lengthPenalty: number): Promise<number[]> =>
      (await search(lengths, { eos, maxLength: 4, beam: 3, lengthPenalty }))[0]!.tokens;
    expect(await best(0)).toEqual([1, 0]); // ln .5 against ln .4
    expect(await best(1)).toEqual([2, 2, 0]); // -.693/2 against -.916/3
  });

  test("scores of the tokens add up, the end token's included", async () => {
    const start = startOf(4, detour);
    const [best] = await beamSearch(start, { eos, maxLength: 3, beam: 2 });
    expect([...best!.tokenScores].map(Math.exp)).toEqual([
      expect.closeTo(0.4, 6),
      expect.closeTo(0.9, 6),
    ]);
    expect(best!.score).toBeCloseTo(Math.log(0.36) / 2, 6);
  });
});

describe("rules", () => {
  test("no n-gram occurs twice, those of the prefix included", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          ...shapes,
          n: fc.integer({ min: 1, max: 3 }),
          prefix: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }),
        }),
        async ({ seed, vocab, beam, n, prefix }) => {
          const options = { eos, maxLength: 8, minLength: 0, beam, noRepeatNgram: n, prefix };
          const occurs = (tokens: readonly number[]): string[] =>
            tokens.slice(n - 1).map((_, i) => tokens.slice(i, i + n).join());
          const before = occurs(prefix);
          for (const { tokens } of await search(randomScores(vocab, seed), options)) {
            const all = occurs([...prefix, ...tokens]);
            const added = all.slice(before.length);
            expect(new Set(added).size).toBe(added.length);
            for (const gram of added) expect(before).not.toContain(gram);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  test("lengths lie between the least and the most, and the end is forced", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ ...shapes, least: fc.nat(5), more: fc.nat(3) }),
        async ({ seed, vocab, beam, least, more }) => {
          const maxLength = least + more;
          const found = await search(randomScores(vocab, seed), {
            eos,
            maxLength,
            minLength: least,
            beam,
          });
          for (const { tokens } of found) {
            expect(tokens.indexOf(eos)).toBe(tokens.length - 1);
            expect(tokens.length - 1).toBeGreaterThanOrEqual(least);
            expect(tokens.length - 1).toBeLessThanOrEqual(maxLength);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  test("greedy search takes the tokens of a beam of one", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          seed: fc.nat(),
          vocab: fc.integer({ min: 3, max: 9 }),
          noRepeatNgram: fc.nat(3),
          minLength: fc.nat(4),
        }),
        async ({ seed, vocab, ...rules }) => {
          const scoresOf = randomScores(vocab, seed);
          const options = { eos, maxLength: 6, banned: [vocab - 1], ...rules };
          const outcome = async (work: Promise<ArrayLike<number>>) =>
            work.then(Array.from<number>, (error: Error) => error.message.replace(/^\w+/, ""));
          expect(await outcome(greedySearch(startOf(vocab, scoresOf), options))).toEqual(
            await outcome(search(scoresOf, { ...options, beam: 1 }).then(([best]) => best!.tokens)),
          );
        },
      ),
      { numRuns: 100 },
    );
  });

  test("banned ids keep their share of the probability", async () => {
    const scoresOf: ScoresOf = (tokens) => [tokens.length ? 0.5 : 0.1, 0.2, 0.3].map(Math.log);
    const [best] = await search(scoresOf, {
      eos,
      maxLength: 2,
      beam: 2,
      banned: [2],
      normalize: false,
    });
    expect(best!.tokens).toEqual([1, 0]);
    expect(best!.score).toBeCloseTo(Math.log((0.2 / 0.6) * (0.5 / 1)), 6);
  });
});

describe("errors", () => {
  const flat: ScoresOf = () => [0, 0, 0];
  test.each([
    [{ eos: 3 }, "beamSearch: eos is 3, expected an integer from 0 to 2"],
    [{ minLength: 5 }, "beamSearch: minLength is 5, expected an integer from 0 to 4"],
    [{ beam: 0 }, "beamSearch: beam is 0, expected an integer of at least 1"],
  ])("%o", async (options, message) => {
    await expect(search(flat, { eos, maxLength: 4, ...options })).rejects.toThrow(message);
  });

  test("a start of the wrong size", async () => {
    const { session } = startOf(3, flat);
    const start = { session, scores: new Float32Array(4) };
    await expect(beamSearch(start, { eos, maxLength: 4 })).rejects.toThrow(
      "beamSearch: it starts from 4 scores and a session of 1 rows, expected the 3 scores of one row",
    );
  });

  test("nothing may follow", async () => {
    await expect(search(flat, { eos, maxLength: 4, banned: [0] })).rejects.toThrow(
      "beamSearch: nothing may follow 4 tokens",
    );
    await expect(
      greedySearch(startOf(3, flat), { eos, maxLength: 4, banned: [0, 1, 2] }),
    ).rejects.toThrow("greedySearch: nothing may follow 0 tokens");
  });

  test("damaged scores", async () => {
    const damaged: ScoresOf = () => [0, Number.NaN, 0];
    await expect(search(damaged, { eos, maxLength: 4 })).rejects.toThrow("add up to NaN");
  });

  test("an abort", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(search(flat, { eos, maxLength: 4, signal })).rejects.toThrow("enough");
  });
});
