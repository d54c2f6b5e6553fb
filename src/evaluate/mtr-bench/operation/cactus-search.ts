/** CactusSearch: a secret vertex of a known cactus; wrong guesses point one edge nearer. */

import type { Random } from "../../../nn/random.ts";
import { bestQuery } from "../belief.ts";
import { byLevel, range, shuffled, span } from "../draw.ts";
import { defineTask, live, refuse, won } from "../task.ts";

interface View {
  readonly n: number;
  readonly edges: readonly (readonly number[])[];
}

const neighboursOf = ({ edges }: View, v: number): number[] =>
  edges.flatMap(([a, b]) => (a === v ? [b] : b === v ? [a] : [])).sort((a, b) => a - b);

function distancesFrom(view: View, from: number): number[] {
  const distance = range(view.n + 1).map(() => -1);
  distance[from] = 0;
  const queue = [from];
  for (const v of queue) {
    for (const w of neighboursOf(view, v).filter((u) => distance[u] < 0)) {
      distance[w] = distance[v] + 1;
      queue.push(w);
    }
  }
  return distance;
}

function answerTo(view: View, secret: number, guess: number): string {
  const distance = distancesFrom(view, secret);
  const nearer = neighboursOf(view, guess).find((w) => distance[w] < distance[guess]);
  return guess === secret ? "Correct" : `GO ${nearer}`;
}

/** Bridges and cycles that share single vertices: every edge lies on at most one cycle. */
function drawCactus(random: Random, n: number): number[][] {
  const label = shuffled(random, span(1, n));
  const edges: number[][] = [];
  for (let made = 1; made < n; ) {
    const size = Math.min(n - made, [1, 2, 3, 4][random.below(4)]);
    const hook = random.below(made);
    const chain = [hook, ...range(size).map((i) => made + i), ...(size > 1 ? [hook] : [])];
    for (const i of range(chain.length - 1)) edges.push([label[chain[i]], label[chain[i + 1]]]);
    made += size;
  }
  return edges;
}

export const cactusSearch = defineTask<View, number>({
  name: "CactusSearch",
  class: "SO",
  goal: "a secret vertex of a known cactus; wrong guesses point nearer",
  verbs: ["My Guess"],
  forms: ["My Guess: v"],
  budget: { easy: 10, medium: 10, hard: 10 },
  bound: "entropy search over the vertices, at most 5 guesses",
  fixes: ["graphs are cacti (89 of 90 published ones are not), and the nearer vertex is the least"],
  generate(random, level) {
    const n = byLevel(level, 10, 12, 15);
    return { view: { n, edges: drawCactus(random, n) }, state: 1 + random.below(n) };
  },
  rules: ({ n, edges }) =>
    `A graph has vertices 1 to ${n} and these edges:
${edges.map(([a, b]) => `${a}-${b}`).join(", ")}
No edge lies on two cycles. I chose a secret vertex; find it.
To a wrong guess v I answer "GO w": w is the neighbour of v with the least number that is nearer to the secret vertex.`,
  step(view, secret, { numbers }) {
    const [v] = numbers;
    if (numbers.length !== 1 || v < 1 || v > view.n)
      return refuse(`a guess is one of 1 to ${view.n}`);
    return v === secret ? won(secret) : live(secret, answerTo(view, secret, v));
  },
  *oracle(view, random) {
    let places = span(1, view.n);
    for (;;) {
      // A place that may be it goes before one that cannot, at equal entropy.
      const order = [...places, ...span(1, view.n)];
      const guess = bestQuery(places, order, (s, v) => answerTo(view, s, v), random);
      const heard = yield `My Guess: ${guess}`;
      places = places.filter((s) => answerTo(view, s, guess) === heard);
    }
  },
  guess: ({ n }, _, random) => `My Guess: ${1 + random.below(n)}`,
  candidates: ({ n }) => span(1, n),
  fromPaper(line) {
    const paths = line.at("graph").rows("paths");
    const edges = paths.flatMap((path) => path.slice(1).map((v, i) => [path[i], v]));
    const n = line.at("graph").number("n");
    const secret = line.has("answer")
      ? line.number("answer")
      : 1 + (line.number("question_id") % n);
    return { view: { n, edges }, state: secret };
  },
});
