/** What a generated figure shows, before it is written as a program: edits change this. */

import { pick, type Random, shuffleBy } from "../../../nn/random.ts";

export const figureTypes = ["geometry", "function", "bar", "line", "pie"] as const;
export type FigureType = (typeof figureTypes)[number];

/** Levels are ours: how many things a figure shows. */
export const levels = ["easy", "medium", "hard"] as const;
export type Level = (typeof levels)[number];
const itemCounts: Readonly<Record<Level, number>> = { easy: 3, medium: 4, hard: 6 };

export interface SketchItem {
  readonly label: string;
  readonly color: string;
  /** Bars and wedges: one value. Lines: one for each x. Functions: a, b, c of the family. */
  readonly values: readonly number[];
  /** Functions: an expression of x. Geometry: "segment", "circle" or "polygon". */
  readonly shape: string;
}

export interface Sketch {
  readonly type: FigureType;
  readonly title: string;
  readonly items: readonly SketchItem[];
  readonly notes: readonly { readonly text: string; readonly x: number; readonly y: number }[];
  /** Of the program: its variables' names, and pyplot's or the axes' calls. */
  readonly style: { readonly names: number; readonly isAxes: boolean };
}

/** Names of several lengths: any may be the right one, the shortest and the longest too. */
const colors =
  "red tan blue teal navy pink gold green brown black olive orange purple maroon crimson".split(
    " ",
  );
const words: Readonly<Record<Exclude<FigureType, "geometry">, readonly string[]>> = {
  function: ["f", "g", "h", "p", "q", "r", "s", "u"],
  bar: ["Apples", "Pears", "Plums", "Figs", "Dates", "Limes", "Melons"],
  line: ["North", "South", "East", "West", "Coast", "Hills", "Delta"],
  pie: ["Rent", "Food", "Travel", "Books", "Music", "Sport", "Gifts"],
};
export const titles = ["Survey", "Results", "Overview", "Record", "Study"];
export const LINE_POINTS = 5;

/** Values that are as near as this are told apart by the eye with effort. */
export const LEAST_STEP = 8;

export const between = (random: Random, low: number, high: number): number =>
  low + random.below(high - low + 1);

export const change = (sketch: Sketch, at: number, by: Partial<SketchItem>): Sketch => ({
  ...sketch,
  items: sketch.items.map((item, i) => (i === at ? { ...item, ...by } : item)),
});

export const unusedColors = ({ items }: Sketch): string[] =>
  colors.filter((color) => items.every((item) => item.color !== color));

export const unusedLabels = ({ type, items }: Sketch): string[] =>
  type === "geometry"
    ? []
    : words[type].filter((word) => items.every(({ label }) => label !== word));

export function drawSketch(type: FigureType, level: Level, random: Random): Sketch {
  const count = itemCounts[level];
  const shades = shuffleBy([...colors], random.below);
  const labels =
    type === "geometry"
      ? ["AB", "c1", "T", "CD", "c2", "EF"]
      : shuffleBy([...words[type]], random.below);
  const items = Array.from({ length: count }, (_, i): SketchItem => {
    const base = { label: labels[i]!, color: shades[i]! };
    if (type === "bar" || type === "pie") {
      return { ...base, values: [between(random, 5, 60)], shape: "" };
    }
    if (type === "line") {
      const values = Array.from({ length: LINE_POINTS }, () => between(random, 5, 60));
      return { ...base, values, shape: "" };
    }
    if (type === "function") return { ...base, values: [], shape: drawFunction(random) };
    const shape = labels[i] === "T" ? "polygon" : labels[i]![0] === "c" ? "circle" : "segment";
    return { ...base, values: drawPlace(shape, random), shape };
  });
  const style = { names: random.below(3), isAxes: random.below(2) === 1 };
  return { type, title: pick(random, titles), items, notes: [], style };
}

/** Corners of a segment or polygon; centre and radius of a circle. */
export function drawPlace(shape: string, random: Random): number[] {
  const [x, y] = [between(random, -6, 6), between(random, -6, 6)];
  if (shape === "circle") return [x, y, between(random, 1, 4)];
  // Corners apart from one another: no shape is a point or a line.
  if (shape === "segment") return [x, y, x + between(random, 2, 5), between(random, -6, 6)];
  return [x, y, x + between(random, 2, 4), y, x, y + between(random, 2, 4)];
}

/** An expression of x. */
export function drawFunction(random: Random): string {
  const [a, b] = [between(random, 1, 4), between(random, -4, 4)];
  const shift = b < 0 ? `- ${-b}` : `+ ${b}`;
  return pick(random, [
    `${a} * x ${shift}`,
    `${a} * x ** 2 ${shift}`,
    `${a} * np.sin(x) ${shift}`,
    `${a} * np.exp(x / 2) ${shift}`,
    `np.where(x < 0, ${b}, ${a} * x ${shift})`,
  ]);
}

const variables = [
  ["labels", "values", "colors"],
  ["names", "data", "shades"],
  ["categories", "heights", "palette"],
] as const;

/** The program of a sketch, in matplotlib. */
export function writeProgram({ type, title, items, notes, style }: Sketch): string {
  const [names, values, shades] = variables[style.names]!;
  const target = style.isAxes ? "ax" : "plt";
  const set = (call: string): string => (style.isAxes ? `ax.set_${call}` : `plt.${call}`);
  const text = (value: string): string => `'${value}'`;
  const lines = ["import matplotlib.pyplot as plt"];
  if (type === "function") lines.push("import numpy as np");
  if (style.isAxes) lines.push("fig, ax = plt.subplots()");
  if (type === "bar" || type === "pie") {
    lines.push(`${names} = [${items.map(({ label }) => text(label)).join(", ")}]`);
    lines.push(`${values} = [${items.map((item) => item.values[0]).join(", ")}]`);
    lines.push(`${shades} = [${items.map(({ color }) => text(color)).join(", ")}]`);
    const call =
      type === "bar"
        ? `bar(${names}, ${values}, color=${shades})`
        : `pie(${values}, labels=${names}, colors=${shades})`;
    lines.push(`${target}.${call}`);
  } else if (type === "line" || type === "function") {
    lines.push(type === "line" ? "x = [1, 2, 3, 4, 5]" : "x = np.linspace(-3, 3, 61)");
    for (const { label, color, values: ys, shape } of items) {
      const y = type === "line" ? `[${ys.join(", ")}]` : shape;
      lines.push(`${target}.plot(x, ${y}, color='${color}', label='${label}')`);
    }
    lines.push(`${target}.legend()`);
  } else {
    const axes = style.isAxes ? "ax" : "plt.gca()";
    for (const { label, color, values: v, shape } of items) {
      const looks = `color='${color}', label='${label}'`;
      if (shape === "segment")
        lines.push(`${target}.plot([${v[0]}, ${v[2]}], [${v[1]}, ${v[3]}], ${looks})`);
      else if (shape === "circle") {
        lines.push(
          `${axes}.add_patch(plt.Circle((${v[0]}, ${v[1]}), ${v[2]}, fill=False, ${looks}))`,
        );
      } else {
        const corners = [0, 2, 4].map((i) => `(${v[i]}, ${v[i + 1]})`).join(", ");
        lines.push(`${axes}.add_patch(plt.Polygon([${corners}], fill=False, ${looks}))`);
      }
    }
    lines.push(`${set("xlim")}(-12, 12)`, `${set("ylim")}(-12, 12)`);
  }
  for (const { text: words, x, y } of notes) lines.push(`${target}.text(${x}, ${y}, '${words}')`);
  lines.push(`${set("title")}('${title}')`);
  return `${lines.join("\n")}\n`;
}
