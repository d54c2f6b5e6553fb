/** What all drawing calls share: arguments to colours, styles and places; elements to axes. */

import { cycleColor, parseColor, rgbColor } from "../figure/color.ts";
import { type Axes, type FigureElement, normalizeText, type Point } from "../figure/figure.ts";
import type { Machine } from "./machine.ts";
import { type ArgumentReader, native } from "./read-arguments.ts";
import { itemsOf, type Namespace, numberOf, textOf, type Value } from "./values.ts";
export type Draw = (args: ArgumentReader, axes: Axes) => Value;
export type Drawn = Omit<FigureElement, "id">;

/** Arguments that change how a thing looks, and nothing that is judged. */
export const looks =
  "alpha zorder edgecolor ec lw linewidth linewidths edgecolors markersize ms markerfacecolor markeredgecolor markeredgewidth capsize hatch fontsize size fontweight weight ha va horizontalalignment verticalalignment rotation bbox family fontfamily fontstyle style clip_on textprops wedgeprops shadow head_width head_length length_includes_head arrowstyle antialiased solid_capstyle labeldistance joinstyle".split(
    " ",
  );

/** Line styles by their names and signs. */
export const styles: Readonly<Record<string, string>> = {
  "-": "solid",
  solid: "solid",
  "--": "dashed",
  dashed: "dashed",
  ":": "dotted",
  dotted: "dotted",
  "-.": "dashdot",
  dashdot: "dashdot",
  "": "none",
  none: "none",
  None: "none",
  " ": "none",
};

export type Pen = ReturnType<typeof createPen>;

/**
 * State and readers of one program's drawing calls.
 *
 * @param maxElements things that may be drawn in all
 */
