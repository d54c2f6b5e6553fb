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

export const colors = ["red", "blue", "green", "orange", "purple", "brown", "teal", "navy"];
const words: Readonly<Record<Exclude<FigureType, "function" | "geometry">, readonly string[]>> = {
  bar: ["Apples", "Pears", "Plums", "Figs", "Dates", "Limes", "Melons"],
  line: ["North", "South", "East", "West", "Coast", "Hills", "Delta"],
  pie: ["Rent", "Food", "Travel", "Books", "Music", "Sport", "Gifts"],
};
const titles = ["Survey", "Results", "Overview", "Record", "Study"];
export const LINE_POINTS = 5;

export function drawSketch(type: FigureType, level: Level, random: Random): Sketch {
  const count = itemCounts[level];
  const shades = shuffleBy([...colors], random.below);
  const labels =
    type === "function"
      ? ["f", "g", "h", "p", "q", "r"]
      : type === "geometry"
        ? ["AB", "c1", "T", "CD", "c2", "EF"]
        : shuffleBy([...words[type]], random.below);
  const between = (low: number, high: number): number => low + random.below(high - low + 1);
  const items = Array.from({ length: count }, (_, i): SketchItem => {
    const base = { label: labels[i]!, color: shades[i]! };
    if (type === "bar" || type === "pie") return { ...base, values: [between(5, 60)], shape: "" };
    if (type === "line") {
      const values = Array.from({ length: LINE_POINTS }, () => between(5, 60));
      return { ...base, values, shape: "" };
    }
    if (type === "function") return { ...base, values: [], shape: drawFunction(random, between) };
    const shape = ["segment", "circle", "polygon"][
      labels[i] === "T" ? 2 : labels[i]![0] === "c" ? 1 : 0
    ]!;
    const size = shape === "circle" ? 1 : shape === "polygon" ? 6 : 4;
    const place = Array.from({ length: shape === "circle" ? 2 : size }, () => between(-6, 6));
    // Corners apart from one another: no shape is a point or a line.
    if (shape === "segment") place[2] = place[0]! + between(2, 5);
    if (shape === "polygon") {
      [place[2], place[3]] = [place[0]! + between(2, 4), place[1]!];
      [place[4], place[5]] = [place[0]!, place[1]! + between(2, 4)];
    }
    return { ...base, values: shape === "circle" ? [...place, between(1, 4)] : place, shape };
  });
  const style = { names: random.below(3), isAxes: random.below(2) === 1 };
  return { type, title: pick(random, titles), items, notes: [], style };
}

function drawFunction(random: Random, between: (low: number, high: number) => number): string {
  const [a, b] = [between(1, 4), between(-4, 4)];
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
