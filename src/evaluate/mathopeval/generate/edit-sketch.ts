/** The three edits on sketches, and what goes wrong with them in wrong options. */

import { pick, type Random } from "../../../nn/random.ts";
import type { Edit } from "../judge-edit.ts";
import { between, change, LEAST_STEP, type Sketch, titles, unusedColors } from "./sketch.ts";

export interface SketchEdit {
  readonly instruction: string;
  readonly edit: Edit;
  readonly edited: Sketch;
  /** Plausible and wrong: not done, done to another, done with too much, done with a wrong value. */
  readonly wrong: readonly Sketch[];
  /** The edit changes numbers of as many digits: programs are as long before and after. */
  readonly isEven?: boolean;
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

const remove = (sketch: Sketch, at: number): Sketch => ({
  ...sketch,
  items: sketch.items.filter((_, i) => i !== at),
});

export function drawEdit(operation: EditOperation, sketch: Sketch, random: Random): SketchEdit {
  if (operation === "MCE-A") return drawAnnotation(sketch, random);
  const at = random.below(sketch.items.length);
  if (operation === "MCE-D") return drawDeletion(sketch, at);
  const hasValues = sketch.type !== "function" && sketch.type !== "geometry";
  return hasValues && random.below(2) === 1
    ? drawValue(sketch, at, random)
    : drawColor(sketch, at, random);
}

const nameOf = ({ type, items }: Sketch, at: number): string =>
  `the ${nouns[type]} "${items[at]!.label}"`;

const othersOf = ({ items }: Sketch, at: number): number[] =>
  [...items.keys()].filter((i) => i !== at);

/** The right edit, and something else besides: another colour, or another title. */
function tooMuch(edited: Sketch, untouched: readonly number[]): Sketch[] {
  const colored = untouched.flatMap((i) =>
    unusedColors(edited).map((color) => change(edited, i, { color })),
  );
  const titled = titles.filter((title) => title !== edited.title);
  return [...colored, ...titled.map((title) => ({ ...edited, title }))];
}

function drawDeletion(sketch: Sketch, at: number): SketchEdit {
  const others = othersOf(sketch, at);
  const edited = remove(sketch, at);
  return {
    instruction: `Delete ${nameOf(sketch, at)}.`,
    edit: { kind: "deletion", target: sketch.items[at]!.label },
    edited,
    wrong: [
      sketch,
      ...others.map((other) => remove(sketch, other)),
      ...[...edited.items.keys()].map((i) => remove(edited, i)),
      ...tooMuch(edited, [...edited.items.keys()]),
    ],
  };
}

function drawColor(sketch: Sketch, at: number, random: Random): SketchEdit {
  const free = unusedColors(sketch);
  const color = pick(random, free);
  const edited = change(sketch, at, { color });
  const others = othersOf(sketch, at);
  return {
    instruction: `Change the colour of ${nameOf(sketch, at)} to ${color}.`,
    edit: { kind: "modification", target: sketch.items[at]!.label },
    edited,
    wrong: [
      sketch,
      ...others.map((other) => change(sketch, other, { color })),
      ...free.filter((each) => each !== color).map((each) => change(sketch, at, { color: each })),
      ...tooMuch(edited, others),
    ],
  };
}

function drawValue(sketch: Sketch, at: number, random: Random): SketchEdit {
  const { label, values } = sketch.items[at]!;
  const place = random.below(values.length);
  const set = (item: number, where: number, value: number): Sketch => {
    const old = sketch.items[item]!.values;
    return change(sketch, item, { values: old.map((v, i) => (i === where ? value : v)) });
  };
  const isFar = (a: number, b: number): boolean => Math.abs(a - b) >= LEAST_STEP;
  let value = between(random, 10, 89);
  while (!isFar(value, values[place]!)) value = between(random, 10, 89);
  const where = sketch.type === "line" ? ` at x = ${place + 1}` : "";
  const wrongValues = Array.from({ length: 80 }, (_, i) => 10 + i).filter((v) => isFar(v, value));
  const elsewhere = [...values.keys()].filter((i) => i !== place && isFar(values[i]!, value));
  const targets = othersOf(sketch, at).filter((other) =>
    isFar(sketch.items[other]!.values[place]!, value),
  );
  return {
    instruction: `Change the value of ${nameOf(sketch, at)}${where} to ${value}.`,
    edit: { kind: "modification", target: label },
    edited: set(at, place, value),
    wrong: [
      ...[0, 1, 2].map(() => set(at, place, pick(random, wrongValues))),
      ...elsewhere.map((i) => set(at, i, value)),
      ...targets.map((other) => set(other, place, value)),
    ],
    isEven: true,
  };
}

const notes = ["top", "low", "note", "here", "mark", "check", "point", "limit", "record"];

function drawAnnotation(sketch: Sketch, random: Random): SketchEdit {
  const text = pick(random, notes);
  const isPie = sketch.type === "pie";
  const [x, y] = isPie ? [0.5, 0.5] : [1 + random.below(3), 2 + random.below(8)];
  const write = (words: string, px: number): Sketch => ({
    ...sketch,
    notes: [{ text: words, x: px, y }],
  });
  const edited = write(text, x);
  // Geometry shows -12 to 12, the others less: away is further than what still counts as there.
  const away = isPie ? [0, -0.5, 0.25] : [x + (sketch.type === "geometry" ? 5 : 2), -x - 2];
  return {
    instruction: `Write the text "${text}" at the point (${x}, ${y}).`,
    edit: { kind: "annotation", target: text },
    edited,
    wrong: [
      sketch,
      write(`${text}s`, x),
      write(text.slice(0, -1), x),
      ...notes.filter((other) => other !== text).map((other) => write(other, x)),
      ...away.map((px) => write(text, px)),
      ...tooMuch(edited, [...sketch.items.keys()]),
    ],
  };
}
