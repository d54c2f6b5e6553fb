/** matplotlib's calls, recorded as a figure. What changes nothing in a figure is read and dropped. */

import { type Axes, type Figure, normalizeText, type Point, type Tick } from "../figure/figure.ts";
import { drawCalls } from "./draw-calls.ts";
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

/** Arguments about looks that the figure does not keep. */
const looks =
  "figsize dpi fontsize size fontweight weight fontstyle fontfamily family alpha zorder pad labelpad rotation loc bbox_to_anchor ncol frameon shadow title_fontsize prop axis which linewidth lw linestyle ls color c visible bbox_inches transparent facecolor edgecolor layout constrained_layout ha va horizontalalignment verticalalignment".split(
    " ",
  );

export interface Recorder {
  readonly pyplot: Namespace;
  readonly patches: Namespace;
  figure(): Figure;
}

const MAX_AXES = 16;

export function createRecorder(machine: Machine, maxElements: number): Recorder {
  const all: Axes[] = [];
  const handles = new Map<Axes, Namespace>();
  let current: Axes | undefined;

  const newAxes = (): Axes => {
    if (all.length >= MAX_AXES) machine.fail("limit", `more than ${MAX_AXES} axes`);
    const axes: Axes = {
      title: "",
      xlabel: "",
      ylabel: "",
      hasLegend: false,
      hasGrid: false,
      isHidden: false,
      isEqual: false,
      elements: [],
    };
    all.push(axes);
    return axes;
  };
  const currentAxes = (): Axes => (current ??= newAxes());
  const draw = drawCalls(machine, maxElements);

  const axesHandle = (axes: Axes): Namespace => {
    let handle = handles.get(axes);
    if (!handle) {
      const members = new Map<string, Value>();
      for (const [name, run] of [...draw.onAxes, ...settings]) {
        members.set(
          name,
          native(machine, `Axes.${name}`, (args) => run(args, axes)),
        );
      }
      handle = { kind: "namespace", name: "Axes", members };
      handles.set(axes, handle);
    }
    return handle;
  };

  const figureHandle: Namespace = {
    kind: "namespace",
    name: "Figure",
    members: new Map<string, Value>(
      ["savefig", "tight_layout", "show", "set_size_inches", "subplots_adjust"]
        .map((name): [string, Value] => [name, native(machine, `Figure.${name}`, nothing)])
        .concat([
          ["gca", native(machine, "Figure.gca", () => axesHandle(currentAxes()))],
          [
            "add_subplot",
            native(machine, "Figure.add_subplot", (args) => {
              const grid = args.rest().map(numberOf);
              if (grid.length > 1 && grid.some((v) => v !== 1))
                args.fail("unsupported", "of a grid");
              if (grid.length === 1 && grid[0] !== 111) args.fail("unsupported", "of a grid");
              return axesHandle(currentAxes());
            }),
          ],
        ]),
    ),
  };

  const members = new Map<string, Value>();
  const add = (name: string, run: (args: ArgumentReader) => Value): void => {
    members.set(name, native(machine, `plt.${name}`, run));
  };
  for (const name of ["show", "savefig", "tight_layout", "close"]) add(name, nothing);
  add("figure", (args) => {
    args.rest();
    args.ignore([...looks, "num"]);
    if (all.some(({ elements }) => elements.length > 0))
      args.fail("unsupported", "called for a second figure");
    return figureHandle;
  });
  add("subplots", (args) => {
    const [rows, columns] = [args.integer("nrows", 1), args.integer("ncols", 1)];
    args.ignore([...looks, "sharex", "sharey"]);
    if (all.some(({ elements }) => elements.length > 0))
      args.fail("unsupported", "called for a second figure");
    if (rows < 1 || columns < 1) args.fail("error", "needs one row and column or more");
    if (rows > 1 && columns > 1)
      args.fail("unsupported", "with rows and columns; one of them may exceed 1");
    all.length = 0;
    machine.step(rows * columns);
    const made = Array.from({ length: Math.min(rows * columns, MAX_AXES + 1) }, newAxes);
    current = made[0];
    return tuple([
      figureHandle,
      made.length === 1 ? axesHandle(made[0]!) : list(made.map(axesHandle)),
    ]);
  });
  add("gca", () => axesHandle(currentAxes()));
  add("gcf", () => figureHandle);
  for (const [name, run] of draw.onAxes) add(name, (args) => run(args, currentAxes()));
  for (const [name, run] of settings) {
    const plain = name.startsWith("set_") ? name.slice(4) : name;
    if (pyplotSettings.has(plain)) add(plain, (args) => run(args, currentAxes()));
  }
  for (const name of ["Circle", "Polygon", "Rectangle"]) members.set(name, draw.patches.get(name)!);
  return {
    pyplot: { kind: "namespace", name: "matplotlib.pyplot", members },
    patches: { kind: "namespace", name: "matplotlib.patches", members: draw.patches },
    figure: () => ({
      axes: all.filter((axes, i) => i === 0 || axes.elements.length > 0 || axes.title),
    }),
  };
}

