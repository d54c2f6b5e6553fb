/** ZigzagGraph: move a token over edges, yours lighter than the last, the opponent's heavier. */

import { byLevel, pick, range, shuffled, span } from "../draw.ts";
import { defineTask, live, lost, refuse, won } from "../task.ts";

interface View {
  readonly n: number;
  /** weights[i][j]: of the edge between i + 1 on the left and n + j + 1 on the right. */
  readonly weights: readonly (readonly number[])[];
  /** Where the opponent placed the token; 0 where the player places it (published instances). */
  readonly start: number;
}

interface State {
  /** Vertices in order. */
  readonly path: readonly number[];
}

const isLeft = ({ n }: View, v: number): boolean => v <= n;

function weight(view: View, a: number, b: number): number {
  const [left, right] = isLeft(view, a) ? [a, b] : [b, a];
  return view.weights[left - 1][right - view.n - 1];
}

const lastWeight = (view: View, path: readonly number[]): number | undefined =>
  path.length < 2 ? undefined : weight(view, path[path.length - 2], path[path.length - 1]);

/** Vertices that may come next, over lighter (-1) or heavier (1) edges than the last. */
function movesFrom(view: View, path: readonly number[], sign: -1 | 1): number[] {
  const all = span(1, 2 * view.n);
  if (path.length === 0) return all;
  const at = path[path.length - 1];
  const last = lastWeight(view, path);
  return all.filter(
    (v) =>
      isLeft(view, v) !== isLeft(view, at) &&
      !path.includes(v) &&
      (last === undefined || sign * (weight(view, at, v) - last) > 0),
  );
}

/**
 * A stable matching (Gale and Shapley 1962) in which the start's side prefers light edges and the
 * other side heavy ones: a heavier edge from v to u that u could not answer would block it.
 */
function stableMatching(view: View): Map<number, number> {
  const { n, start } = view;
  const [own, other] = [span(1, n), span(n + 1, 2 * n)].sort((a) => (a.includes(start) ? -1 : 1));
  const wishes = new Map(
    own.map((u) => [u, [...other].sort((a, b) => weight(view, u, a) - weight(view, u, b))]),
  );
  const partner = new Map<number, number>();
  const free = [...own];
  while (free.length > 0) {
    const u = free.pop()!;
    const v = wishes.get(u)!.shift()!;
    const rival = partner.get(v);
    const isTaken = rival !== undefined && weight(view, rival, v) > weight(view, u, v);
    if (rival !== undefined) free.push(isTaken ? u : rival);
    else partner.set(v, u);
    if (!isTaken) partner.set(v, u);
  }
  return new Map([...partner].map(([v, u]) => [u, v]));
}

export const zigzagGraph = defineTask<View, State>({
  name: "ZigzagGraph",
  class: "SG",
  goal: "the last move of a token over ever lighter or heavier edges",
  verbs: ["My Choice"],
  forms: ["My Choice: v"],
  budget: { easy: 10, medium: 16, hard: 24 },
  bound: "answer along a stable matching: at most n moves, wins against any opponent",
  fixes: [
    "the opponent places the token, so that the player has a winning strategy (published: the other way round)",
  ],
  generate(random, level) {
    const n = byLevel(level, 5, 8, 12);
    const all = shuffled(random, span(1, n * n));
    const weights = range(n).map((i) => all.slice(i * n, (i + 1) * n));
    const start = 1 + random.below(2 * n);
    return { view: { n, weights, start }, state: { path: [start] } };
  },
  rules: ({ n, weights, start }) =>
    `A graph has vertices 1 to ${n} on the left and ${n + 1} to ${2 * n} on the right; every left vertex is joined to every right one. Weights of the edges from each left vertex to ${span(n + 1, 2 * n).join(", ")}:
${weights.map((row, i) => `${i + 1}: ${row.join(" ")}`).join("\n")}
I place a token at vertex ${start}. Then we move it in turn along an edge to a vertex where it has not been; you begin. Except for your first move, your edge must be lighter than the last one; mine must be heavier than the last one. Who cannot move loses.
I answer with the vertex I move to.`,
  step(view, { path }, { numbers }, random) {
    const moves = movesFrom(view, path, -1);
    if (numbers.length !== 1 || !moves.includes(numbers[0])) {
      return refuse("a choice is an unvisited vertex of the other side, over a lighter edge");
    }
    const after = [...path, numbers[0]];
    const answers = movesFrom(view, after, 1);
    if (answers.length === 0) return won({ path: after }, "You win!");
    const answer = pick(random, answers);
    const next = { path: [...after, answer] };
    const said = `My Choice: ${answer}`;
    return movesFrom(view, next.path, -1).length > 0
      ? live(next, said)
      : lost(next, `${said}\nYou cannot move. You lose!`);
  },
  *oracle(view) {
    const partner = view.start ? stableMatching(view) : undefined;
    let path = view.start ? [view.start] : [];
    for (;;) {
      const moves = movesFrom(view, path, -1);
      const room = (v: number) => movesFrom(view, [...path, v], 1).length;
      const at = path[path.length - 1];
      const choice = partner?.get(at) ?? moves.reduce((a, b) => (room(b) < room(a) ? b : a));
      const heard = yield `My Choice: ${choice}`;
      path = [...path, choice, Number(/\d+/.exec(heard)?.[0])];
    }
  },
  guess: (view, { path }, random) => `My Choice: ${pick(random, movesFrom(view, path, -1))}`,
  fromPaper(line) {
    const n = line.number("scale");
    const edges = line.at("edge_weights");
    const weights = span(1, n).map((i) => span(n + 1, 2 * n).map((j) => edges.number(`${i}-${j}`)));
    return { view: { n, weights, start: 0 }, state: { path: [] } };
  },
});
