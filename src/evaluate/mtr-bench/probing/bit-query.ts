/** BitQuery: recover an array from bitwise operations on pairs of its cells. */

import { byLevel, range, span } from "../draw.ts";
import { defineTask, live, refuse, won } from "../task.ts";

interface View {
  readonly n: number;
}

const operations: Readonly<Record<string, (a: number, b: number) => number>> = {
  AND: (a, b) => a & b,
  OR: (a, b) => a | b,
  XOR: (a, b) => a ^ b,
};

export const bitQuery = defineTask<View, readonly number[]>({
  name: "BitQuery",
  class: "IP",
  goal: "all values of an array, by AND, OR and XOR of pairs",
  verbs: ["My Query", "My Answer"],
  forms: ["My Query: AND i j (or OR, XOR)", "My Answer: a1 a2 ..."],
  budget: { easy: 10, medium: 11, hard: 15 },
  bound: "n + 2 queries: n - 1 XORs and three ANDs, since a + b = 2 (a AND b) + (a XOR b)",
  fixes: ["answers may hold every value that the array may (published: digits below n only)"],
  generate(random, level) {
    const n = byLevel(level, 4, 8, 12);
    return { view: { n }, state: range(n).map(() => random.below(n)) };
  },
  rules: ({ n }) =>
    `I hold an array of ${n} numbers, each from 0 to ${n - 1}, at positions 1 to ${n}. Find all of them.
A query names AND, OR or XOR and two different positions; I answer with the result for the two numbers there.
An answer lists all ${n} numbers, separated by blanks. A wrong one costs a turn.`,
  step(view, a, { verb, text, numbers }) {
    const n = view.n;
    if (verb === "My Query") {
      const match = /^(AND|OR|XOR)\s+(\d+)[\s,]+(\d+)/i.exec(text);
      if (!match) return refuse("a query is AND, OR or XOR and two positions");
      const [i, j] = [Number(match[2]), Number(match[3])];
      if (i < 1 || j < 1 || i > n || j > n || i === j) {
        return refuse(`positions are two different ones of 1 to ${n}`);
      }
      return live(a, String(operations[match[1].toUpperCase()](a[i - 1], a[j - 1])));
    }
    // Published answers are digits without blanks.
    const digits = /^\d+$/.test(text) && text.length === n ? [...text].map(Number) : numbers;
    if (digits.length !== n) return refuse(`an answer takes ${n} numbers`);
    if (digits.some((v) => v < 0 || v > 9999)) return refuse("numbers are not negative");
    return digits.every((v, i) => v === a[i]) ? won(a) : live(a, "Incorrect");
  },
  *oracle({ n }) {
    const xor = [0];
    for (const j of span(2, n)) xor.push(Number(yield `My Query: XOR 1 ${j}`));
    const and = Number(yield "My Query: AND 1 2");
    const and13 = Number(yield "My Query: AND 1 3");
    const and23 = Number(yield "My Query: AND 2 3");
    const sum12 = 2 * and + xor[1];
    const sum13 = 2 * and13 + xor[2];
    const sum23 = 2 * and23 + (xor[1] ^ xor[2]);
    const first = (sum12 + sum13 - sum23) / 2;
    yield `My Answer: ${xor.map((x) => x ^ first).join(" ")}`;
  },
  guess({ n }, _, random) {
    const i = 1 + random.below(n);
    const j = 1 + ((i + random.below(n - 1)) % n);
    if (random.below(2)) return `My Query: ${["AND", "OR", "XOR"][random.below(3)]} ${i} ${j}`;
    return `My Answer: ${range(n)
      .map(() => random.below(n))
      .join(" ")}`;
  },
  candidates: ({ n }) =>
    n > 4 ? [] : range(n ** n).map((code) => range(n).map((i) => Math.floor(code / n ** i) % n)),
  fromPaper: (line) => ({
    view: { n: line.number("scale") },
    state: [...line.text("answer")].map(Number),
  }),
});