const nothing = (args: ArgumentReader): Value => {
  args.rest();
  args.ignore([
    ...looks,
    "fname",
    "format",
    "block",
    "h_pad",
    "w_pad",
    "left",
    "right",
    "top",
    "bottom",
    "hspace",
    "wspace",
  ]);
  return null;
};

/** Setters of axes; pyplot has some without "set_". */
const settings = new Map<string, (args: ArgumentReader, axes: Axes) => Value>([
  ["set_title", setText("title")],
  ["set_xlabel", setText("xlabel")],
  ["set_ylabel", setText("ylabel")],
  ["set_xlim", setLimits("xlim")],
  ["set_ylim", setLimits("ylim")],
  ["set_xticks", setTicks("xticks")],
  ["set_yticks", setTicks("yticks")],
  ["set_xticklabels", setTickLabels("xticks")],
  ["set_yticklabels", setTickLabels("yticks")],
  [
    "legend",
    (args, axes) => {
      args.ignore(looks);
      const labels = args.next("labels");
      if (labels !== undefined) nameElements(args, axes, labels);
      axes.hasLegend = true;
      return null;
    },
  ],
  [
    "grid",
    (args, axes) => {
      axes.hasGrid = args.flag("visible", true);
      args.ignore(looks);
      return null;
    },
  ],
  [
    "set_aspect",
    (args, axes) => {
      const aspect = args.next("aspect");
      args.ignore(["adjustable", "anchor"]);
      axes.isEqual = aspect === "equal" || numberOf(aspect ?? null) === 1;
      return null;
    },
  ],
  [
    "axis",
    (args, axes) => {
      const value = args.next("arg") ?? null;
      if (value === "off") axes.isHidden = true;
      else if (value === "equal" || value === "scaled" || value === "square") axes.isEqual = true;
      else if (value !== null && typeof value === "object") {
        const [left, right, bottom, top] = args.toNumbers(value, "limits");
        if (top === undefined) args.fail("error", "needs four limits");
        axes.xlim = [left!, right!];
        axes.ylim = [bottom!, top!];
      } else if (!["on", "tight", "auto"].includes(String(value)))
        args.fail("unsupported", "of this kind");
      return null;
    },
  ],
]);

const pyplotSettings = new Set(
  "title xlabel ylabel xlim ylim xticks yticks legend grid axis".split(" "),
);

function setText(key: "title" | "xlabel" | "ylabel") {
  return (args: ArgumentReader, axes: Axes): Value => {
    axes[key] = normalizeText(args.text("label") ?? "");
    args.ignore(looks);
    return null;
  };
}

function setLimits(key: "xlim" | "ylim") {
  return (args: ArgumentReader, axes: Axes): Value => {
    const [lowName, highName] = key === "xlim" ? ["left", "right"] : ["bottom", "top"];
    const given = args.next(lowName!, key === "xlim" ? "xmin" : "ymin") ?? null;
    const second = args.next(highName!, key === "xlim" ? "xmax" : "ymax") ?? null;
    if (given !== null && typeof given === "object") {
      const [low, high] = args.toNumbers(given, "limits");
      if (high === undefined) args.fail("error", "needs two limits");
      axes[key] = [low!, high!];
    } else if (given === null || second === null) {
      args.fail("unsupported", "with one limit; give both");
    } else
      axes[key] = [args.toNumber(given, "limit"), args.toNumber(second, "limit")] satisfies Point;
    return null;
  };
}

function setTicks(key: "xticks" | "yticks") {
  return (args: ArgumentReader, axes: Axes): Value => {
    const places = args.numbers("ticks");
    const labels = args.next("labels") ?? null;
    args.ignore([...looks, "minor"]);
    axes[key] = places.map((at): Tick => ({ at, label: String(at) }));
    if (labels !== null) relabel(args, axes, key, labels);
    return null;
  };
}

function setTickLabels(key: "xticks" | "yticks") {
  return (args: ArgumentReader, axes: Axes): Value => {
    relabel(args, axes, key, args.need("labels"));
    args.ignore(looks);
    return null;
  };
}

function relabel(args: ArgumentReader, axes: Axes, key: "xticks" | "yticks", labels: Value): void {
  const texts = itemsOf(args.machine, labels).map((text) =>
    normalizeText(textOf(args.machine, text)),
  );
  const ticks = axes[key];
  if (!ticks) args.fail("unsupported", "without ticks set before");
  if (texts.length !== ticks!.length)
    args.fail("error", `has ${texts.length} labels for ${ticks!.length} ticks`);
  axes[key] = ticks!.map(({ at }, i): Tick => ({ at, label: texts[i]! }));
}

/** `legend(["a", "b"])` names what is drawn, in order. */
function nameElements(args: ArgumentReader, axes: Axes, labels: Value): void {
  const texts = itemsOf(args.machine, labels).map((label) =>
    typeof label === "string"
      ? normalizeText(label)
      : args.fail("unsupported", `of ${typeName(label)}`),
  );
  let next = 0;
  axes.elements.forEach((element, i) => {
    if (element.kind !== "line" || next >= texts.length) return;
    axes.elements[i] = { ...element, label: texts[next++]! };
  });
}
