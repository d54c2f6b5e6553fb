/** BeeChase: three bees catch a runner on a graph. */

import type { Random } from "../../../nn/random.ts";
import { byLevel, pick, range, shuffled, span } from "../draw.ts";
import { defineTask, live, refuse, won } from "../task.ts";

interface View {
  readonly n: number;
  readonly edges: readonly (readonly number[])[];
}

interface State {
  /** Empty until the bees are placed. */
  readonly bees: readonly number[];
  readonly runner: number;
}

const neighbours = ({ edges }: View, v: number): number[] =>
  edges.flatMap(([a, b]) => (a === v ? [b] : b === v ? [a] : []));

/** distances[v][w] for vertices from 1. */
function distancesOf(view: View): number[][] {
  return range(view.n + 1).map((from) => {
    const distance = range(view.n + 1).map(() => Number.POSITIVE_INFINITY);
    distance[from] = 0;
    const queue = [from];
    for (const v of queue) {
      for (const w of neighbours(view, v).filter((u) => distance[u] > distance[v] + 1)) {
        distance[w] = distance[v] + 1;
        queue.push(w);
      }
    }
    return distance;
  });
}

/** A ring with at most one short chord at each vertex. */
function drawGraph(random: Random, n: number): number[][] {
  const edges = span(1, n).map((v) => [v, (v % n) + 1]);
  const free = new Set(span(1, n));
  for (const v of shuffled(random, span(1, n))) {
    const w = ((v - 1 + 2 + random.below(3)) % n) + 1;
    if (!free.has(v) || !free.has(w) || v === w) continue;
    free.delete(v);
    free.delete(w);
    edges.push([v, w]);
  }
  return edges;
}

export const beeChase = defineTask<View, State>({
  name: "BeeChase",
  class: "SG",
  goal: "catch a runner on a graph with three bees",
  verbs: ["My Choice"],
  forms: ["My Choice: a b c"],
  budget: { easy: 10, medium: 20, hard: 40 },
  bound: "one move ahead: the bees' joint move that leaves the runner least room",
  generate(random, level) {
    const n = byLevel(level, 10, 20, 40);
    return { view: { n, edges: drawGraph(random, n) }, state: { bees: [], runner: 0 } };
  },
  rules: ({ n, edges }) =>
    `On a graph with vertices 1 to ${n} and the edges ${edges.map(([a, b]) => `${a}-${b}`).join(", ")} you have three bees, I have a runner.
In the first turn place the bees on any vertices; I place the runner on another vertex and tell you where. In every later turn each bee moves along an edge or stays (bees may share a vertex); then the runner moves along an edge to a vertex without a bee, and I tell you where it is.
You win when a bee reaches the runner or the runner cannot move.`,
  step(view, { bees, runner }, { numbers }, random) {
    if (numbers.length !== 3 || numbers.some((v) => v < 1 || v > view.n)) {
      return refuse(`a move is three vertices of 1 to ${view.n}`);
    }
    if (bees.length === 0) {
      const start = pick(
        random,
        span(1, view.n).filter((v) => !numbers.includes(v)),
      );
      return live({ bees: numbers, runner: start }, String(start));
    }
    const isStep = numbers.every(
      (to, i) => to === bees[i] || neighbours(view, bees[i]).includes(to),
    );
    if (!isStep) return refuse("each bee moves along one edge or stays");
    if (numbers.includes(runner)) return won({ bees: numbers, runner }, "You win!");
    const open = neighbours(view, runner).filter((v) => !numbers.includes(v));
    if (open.length === 0) return won({ bees: numbers, runner }, "You win!");
    const next = pick(random, open);
    return live({ bees: numbers, runner: next }, String(next));
  },
  *oracle(view) {
    const { n } = view;
    const distance = distancesOf(view);
    let bees = [1, 1 + Math.floor(n / 3), 1 + Math.floor((2 * n) / 3)];
    let runner = Number(yield `My Choice: ${bees.join(" ")}`);
    for (;;) {
      const choices = bees.map((b) => [b, ...neighbours(view, b)]);
      const moves = choices[0].flatMap((a) =>
        choices[1].flatMap((b) => choices[2].map((c) => [a, b, c])),
      );
      const target = runner;
      const cost = (move: readonly number[]) => {
        if (move.includes(target)) return -1;
        const open = neighbours(view, target).filter((v) => !move.includes(v));
        const after = open.map((v) => {
          const near = move.map((b) => distance[b][v]).sort((x, y) => x - y);
          return 4 * near[0] + 2 * near[1] + near[2];
        });
        return after.length > 0 ? after.reduce((x, y) => x + y) / after.length + open.length : -1;
      };
      const costs = moves.map((move): [number[], number] => [move, cost(move)]);
      [bees] = costs.reduce((a, b) => (b[1] < a[1] - 1e-9 ? b : a));
      runner = Number(yield `My Choice: ${bees.join(" ")}`);
    }
  },
  guess(view, { bees }, random) {
    if (bees.length === 0)
      return `My Choice: ${range(3)
        .map(() => 1 + random.below(view.n))
        .join(" ")}`;
    return `My Choice: ${bees.map((b) => pick(random, [b, ...neighbours(view, b)])).join(" ")}`;
  },
  fromPaper: (line) => ({
    view: { n: line.number("scale"), edges: line.rows("graph") },
    state: { bees: [], runner: 0 },
  }),
});
