/** The calls that draw: arguments to elements. */

import { cycleColor, parseColor, rgbColor } from "../figure/color.ts";
import {
  type Axes,
  type FigureElement,
  normalizeText,
  type Point,
  type Tick,
} from "../figure/figure.ts";
import type { Machine } from "./machine.ts";
import { type ArgumentReader, native } from "./read-arguments.ts";
import {
  itemsOf,
  list,
  type Namespace,
  numberOf,
  textOf,
  tuple,
  typeName,
  type Value,
} from "./values.ts";

type Draw = (args: ArgumentReader, axes: Axes) => Value;
type Drawn = Omit<FigureElement, "id">;

const looks =
  "alpha zorder edgecolor ec lw linewidth linewidths edgecolors markersize ms markerfacecolor markeredgecolor markeredgewidth capsize hatch fontsize size fontweight weight ha va horizontalalignment verticalalignment rotation bbox family fontfamily fontstyle style clip_on textprops wedgeprops shadow head_width head_length length_includes_head arrowstyle antialiased solid_capstyle labeldistance joinstyle".split(
    " ",
  );

const styles: Readonly<Record<string, string>> = {
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

export function drawCalls(machine: Machine, maxElements: number) {
  let count = 0;
  /** Next colours of lines and of filled shapes: matplotlib keeps one cycle for each. */
  const cycles = new Map<Axes, { lines: number; shapes: number }>();
  /** Elements of each kind so far. */
  const sameKind = new Map<Axes, Map<string, number>>();
  /** Patches that were made and not added yet. */
  const made = new Map<Namespace, Drawn>();

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
  const namedStyle = (args: ArgumentReader): string | undefined => {
    const found = styleOf(args, "?");
    return found === "?" ? undefined : found;
  };

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

  const text: Draw = (args, axes) => {
    const at: Point = [args.number("x"), args.number("y")];
    const label = normalizeText(args.text("s") ?? "");
    const shade = colorOr(args, ["color", "c"], () => "#000000");
    args.ignore(looks);
    add(axes, { kind: "text", points: [at], label, color: shade, style: "" });
    return null;
  };
  const annotate: Draw = (args, axes) => {
    const label = normalizeText(args.text("text") ?? "");
    const target = pair(args, "xy");
    const from = args.next("xytext") ?? null;
    const props = args.byName("arrowprops") ?? null;
    const coords = args.byName("textcoords", "xycoords") ?? "data";
    const shade = colorOr(args, ["color", "c"], () => "#000000");
    args.ignore(looks);
    const isOffset = coords === "offset points" || coords === "offset pixels";
    if (!isOffset && coords !== "data") args.fail("unsupported", "with these coordinates");
    const at = from === null || isOffset ? target : pair(args, "xytext", from);
    add(axes, { kind: "text", points: [at], label, color: shade, style: "" });
    if (props !== null && from !== null)
      add(axes, { kind: "arrow", points: [at, target], label: "", color: "#000000", style: "" });
    return null;
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

  /** A shape that `add_patch` draws. */
  const patch = (
    name: string,
    shape: (args: ArgumentReader) => Pick<Drawn, "kind" | "points" | "size">,
  ) =>
    native(machine, name, (args) => {
      const drawn = shape(args);
      const isFilled = args.flag("fill", true);
      const edge = args.byName("edgecolor", "ec") ?? null;
      const face = args.byName("color", "facecolor", "fc") ?? null;
      const chosen = isFilled && face !== "none" ? (face ?? edge) : (edge ?? face);
      const shade =
        chosen === null || chosen === "none"
          ? isFilled
            ? cycleColor(0)
            : "#000000"
          : color(args, chosen);
      const dashes = styleOf(args, "solid");
      const label = labelOf(args);
      args.ignore([...looks, "closed"]);
      const style = isFilled && face !== "none" && drawn.kind !== "arc" ? "filled" : dashes;
      const handle: Namespace = { kind: "namespace", name, members: new Map() };
      machine.take(8 + 2 * drawn.points.length);
      made.set(handle, { ...drawn, label, color: shade, style });
      return handle;
    });
  const patches = new Map<string, Value>([
    [
      "Circle",
      patch("Circle", (args) => ({
        kind: "circle",
        points: [pair(args, "xy")],
        size: [args.number("radius", 5)],
      })),
    ],
    [
      "Polygon",
      patch("Polygon", (args) => {
        const corners = args.items("xy").map((corner) => pair(args, "xy", corner));
        return { kind: "polygon", points: corners };
      }),
    ],
    [
      "Rectangle",
      patch("Rectangle", (args) => {
        const [x, y] = pair(args, "xy");
        const [w, h] = [args.number("width"), args.number("height")];
        if (args.number("angle", 0) !== 0) args.fail("unsupported", "with an angle");
        return {
          kind: "polygon",
          points: [
            [x, y],
            [x + w, y],
            [x + w, y + h],
            [x, y + h],
          ],
        };
      }),
    ],
    [
      "Arc",
      patch("Arc", (args) => {
        const center = pair(args, "xy");
        const [w, h] = [args.number("width"), args.number("height")];
        const angle = args.number("angle", 0);
        return {
          kind: "arc",
          points: [center],
          size: [w, h, angle + args.number("theta1", 0), angle + args.number("theta2", 360)],
        };
      }),
    ],
    [
      "Wedge",
      patch("Wedge", (args) => {
        const center = pair(args, "center");
        return {
          kind: "wedge",
          points: [center],
          size: [args.number("r"), args.number("theta1"), args.number("theta2")],
        };
      }),
    ],
  ]);
  const addPatch: Draw = (args, axes) => {
    const value = args.need("patch");
    const drawn =
      value !== null && typeof value === "object" && value.kind === "namespace"
        ? made.get(value)
        : undefined;
    if (!drawn) return args.fail("unsupported", `of ${typeName(value)}`);
    add(axes, drawn);
    return null;
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

  const onAxes = new Map<string, Draw>([
    ["plot", plot],
    ["scatter", scatter],
    ["bar", bars(false)],
    ["barh", bars(true)],
    ["pie", pie],
    ["fill", fill],
    ["fill_between", fillBetween],
    ["text", text],
    ["annotate", annotate],
    ["axhline", rule(true)],
    ["axvline", rule(false)],
    ["arrow", arrow],
    ["add_patch", addPatch],
    ["add_artist", addPatch],
  ]);
  return { onAxes, patches };
}

/** One for all, or one for each. */
function spread(args: ArgumentReader, values: readonly number[], length: number): number[] {
  if (values.length !== 1 && values.length !== length) {
    args.fail("error", `has ${values.length} values for ${length} places`);
  }
  return Array.from({ length }, (_, i) => values[values.length === 1 ? 0 : i]!);
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

function percent(args: ArgumentReader, format: string, value: number): string {
  const found = /^%(?:\d*\.(\d))?([fd])%%$/.exec(format);
  if (!found) return args.fail("unsupported", `has the format "${format.slice(0, 20)}"`);
  return `${found[2] === "d" ? Math.trunc(value) : value.toFixed(Number(found[1] ?? 6))}%`;
}