export function createPen(machine: Machine, maxElements: number) {
  let count = 0;
  /** Next colours of lines and of filled shapes: matplotlib keeps one cycle for each. */
  const cycles = new Map<Axes, { lines: number; shapes: number }>();
  /** Elements of each kind so far. */
  const sameKind = new Map<Axes, Map<string, number>>();

  const add = (axes: Axes, drawn: Drawn): number => {
    if (++count > maxElements) machine.fail("limit", `more than ${maxElements} things drawn`);
    machine.take(2 * drawn.points.length + 8);
    const kinds = sameKind.get(axes) ?? new Map<string, number>();
    sameKind.set(axes, kinds);
    const same = kinds.get(drawn.kind) ?? 0;
    kinds.set(drawn.kind, same + 1);
    axes.elements.push({ id: `${drawn.kind}-${same}`, ...drawn });
    return axes.elements.length - 1;
  };
  const nextColor = (axes: Axes, cycle: "lines" | "shapes"): string => {
    const state = cycles.get(axes) ?? { lines: 0, shapes: 0 };
    cycles.set(axes, state);
    return cycleColor(state[cycle]++);
  };

  const color = (args: ArgumentReader, value: Value): string => {
    if (typeof value === "string") {
      return (
        parseColor(value) ??
        args.fail("unsupported", `has the unknown colour "${value.slice(0, 40)}"`)
      );
    }
    const parts = args.toNumbers(value, "a colour");
    return parts.length === 3 || parts.length === 4
      ? rgbColor(parts)
      : args.fail("error", "needs a colour");
  };
  const colorOr = (args: ArgumentReader, names: string[], fallback: () => string): string => {
    const value = args.byName(...names) ?? null;
    return value === null ? fallback() : color(args, value);
  };
  /** One colour for each of several, or one for all. */
  const colorsOr = (
    args: ArgumentReader,
    names: string[],
    length: number,
    fallback: () => string,
  ): string[] => {
    const value = args.byName(...names) ?? null;
    const isMany =
      value !== null &&
      typeof value === "object" &&
      "items" in value &&
      value.items.some((v) => numberOf(v) === undefined);
    if (!isMany) {
      const one = value === null ? fallback() : color(args, value);
      return Array.from({ length }, () => one);
    }
    const colors = itemsOf(machine, value).map((each) => color(args, each));
    return Array.from({ length }, (_, i) => colors[i % colors.length]!);
  };
  const labelOf = (args: ArgumentReader): string => {
    const text = args.byName("label") ?? null;
    const label = text === null ? "" : normalizeText(textOf(machine, text));
    return label.startsWith("_") ? "" : label;
  };
  const styleOf = (args: ArgumentReader, fallback: string): string => {
    const value = args.byName("linestyle", "ls") ?? null;
    if (value === null) return fallback;
    const found =
      typeof value === "string" && Object.hasOwn(styles, value) ? styles[value] : undefined;
    return found ?? args.fail("unsupported", "has an unknown line style");
  };
  const pair = (args: ArgumentReader, name: string, value = args.need(name)): Point => {
    const [x, y, ...more] = args.toNumbers(value, name);
    return y === undefined || more.length > 0
      ? args.fail("error", `needs two numbers as ${name}`)
      : [x!, y];
  };
  /** Numbers, or texts: categories stand at 0, 1, 2, … and become ticks. */
  const places = (
    args: ArgumentReader,
    axes: Axes,
    key: "xticks" | "yticks",
    value: Value,
  ): number[] => {
    const isText =
      value !== null &&
      typeof value === "object" &&
      "items" in value &&
      value.items.some((v) => typeof v === "string");
    if (!isText) return args.toNumbers(value, key === "xticks" ? "x" : "y");
    const known = [...(axes[key] ?? [])];
    const found = itemsOf(machine, value).map((item) => {
      const label = normalizeText(textOf(machine, item));
      machine.step(known.length / 16);
      let tick = known.find((each) => each.label === label);
      if (!tick) {
        tick = { at: known.length, label };
        known.push(tick);
      }
      return tick.at;
    });
    axes[key] = known;
    return found;
  };
  const zip = (args: ArgumentReader, xs: readonly number[], ys: readonly number[]): Point[] => {
    if (xs.length !== ys.length) args.fail("error", `has ${xs.length} x and ${ys.length} y`);
    return xs.map((x, i) => [x, ys[i]!]);
  };
  const namedStyle = (args: ArgumentReader): string | undefined => {
    const found = styleOf(args, "?");
    return found === "?" ? undefined : found;
  };

  /** What `plot` and `bar` hand back: enough to write values beside it. */
  const artist = (axes: Axes, at: number): Namespace => {
    const element = axes.elements[at]!;
    const [[x0, y0], [x1, y1]] = [element.points[0] ?? [0, 0], element.points[1] ?? [0, 0]];
    const value = (name: string, v: number): [string, Value] => [
      name,
      native(machine, name, () => v),
    ];
    const change = (
      name: string,
      edit: (args: ArgumentReader) => Partial<Drawn>,
    ): [string, Value] => [
      name,
      native(machine, name, (args) => {
        axes.elements[at] = { ...axes.elements[at]!, ...edit(args) };
        return null;
      }),
    ];
    machine.take(8);
    const members = new Map<string, Value>([
      change("set_color", (args) => ({ color: color(args, args.need("color")) })),
      change("set_label", (args) => ({ label: normalizeText(args.text("label") ?? "") })),
    ]);
    if (element.kind === "bar") {
      for (const [name, v] of [
        value("get_x", x0),
        value("get_y", y0),
        value("get_width", x1 - x0),
        value("get_height", y1 - y0),
      ]) {
        members.set(name, v);
      }
    }
    return { kind: "namespace", name: element.kind === "bar" ? "Rectangle" : "Line2D", members };
  };
  return {
    machine,
    add,
    nextColor,
    color,
    colorOr,
    colorsOr,
    labelOf,
    styleOf,
    namedStyle,
    pair,
    places,
    zip,
    artist,
  };
}

/** One for all, or one for each. */
export function spread(args: ArgumentReader, values: readonly number[], length: number): number[] {
  if (values.length !== 1 && values.length !== length) {
    args.fail("error", `has ${values.length} values for ${length} places`);
  }
  return Array.from({ length }, (_, i) => values[values.length === 1 ? 0 : i]!);
}
