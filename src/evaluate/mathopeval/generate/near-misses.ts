/** Figures that are nearly the one asked for. */

import { pick, type Random } from "../../../nn/random.ts";
import type { Sketch, SketchItem } from "./sketch.ts";
import {
  between,
  change,
  drawFunction,
  drawPlace,
  LEAST_STEP,
  unusedColors,
  unusedLabels,
} from "./sketch.ts";

type Change = (sketch: Sketch) => Sketch;

/**
 * Two changes of the figure, alone and together. What each changes was drawn as what it had been, and
 * so no option is told from the others without the figure: not by its length, and not by having the
 * most in common with them.
 */
export function drawNearMisses(sketch: Sketch, random: Random): Sketch[] {
  const aspects = [
    changeColor,
    changeContent,
    ...(sketch.type === "geometry" ? [] : [changeLabel]),
  ];
  const first = aspects.splice(random.below(aspects.length), 1)[0]!(sketch, random);
  const second = pick(random, aspects)(sketch, random);
  return [first(sketch), second(sketch), second(first(sketch))];
}

/** Two items exchange what they have, or one gets something new. */
function exchangeOrReplace(
  sketch: Sketch,
  random: Random,
  key: "color" | "label",
  unused: readonly string[],
): Change {
  const { length } = sketch.items;
  const at = random.below(length);
  if (unused.length === 0 || random.below(2) === 0) {
    const other = (at + 1 + random.below(length - 1)) % length;
    const [a, b] = [sketch.items[at]![key], sketch.items[other]![key]];
    return (from) => change(change(from, at, { [key]: b }), other, { [key]: a });
  }
  const chosen = pick(random, unused);
  return (from) => change(from, at, { [key]: chosen });
}

const changeColor = (sketch: Sketch, random: Random): Change =>
  exchangeOrReplace(sketch, random, "color", unusedColors(sketch));

const changeLabel = (sketch: Sketch, random: Random): Change =>
  exchangeOrReplace(sketch, random, "label", unusedLabels(sketch));

/** Another value, function or place of one item. */
function changeContent(sketch: Sketch, random: Random): Change {
  const at = random.below(sketch.items.length);
  const item = sketch.items[at]!;
  const drawn = ((): Partial<SketchItem> => {
    if (sketch.type === "function") return { shape: drawFunction(random) };
    if (sketch.type === "geometry") {
      for (;;) {
        const values = drawPlace(item.shape, random);
        if (values.some((value, i) => value !== item.values[i])) return { values };
      }
    }
    const place = random.below(item.values.length);
    const old = item.values[place]!;
    for (;;) {
      const value = between(random, 5, 60);
      if (Math.abs(value - old) < LEAST_STEP) continue;
      return { values: item.values.map((each, i) => (i === place ? value : each)) };
    }
  })();
  return (from) => change(from, at, drawn);
}
