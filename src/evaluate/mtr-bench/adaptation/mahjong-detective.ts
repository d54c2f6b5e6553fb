/** MahjongDetective: counts of tiles, by adding tiles and hearing triplets and straights. */

import { bestQuery } from "../belief.ts";
import { integersOf } from "../command.ts";
import { byLevel, range, span } from "../draw.ts";
import { defineTask, live, refuse, won } from "../task.ts";

interface View {
  readonly n: number;
  /** Triplets and straights at the start, e.g. "1 4"; "" where not told (published instances). */
  readonly start: string;
  readonly most: number;
}

/** Different triplets and straights: sum of C(c, 3), sum of products of three neighbours. */
function piecesOf(counts: readonly number[]): string {
  const triplets = counts.reduce((sum, c) => sum + (c * (c - 1) * (c - 2)) / 6, 0);
  const straights = counts.reduce(
    (sum, c, i) => sum + c * (counts[i + 1] ?? 0) * (counts[i + 2] ?? 0),
    0,
  );
  return `${triplets} ${straights}`;
}

const added = (counts: readonly number[], x: number): number[] =>
  counts.map((c, i) => (i === x - 1 ? c + 1 : c));

/** All counts of 0 to 3 with these pieces at the start. */
function worlds(n: number, start: string): number[][] {
  const out: number[][] = [];
  const [most, straightsAtStart] = integersOf(start);
  const counts: number[] = [];
  const extend = (triplets: number, straights: number): void => {
    if (triplets > most || straights > straightsAtStart) return;
    const at = counts.length;
    if (at === n) {
      if (triplets === most && straights === straightsAtStart) out.push([...counts]);
      return;
    }
    const before = at < 2 ? 0 : counts[at - 1] * counts[at - 2];
    for (const c of range(4)) {
      counts.push(c);
      extend(triplets + (c === 3 ? 1 : 0), straights + c * before);
      counts.pop();
    }
  };
  extend(0, 0);
  return out;
}

export const mahjongDetective = defineTask<View, readonly number[]>({
  name: "MahjongDetective",
  class: "DA",
  goal: "counts of tiles, by adding tiles and hearing triplets and straights",
  verbs: ["My Query", "My Answer"],
  forms: ["My Query: + x", "My Answer: c1 c2 ... cn"],
  budget: { easy: 10, medium: 10, hard: 10 },
  bound: "at most n additions, chosen by entropy over the count vectors that still fit",
  fixes: [
    "counts are 0 to 3 of each value (published: a list of values read as counts, 0 wrapping round)",
    "triplets and straights at the start are told",
  ],
  generate(random, level) {
    const n = byLevel(level, 3, 6, 9);
    const counts = range(n).map(() => random.below(4));
    return { view: { n, start: piecesOf(counts), most: 3 }, state: counts };
  },
  rules: ({ n, start, most }) =>
    `I hold tiles with values 1 to ${n}, of each value 0 to ${most}. Find how many of each value I hold.
A triplet is three tiles of one value, a straight three tiles of values i, i+1, i+2; tiles of the same value are told apart, so counts c1 c2 ... give the sum of C(ci, 3) triplets and the sum of ci * c(i+1) * c(i+2) straights. At the start there are (triplets straights): ${start}.
A query + x adds a tile of value x; I answer with triplets and straights after it.
An answer lists all counts, added tiles included. A wrong one costs a turn.`,
  step({ n, start }, counts, { verb, numbers }) {
    if (verb === "My Query") {
      if (numbers.length !== 1) return refuse("a query adds one tile");
      if (numbers[0] < 1 || numbers[0] > n) return refuse(`values go from 1 to ${n}`);
      const next = added(counts, numbers[0]);
      return live(next, piecesOf(next.slice(0, n)));
    }
    if (numbers.length !== n) return refuse(`an answer takes ${n} counts`);
    const isPaper = start === "";
    if (isPaper && numbers.some((c) => c > n)) return refuse(`counts go to ${n}`);
    // Published hands hold tiles of value 0: in no piece, and counted as tiles of the last value.
    const zeros = counts[n] ?? 0;
    const isRight = numbers.every((c, i) => c === counts[i] + (i === n - 1 ? zeros : 0));
    return isRight ? won(counts) : live(counts, "Incorrect");
  },
  *oracle({ n, start }, random) {
    if (start === "") return; // Published hands are not confined to counts that can be listed.
    let hands = worlds(n, start);
    while (hands.length > 1) {
      const x = bestQuery(hands, span(1, n), (c, value) => piecesOf(added(c, value)), random);
      const heard = yield `My Query: + ${x}`;
      hands = hands.map((counts) => added(counts, x)).filter((c) => piecesOf(c) === heard);
    }
    if (hands.length > 0) yield `My Answer: ${hands[0].join(" ")}`;
  },
  guess({ n }, _, random) {
    if (random.below(2)) return `My Query: + ${1 + random.below(n)}`;
    return `My Answer: ${span(1, n)
      .map(() => random.below(4))
      .join(" ")}`;
  },
  candidates: ({ n, start }) => (n > 6 || start === "" ? [] : worlds(n, start)),
  // The published list holds tiles' values, 0 among them: their count stands behind the others.
  fromPaper(line) {
    const n = line.number("scale");
    const counts = range(n + 1).map(() => 0);
    for (const value of line.numbers("answer")) counts[value === 0 ? n : value - 1]++;
    return { view: { n, start: "", most: n }, state: counts };
  },
});
