/** LegendaryTree: find a labelled tree by counting paths through a vertex. */

import { bestQuery } from "../belief.ts";
import { byLevel, range, sample, span } from "../draw.ts";
import { defineTask, live, refuse, won } from "../task.ts";

interface View {
  readonly n: number;
}

/** Edges as [smaller, larger], sorted. */
type Edges = readonly (readonly [number, number])[];

interface Query {
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly through: number;
}

const keyOf = (edges: Edges): string =>
  edges
    .map(([a, b]) => (a < b ? `${a}-${b}` : `${b}-${a}`))
    .sort()
    .join(" ");

/** Vertices on the path between two vertices. */
function pathOf(edges: Edges, from: number, to: number, last = 0): number[] | undefined {
  if (from === to) return [from];
  for (const [a, b] of edges) {
    if (a !== from && b !== from) continue;
    const next = a === from ? b : a;
    if (next === last) continue;
    const rest = pathOf(edges, next, to, from);
    if (rest) return [from, ...rest];
  }
  return undefined;
}

/** For each pair of vertices the path as bits, row by row. */
function pathBits(edges: Edges, n: number): number[] {
  return span(1, n).flatMap((s) =>
    span(1, n).map((t) => (pathOf(edges, s, t) ?? []).reduce((bits, v) => bits | (1 << v), 0)),
  );
}

const countPaths = (bits: readonly number[], n: number, { from, to, through }: Query): number =>
  from.reduce(
    (sum, s) => sum + to.filter((t) => bits[(s - 1) * n + t - 1] & (1 << through)).length,
    0,
  );

/** Decodes a Pruefer code of n - 2 vertices. */
function treeOf(code: readonly number[]): Edges {
  const n = code.length + 2;
  const degree = range(n + 1).map((v) => 1 + code.filter((c) => c === v).length);
  const edges: [number, number][] = [];
  const join = (a: number, b: number) => {
    edges.push(a < b ? [a, b] : [b, a]);
    degree[a]--;
    degree[b]--;
  };
  for (const v of code) join(span(1, n).find((u) => degree[u] === 1)!, v);
  const [a, b] = span(1, n).filter((u) => degree[u] === 1);
  join(a, b);
  return edges;
}

interface KnownTree {
  readonly edges: Edges;
  readonly bits: readonly number[];
}

/** All trees of n vertices with their paths; made once, since there are thousands. */
const forests = new Map<number, readonly KnownTree[]>();

function treesOf(n: number): readonly KnownTree[] {
  const known = forests.get(n);
  if (known) return known;
  const trees = range(n ** (n - 2)).map((code) => {
    const edges = treeOf(range(n - 2).map((i) => 1 + (Math.floor(code / n ** i) % n)));
    return { edges, bits: pathBits(edges, n) };
  });
  forests.set(n, trees);
  return trees;
}

export const legendaryTree = defineTask<View, Edges>({
  name: "LegendaryTree",
  class: "IP",
  goal: "a labelled tree, by counting paths through a vertex",
  verbs: ["My Query", "My Answer"],
  forms: ["My Query: s1 s2 ... | t1 t2 ... | v", "My Answer: u-v u-v ..."],
  budget: { easy: 10, medium: 10, hard: 12 },
  bound: "entropy search over all 125/1296/16807 trees, 3 to 8 queries",
  fixes: [
    "an answer is a set of unordered edges (published: an order is required, and a right answer is not noticed)",
  ],
  generate(random, level) {
    const n = byLevel(level, 5, 6, 7);
    return { view: { n }, state: treeOf(range(n - 2).map(() => 1 + random.below(n))) };
  },
  rules: ({ n }) =>
    `I hold a tree with vertices 1 to ${n} and ${n - 1} edges. Find all edges.
A query gives two sets of vertices S and T without common members and a vertex v, separated by |. I answer with the number of pairs (s, t), s of S and t of T, whose path runs through v (ends included).
An answer lists all ${n - 1} edges. A wrong one costs a turn.`,
  step({ n }, edges, { verb, text }) {
    if (verb === "My Query") {
      const parts = text.split("|").map((part) => (part.match(/\d+/g) ?? []).map(Number));
      const [from, to, [through, ...more]] = [parts[0] ?? [], parts[1] ?? [], parts[2] ?? []];
      const all = [...from, ...to];
      const isQuery = parts.length === 3 && from.length > 0 && to.length > 0 && more.length === 0;
      if (!isQuery) return refuse("a query is S | T | v");
      if ([...all, through].some((v) => !(v >= 1 && v <= n))) {
        return refuse(`vertices go from 1 to ${n}`);
      }
      if (new Set(all).size < all.length) return refuse("S and T share no vertex and repeat none");
      return live(edges, String(countPaths(pathBits(edges, n), n, { from, to, through })));
    }
    const named = [...text.matchAll(/(\d+)\s*-\s*(\d+)/g)].map((m): [number, number] => [
      Number(m[1]),
      Number(m[2]),
    ]);
    if (named.length !== n - 1) return refuse(`an answer takes ${n - 1} edges u-v`);
    return keyOf(named) === keyOf(edges) ? won(edges) : live(edges, "Incorrect");
  },
  *oracle({ n }, random) {
    let trees = treesOf(n);
    const answerOf = (tree: KnownTree, query: Query) => countPaths(tree.bits, n, query);
    while (trees.length > 1) {
      const queries = range(60).map((): Query => {
        const [through, ...mixed] = sample(random, span(1, n), n);
        const size = 1 + random.below(n - 2);
        const to = mixed.slice(size);
        return { from: mixed.slice(0, size), to, through: random.below(3) ? through : to[0] };
      });
      const query = bestQuery(trees, queries, answerOf, random);
      const { from, to, through } = query;
      const answer = Number(yield `My Query: ${from.join(" ")} | ${to.join(" ")} | ${through}`);
      trees = trees.filter((tree) => answerOf(tree, query) === answer);
    }
    yield `My Answer: ${keyOf(trees[0].edges)}`;
  },
  guess({ n }, _, random) {
    if (random.below(2)) {
      const [v, ...rest] = sample(random, span(1, n), n);
      return `My Query: ${rest[0]} ${rest[1]} | ${rest[2]} | ${v}`;
    }
    return `My Answer: ${keyOf(treeOf(range(n - 2).map(() => 1 + random.below(n))))}`;
  },
  candidates: ({ n }) => (n <= 6 ? treesOf(n).map((tree) => tree.edges) : []),
  fromPaper: (line) => ({
    view: { n: line.number("scale") },
    state: line.texts("answer").map((e): [number, number] => [Number(e[0]), Number(e[1])]),
  }),
});
