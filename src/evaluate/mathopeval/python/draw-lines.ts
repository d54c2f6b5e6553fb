/** Lines, points and areas between lines. */

import { cycleColor, parseColor } from "../figure/color.ts";
import type { Point } from "../figure/figure.ts";
import { type Draw, looks, type Pen, spread, styles } from "./pen.ts";
import type { ArgumentReader } from "./read-arguments.ts";
import { list, textOf, type Value } from "./values.ts";

export function lineCalls({
  machine,
  add,
  nextColor,
  color,
  colorOr,
  colorsOr,
  labelOf,
  styleOf,
  namedStyle,
  places,
  zip,
  artist,
}: Pen) {
  const plot: Draw = (args, axes) => {
    const given = args.rest();
    const named = args.byName("color", "c") ?? null;
    const sign = args.byName("marker") ?? null;
    const label = labelOf(args);
    const lineStyle = namedStyle(args);
    args.ignore(looks);
    const drawn: Value[] = [];
    while (given.length > 0) {
      const first = given.shift()!;
      const second = given.length > 0 && typeof given[0] !== "string" ? given.shift()! : undefined;
      const format = typeof given[0] === "string" ? readFormat(args, given.shift() as string) : {};
      const ys = args.toNumbers(second ?? first, "y");
      const xs = second === undefined ? ys.map((_, i) => i) : places(args, axes, "xticks", first);
      const marker = sign === null ? (format.marker ?? "") : textOf(machine, sign);
      const points = zip(args, xs, ys);
      const shown =
        named === null ? (format.color ?? nextColor(axes, "lines")) : color(args, named);
      const dashes = lineStyle ?? format.style ?? (format.marker ? "none" : "solid");
      if (dashes === "none") {
        for (const point of points)
          add(axes, { kind: "marker", points: [point], label, color: shown, style: marker || "o" });
        continue;
      }
      const at = add(axes, { kind: "line", points, label, color: shown, style: dashes });
      drawn.push(artist(axes, at));
    }
    return list(drawn);
  };
  const scatter: Draw = (args, axes) => {
    const xs = places(args, axes, "xticks", args.need("x"));
    const points = zip(args, xs, args.numbers("y"));
    args.next("s");
    const colors = colorsOr(args, ["c", "color"], points.length, () => nextColor(axes, "shapes"));
    const style = args.text("marker") ?? "o";
    const label = labelOf(args);
    args.ignore(looks);
    points.forEach((point, i) => {
      add(axes, { kind: "marker", points: [point], label, color: colors[i]!, style });
    });
    return null;
  };

  const rule =
    (isHorizontal: boolean): Draw =>
    (args, axes) => {
      const at = args.number(isHorizontal ? "y" : "x", 0);
      const shade = colorOr(args, ["color", "c"], () => cycleColor(0));
      const style = styleOf(args, "solid");
      const label = labelOf(args);
      args.ignore([...looks, "xmin", "xmax", "ymin", "ymax"]);
      // Across whatever the axes show: from 0 to 1, told by its style.
      const points: Point[] = isHorizontal
        ? [
            [0, at],
            [1, at],
          ]
        : [
            [at, 0],
            [at, 1],
          ];
      add(axes, {
        kind: "line",
        points,
        label,
        color: shade,
        style: `${style} ${isHorizontal ? "across" : "upward"}`,
      });
      return null;
    };

  const fill: Draw = (args, axes) => {
    const points = zip(args, args.numbers("x"), args.numbers("y"));
    const shade = colorOr(args, ["color", "facecolor", "fc"], () => nextColor(axes, "shapes"));
    const label = labelOf(args);
    args.ignore(looks);
    add(axes, { kind: "polygon", points, label, color: shade, style: "filled" });
    return null;
  };
  const fillBetween: Draw = (args, axes) => {
    const xs = args.numbers("x");
    const [low, high] = [args.numbers("y1"), args.next("y2") ?? 0n];
    const ys = spread(args, low, xs.length);
    const others = spread(args, args.toNumbers(high, "y2"), xs.length);
    if (args.byName("where") !== undefined) args.fail("unsupported", "with where");
    const shade = colorOr(args, ["color", "facecolor"], () => nextColor(axes, "shapes"));
    const label = labelOf(args);
    args.ignore(looks);
    const points = [...zip(args, xs, ys), ...zip(args, xs, others).reverse()];
    add(axes, { kind: "fill", points, label, color: shade, style: "" });
    return null;
  };
  const arrow: Draw = (args, axes) => {
    const [x, y, dx, dy] = ["x", "y", "dx", "dy"].map((name) => args.number(name)) as [
      number,
      number,
      number,
      number,
    ];
    const shade = colorOr(args, ["color", "fc", "facecolor"], () => cycleColor(0));
    const label = labelOf(args);
    args.ignore([...looks, "width"]);
    add(axes, {
      kind: "arrow",
      points: [
        [x, y],
        [x + dx, y + dy],
      ],
      label,
      color: shade,
      style: "",
    });
    return null;
  };
  return { plot, scatter, rule, fill, fillBetween, arrow };
}

/** "ro--": colour, marker and line style in any order. */
function readFormat(
  args: ArgumentReader,
  format: string,
): { color?: string; marker?: string; style?: string } {
  const rest = format.replace(/--|-\.|-|:/, "");
  const dashes = /--|-\.|-|:/.exec(format)?.[0];
  const marker = /[.,ov^<>s*+xDdph]/.exec(rest)?.[0];
  const letter = rest.replace(marker ?? "", "");
  const color = letter === "" ? undefined : parseColor(letter);
  if (letter !== "" && !color)
    args.fail("unsupported", `has the unknown format "${format.slice(0, 20)}"`);
  return {
    ...(color && { color }),
    ...(marker && { marker }),
    ...(dashes && { style: styles[dashes]! }),
  };
}
