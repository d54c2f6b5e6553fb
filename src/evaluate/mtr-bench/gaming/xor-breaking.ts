/** XORBreaking: break a number into two by XOR; who cannot break loses. */

import type { Random } from "../../../nn/random.ts";
import { integersOf } from "../command.ts";
import { byLevel, pick, popcount } from "../draw.ts";
import { defineTask, live, lost, refuse, won } from "../task.ts";

interface View {
  readonly start: number;
  readonly paper?: true;
}

interface State {
  /** What the player may break: the start, then the opponent's two parts. */
  readonly parts: readonly number[];
}

/** Whether p = a XOR b with both parts from 1 to p - 1. */
const isBreak = (p: number, a: number, b: number): boolean =>
  a >= 1 && b >= 1 && a < p && b < p && (a ^ b) === p;

/** Powers of two cannot be broken. */
const canBreak = (p: number): boolean => popcount(p) > 1;

function drawBreak(random: Random, p: number): [number, number] {
  for (;;) {
    const a = 1 + random.below(p - 1);
    if (isBreak(p, a, p ^ a)) return [a, p ^ a];
  }
}

/** Two parts with an odd number of one bits: whatever comes back, one part has an even number. */
function winningBreak(p: number): [number, number] {
  const top = 2 ** Math.floor(Math.log2(p));
  return [top, p ^ top];
}

export const xorBreaking = defineTask<View, State>({
  name: "XORBreaking",
  class: "SG",
  goal: "the last break of numbers into two by XOR",
  verbs: ["Choosing", "Breaking into"],
  forms: ["Breaking into: a b (first turn)", "Choosing: p Breaking into: a b (later turns)"],
  budget: { easy: 20, medium: 20, hard: 20 },
  bound: "numbers with an even count of one bits are won: hand over the top bit and the rest",
  fixes: [
    "the chosen number must be one of the opponent's parts (published: not checked)",
    "every start can be won against any opponent",
  ],
  generate(random, level) {
    const most = byLevel(level, 1e5, 1e7, 1e8);
    for (;;) {
      const start = 100 + random.below(most - 100);
      if (popcount(start) % 2 === 0) return { view: { start }, state: { parts: [start] } };
    }
  },
  rules: ({ start }) =>
    `We break numbers in turn. To break p is to name a and b, both from 1 to p - 1, with a XOR b = p (XOR of binary digits). The other then chooses one of the two parts and breaks it. Who cannot break either part loses.
You begin by breaking ${start}. I answer "Choosing: p Breaking into: a b".`,
  step({ paper }, { parts }, { verb, text, numbers }, random) {
    const match = /^(\d+)\s*,?\s*Breaking into:\s*(\d+)[\s,]+(\d+)/i.exec(text);
    const isFirst = parts.length === 1;
    const [p, a, b] =
      verb === "Choosing" && match
        ? match.slice(1).map(Number)
        : isFirst
          ? [parts[0], ...numbers]
          : [];
    if (b === undefined) return refuse("expected a number and its two parts");
    if (!paper && !parts.includes(p)) return refuse(`the number is one of ${parts.join(", ")}`);
    if (!isBreak(p, a, b)) return refuse(`${a} and ${b} are no parts of ${p}`);
    if (paper) {
      // The published opponent does not look which part can be broken, and takes the lowest bit off.
      const part = pick(
        random,
        [a, b].filter((v) => v !== 1),
      );
      if (!canBreak(part))
        return won({ parts }, `Choosing: ${part} Cannot break further. You win!`);
      const parted = [part & -part, part ^ (part & -part)];
      return live({ parts: parted }, `Choosing: ${part} Breaking into: ${parted.join(" ")}`);
    }
    const breakable = [a, b].filter(canBreak);
    if (breakable.length === 0) return won({ parts }, "I cannot break. You win!");
    const chosen = pick(random, breakable);
    const answer = drawBreak(random, chosen);
    const said = `Choosing: ${chosen} Breaking into: ${answer.join(" ")}`;
    return answer.some(canBreak)
      ? live({ parts: answer }, said)
      : lost({ parts: answer }, `${said}\nYou cannot break. You lose!`);
  },
  *oracle({ start }) {
    let heard = yield `Breaking into: ${winningBreak(start).join(" ")}`;
    for (;;) {
      const parts = integersOf(heard).slice(1);
      const p = parts.find((part) => popcount(part) % 2 === 0) ?? Math.max(...parts);
      heard = yield `Choosing: ${p} Breaking into: ${winningBreak(p).join(" ")}`;
    }
  },
  guess(_, { parts }, random) {
    const open = parts.filter(canBreak);
    if (open.length === 0) return "I cannot break.";
    const p = pick(random, open);
    const broken = drawBreak(random, p).join(" ");
    return parts.length === 1
      ? `Breaking into: ${broken}`
      : `Choosing: ${p} Breaking into: ${broken}`;
  },
  fromPaper(line) {
    const start = line.number("initial_number");
    return { view: { start, paper: true }, state: { parts: [start] } };
  },
});
