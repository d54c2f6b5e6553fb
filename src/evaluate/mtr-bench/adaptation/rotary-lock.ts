/** RotaryLock: final offsets of rings with metal arcs, by turning them and counting free lasers. */

import { bestQuery } from "../belief.ts";
import { byLevel, popcount, range, span } from "../draw.ts";
import { defineTask, live, refuse, won } from "../task.ts";

interface View {
  readonly rings: number;
  /** Length of an arc; a ring has `rings * arc` sections. */
  readonly arc: number;
  /** Free lasers at the start; -1 where not told (published instances). */
  readonly start: number;
}

/** Positions of arcs, ring 0 first. */
type Positions = readonly number[];

const sectionsOf = ({ rings, arc }: View): number => rings * arc;

/** For each position the sections that an arc there covers, as bits. */
const arcMasks = (view: View): number[] => {
  const n = sectionsOf(view);
  return range(n).map((at) => range(view.arc).reduce((m, i) => m | (1 << ((at + i) % n)), 0));
};

const freeLasers = (view: View, positions: Positions, masks: readonly number[]): number =>
  sectionsOf(view) - popcount(positions.reduce((covered, at) => covered | masks[at], 0));

const turned = (view: View, positions: Positions, [ring, d]: readonly number[]): number[] => {
  const n = sectionsOf(view);
  return positions.map((at, i) => (i === ring ? (at + d + n) % n : at));
};

export const rotaryLock = defineTask<View, Positions>({
  name: "RotaryLock",
  class: "DA",
  goal: "offsets of rotating arcs, by counting lasers that pass",
  verbs: ["My Query", "My Answer"],
  forms: ["My Query: ring d (d is 1 or -1)", "My Answer: p1 p2 ..."],
  budget: { easy: 20, medium: 25, hard: 35 },
  bound: "entropy search over all offsets, about one bit a turn: O(rings x sections)",
  fixes: [
    "the count at the start is told",
    "the budget lets the reference player finish; the published 10 rounds do not",
  ],
  generate(random, level) {
    const shape = { rings: byLevel(level, 3, 4, 5), arc: 6 };
    const view = { ...shape, start: 0 };
    const state = range(view.rings).map((i) => (i === 0 ? 0 : random.below(sectionsOf(view))));
    return { view: { ...shape, start: freeLasers(view, state, arcMasks(view)) }, state };
  },
  rules: (view) =>
    `A lock has ${view.rings} rings, 0 to ${view.rings - 1}, each with ${sectionsOf(view)} sections. Each ring carries one metal arc over ${view.arc} consecutive sections. From the centre one laser goes through each section's direction; an arc blocks it. At the start ${view.start} lasers pass.
A query turns a ring from 1 to ${view.rings - 1} by d = 1 or d = -1 sections; I answer with the number of lasers that pass then.
An answer gives for rings 1 to ${view.rings - 1} how many sections their arcs now start after the arc of ring 0 (0 to ${sectionsOf(view) - 1}). A wrong one costs a turn.`,
  step(view, positions, { verb, numbers }) {
    if (verb === "My Query") {
      const [ring, d] = numbers;
      const isTurn = ring >= 1 && ring < view.rings && Math.abs(d) === 1 && numbers.length === 2;
      if (!isTurn) return refuse(`a query is a ring of 1 to ${view.rings - 1} and 1 or -1`);
      const next = turned(view, positions, numbers);
      return live(next, String(freeLasers(view, next, arcMasks(view))));
    }
    if (numbers.length !== view.rings - 1)
      return refuse(`an answer takes ${view.rings - 1} numbers`);
    const n = sectionsOf(view);
    const isRight = numbers.every((p, i) => p === (positions[i + 1] - positions[0] + n) % n);
    return isRight ? won(positions) : live(positions, "Incorrect");
  },
  *oracle(view, random) {
    const n = sectionsOf(view);
    const masks = arcMasks(view);
    let moved = range(view.rings).map(() => 0);
    // A code holds the first positions of rings 1, 2, ... as digits of base n.
    const lasersAfter = (code: number, [ring, d]: readonly number[]): number => {
      let covered = masks[0];
      for (let i = 1, rest = code; i < view.rings; i++, rest = Math.floor(rest / n)) {
        covered |= masks[((rest % n) + moved[i] + (i === ring ? d : 0) + n) % n];
      }
      return n - popcount(covered);
    };
    let codes = range(n ** (view.rings - 1)).filter(
      (code) => view.start < 0 || lasersAfter(code, [0, 0]) === view.start,
    );
    const moves = span(1, view.rings - 1).flatMap((ring) => [
      [ring, 1],
      [ring, -1],
    ]);
    let last = [0, 0];
    while (codes.length > 1) {
      // Never straight back; where no move tells anything, on in the same direction.
      const [ring, d] = last;
      const onward = [last, ...moves].filter((m) => m[0] > 0 && (m[0] !== ring || m[1] === d));
      last = bestQuery(codes, onward, lasersAfter, random);
      const heard = Number(yield `My Query: ${last.join(" ")}`);
      moved = turned(view, moved, last);
      codes = codes.filter((code) => lasersAfter(code, [0, 0]) === heard);
    }
    const final = span(1, view.rings - 1).map(
      (i) => (Math.floor(codes[0] / n ** (i - 1)) + moved[i]) % n,
    );
    yield `My Answer: ${final.join(" ")}`;
  },
  guess(view, _, random) {
    const n = sectionsOf(view);
    if (random.below(2))
      return `My Answer: ${span(1, view.rings - 1)
        .map(() => random.below(n))
        .join(" ")}`;
    return `My Query: ${1 + random.below(view.rings - 1)} ${random.below(2) ? 1 : -1}`;
  },
  candidates: (view) =>
    view.rings > 3
      ? []
      : range(sectionsOf(view) ** 2)
          .map((c) => [0, c % sectionsOf(view), Math.floor(c / sectionsOf(view))])
          .filter((p) => freeLasers(view, p, arcMasks(view)) === view.start),
  fromPaper(line) {
    const view = { rings: line.number("n"), arc: line.number("m"), start: -1 };
    return { view, state: line.numbers("answer") };
  },
});
