/** Bars and pies. */

import { normalizeText, type Point, type Tick } from "../figure/figure.ts";
import { type Draw, looks, type Pen, spread } from "./pen.ts";
import type { ArgumentReader } from "./read-arguments.ts";
import { itemsOf, list, textOf, tuple } from "./values.ts";

export function barCalls({
  machine,
  add,
  nextColor,
  color,
  colorsOr,
  labelOf,
  places,
  artist,
}: Pen) {
  const bars =
    (isHorizontal: boolean): Draw =>
    (args, axes) => {
      const [along, across] = isHorizontal ? (["y", "width"] as const) : (["x", "height"] as const);
      const at = places(args, axes, isHorizontal ? "yticks" : "xticks", args.need(along));
      const values = spread(args, args.numbers(across), at.length);
      const thick = args.next(isHorizontal ? "height" : "width") ?? null;
      const widths = spread(
        args,
        thick === null ? [0.8] : args.toNumbers(thick, "width"),
        at.length,
      );
      const base = args.next(isHorizontal ? "left" : "bottom") ?? null;
      const starts = spread(args, base === null ? [0] : args.toNumbers(base, "base"), at.length);
      const align = args.byName("align") ?? "center";
      const colors = colorsOr(args, ["color", "facecolor"], at.length, () =>
        nextColor(axes, "shapes"),
      );
      const tickLabels = args.byName("tick_label") ?? null;
      const label = labelOf(args);
      args.ignore(looks);
      const key = isHorizontal ? "yticks" : "xticks";
      if (tickLabels !== null) {
        const texts = itemsOf(machine, tickLabels).map((text) =>
          normalizeText(textOf(machine, text)),
        );
        axes[key] = at.map((place, i): Tick => ({ at: place, label: texts[i] ?? "" }));
      }
      return list(
        at.map((place, i) => {
          const side = align === "edge" ? place : place - widths[i]! / 2;
          const [low, high] = [starts[i]!, starts[i]! + values[i]!];
          const points: Point[] = isHorizontal
            ? [
                [low, side],
                [high, side + widths[i]!],
              ]
            : [
                [side, low],
                [side + widths[i]!, high],
              ];
          return artist(
            axes,
            add(axes, { kind: "bar", points, label, color: colors[i]!, style: "", isHorizontal }),
          );
        }),
      );
    };

  const pie: Draw = (args, axes) => {
    const values = args.numbers("x");
    const explode = args.next("explode") ?? null;
    const labels = args.next("labels") ?? null;
    const colors = args.next("colors") ?? null;
    const autopct = args.next("autopct") ?? null;
    args.ignore(["pctdistance", ...looks]);
    const start = args.number("startangle", 0);
    const radius = args.number("radius", 1);
    const isCounterClock = args.flag("counterclock", true);
    const total = values.reduce((sum, v) => sum + v, 0);
    if (!(total > 0) || values.some((v) => v < 0))
      args.fail("error", "needs values of 0 and more, not all 0");
    const texts =
      labels === null
        ? []
        : itemsOf(machine, labels).map((text) => normalizeText(textOf(machine, text)));
    if (labels !== null && texts.length !== values.length)
      args.fail("error", `has ${texts.length} labels for ${values.length} values`);
    const offsets =
      explode === null
        ? values.map(() => 0)
        : spread(args, args.toNumbers(explode, "explode"), values.length);
    const palette =
      colors === null ? [] : itemsOf(machine, colors).map((each) => color(args, each));
    let angle = start;
    values.forEach((value, i) => {
      const share = value / total;
      const end = angle + (isCounterClock ? 360 : -360) * share;
      const middle = (((angle + end) / 2) * Math.PI) / 180;
      const at = (r: number): Point => [r * Math.cos(middle), r * Math.sin(middle)];
      const shade = palette.length > 0 ? palette[i % palette.length]! : nextColor(axes, "shapes");
      add(axes, {
        kind: "wedge",
        points: [at(offsets[i]! * radius)],
        size: [radius, Math.min(angle, end), Math.max(angle, end)],
        label: texts[i] ?? "",
        color: shade,
        style: "",
        share,
      });
      if (autopct !== null) {
        const shown =
          typeof autopct === "string"
            ? percent(args, autopct, share * 100)
            : args.fail("unsupported", "with a function as autopct");
        add(axes, {
          kind: "text",
          points: [at((offsets[i]! + 0.6) * radius)],
          label: shown,
          color: "#000000",
          style: "",
        });
      }
      angle = end;
    });
    axes.isEqual = true;
    return tuple([list([]), list([]), list([])]);
  };
  return { bars, pie };
}

function percent(args: ArgumentReader, format: string, value: number): string {
  const found = /^%(?:\d*\.(\d))?([fd])%%$/.exec(format);
  if (!found) return args.fail("unsupported", `has the format "${format.slice(0, 20)}"`);
  return `${found[2] === "d" ? Math.trunc(value) : value.toFixed(Number(found[1] ?? 6))}%`;
}
