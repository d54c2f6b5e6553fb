/**
 * Programs to fill in: small JavaScript functions, generated without end, whose comment says in
 * words what each line does. A missing line can be told from the comment behind it, and not from
 * the lines before it.
 */

import type { Random } from "../../src/nn/random.ts";
import type { FimParts } from "../../src/train/data/index.ts";

const OPERATORS = [
  ["+", "plus"],
  ["-", "minus"],
  ["*", "times"],
] as const;
const NAMES = Array.from("abcdefghijkmnpqrstuvwxyz");
const VERBS = ["area", "blend", "cost", "gain", "mix", "score", "total", "weigh"];
const LINES = { fewest: 2, more: 3 };

export interface GeneratedProgram {
  /** The function and its comment. */
  readonly text: string;
  readonly name: string;
  /** Its body's lines with their line ends, the `return` left out. */
  readonly lines: readonly string[];
}

/**
 * One program, e.g.
 *
 * ```js
 * function cost(w, h) {
 *   let x = w * h;
 *   let y = x + 7;
 *   return y;
 * }
 * // x is w times h, y is x plus 7
 * ```
 */
export function program(random: Random): GeneratedProgram {
  const pick = <T>(from: readonly T[]): T => from[random.below(from.length)] as T;
  const free = [...NAMES];
  const take = (): string => free.splice(random.below(free.length), 1)[0] as string;
  const known = [take(), take()];
  const head = known.join(", ");
  const name = pick(VERBS);
  const lines: string[] = [];
  const said: string[] = [];
  const count = LINES.fewest + random.below(LINES.more);
  for (let i = 0; i < count; i++) {
    const [sign, word] = pick(OPERATORS);
    // The newest name, so that every line counts in the result.
    const left = i === 0 ? pick(known) : (known.at(-1) as string);
    const right = random.uniform() < 0.5 ? pick(known) : String(1 + random.below(9));
    const target = take();
    known.push(target);
    lines.push(`  let ${target} = ${left} ${sign} ${right};\n`);
    said.push(`${target} is ${left} ${word} ${right}`);
  }
  const body = `${lines.join("")}  return ${known.at(-1)};\n`;
  return {
    text: `function ${name}(${head}) {\n${body}}\n// ${said.join(", ")}\n`,
    name,
    lines,
  };
}

/** The program without one of its lines, drawn evenly. */
export function withoutLine({ text, lines }: GeneratedProgram, random: Random): FimParts {
  const middle = lines[random.below(lines.length)] as string;
  const at = text.indexOf(middle);
  return { prefix: text.slice(0, at), middle, suffix: text.slice(at + middle.length) };
}

const ARGUMENTS = [
  [2, 3],
  [5, -1],
  [-7, 4],
  [11, 13],
];

/** The program and calls of its function: a script whose value is what they give. */
export const withCalls = (text: string, name: string): string =>
  `${text}\n[${ARGUMENTS.map(([a, b]) => `${name}(${a}, ${b})`).join(", ")}]`;
