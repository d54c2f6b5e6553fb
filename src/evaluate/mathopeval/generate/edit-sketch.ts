/** The three edits on sketches, and what goes wrong with them in wrong options. */

import { pick, type Random } from "../../../nn/random.ts";
import type { Edit } from "../judge-edit.ts";
import { colors, type Sketch, type SketchItem } from "./sketch.ts";

export interface SketchEdit {
  readonly instruction: string;
  readonly edit: Edit;
  readonly edited: Sketch;
  /** Plausible and wrong: not done, done to another, done with too much, done with a wrong value. */
  readonly wrong: readonly Sketch[];
}

export const editOperations = ["MCE-D", "MCE-M", "MCE-A"] as const;
export type EditOperation = (typeof editOperations)[number];

const nouns = {
  bar: "bar",
  line: "line",
  pie: "wedge",
  function: "curve",
  geometry: "shape",
} as const;

const change = (sketch: Sketch, at: number, by: Partial<SketchItem>): Sketch => ({
  ...sketch,
  items: sketch.items.map((item, i) => (i === at ? { ...item, ...by } : item)),
});
const remove = (sketch: Sketch, at: number): Sketch => ({
  ...sketch,
  items: sketch.items.filter((_, i) => i !== at),
});

export function drawEdit(operation: EditOperation, sketch: Sketch, random: Random): SketchEdit {
  const count = sketch.items.length;
  const at = random.below(count);
  const other = (at + 1 + random.below(count - 1)) % count;
  const third = [...sketch.items.keys()].find((i) => i !== at && i !== other)!;
  const free = colors.filter((color) => sketch.items.every((item) => item.color !== color));
  const { label, values } = sketch.items[at]!;
  const what = `the ${nouns[sketch.type]} "${label}"`;
  if (operation === "MCE-D") {
    const edited = remove(sketch, at);
    return {
      instruction: `Delete ${what}.`,
      edit: { kind: "deletion", target: label },
      edited,
      wrong: [sketch, remove(sketch, other), remove(change(sketch, third, { color: "gray" }), at)],
    };
  }
  if (operation === "MCE-M") {
    const isValue =
      sketch.type !== "function" && sketch.type !== "geometry" && random.below(2) === 1;
    if (isValue) {
      const place = random.below(values.length);
      const value = values[place]! + 10 + random.below(20);
      const to = (v: number): number[] => values.map((old, i) => (i === place ? v : old));
      const where = sketch.type === "line" ? ` at x = ${place + 1}` : "";
      const others = sketch.items[other]!.values.map((old, i) => (i === place ? value : old));
      return {
        instruction: `Change the value of ${what}${where} to ${value}.`,
        edit: { kind: "modification", target: label },
        edited: change(sketch, at, { values: to(value) }),
        wrong: [
          sketch,
          change(sketch, other, { values: others }),
          change(sketch, at, { values: to(Math.round(value * 1.2)) }),
        ],
      };
    }
    const color = pick(random, free);
    return {
      instruction: `Change the colour of ${what} to ${color}.`,
      edit: { kind: "modification", target: label },
      edited: change(sketch, at, { color }),
      wrong: [
        sketch,
        change(sketch, other, { color }),
        change(change(sketch, at, { color }), other, { color: "gray" }),
      ],
    };
  }
  const text = pick(random, ["check", "note", "here", "mark"]);
  const [x, y] = sketch.type === "pie" ? [0.5, 0.5] : [1 + random.below(3), 2 + random.below(8)];
  const write = (from: Sketch, words: string, px: number): Sketch => ({
    ...from,
    notes: [{ text: words, x: px, y }],
  });
  const away = sketch.type === "pie" ? -0.5 : x + (sketch.type === "geometry" ? 8 : 2);
  return {
    instruction: `Write the text "${text}" at the point (${x}, ${y}).`,
    edit: { kind: "annotation", target: text },
    edited: write(sketch, text, x),
    wrong: [
      write(sketch, `${text}s`, x),
      write(sketch, text, away),
      write(change(sketch, other, { color: "gray" }), text, x),
    ],
  };
}

/** Figures that are nearly the one asked for. */
export function drawNearMisses(sketch: Sketch, random: Random): Sketch[] {
  const { items } = sketch;
  const at = random.below(items.length);
  const next = (at + 1) % items.length;
  const [a, b] = [items[at]!, items[next]!];
  return [
    remove(sketch, at),
    change(change(sketch, at, { label: b.label }), next, { label: a.label }),
    change(change(sketch, at, { color: b.color }), next, { color: a.color }),
  ];
}
