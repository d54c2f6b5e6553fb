/** From a plotting program to its figure, without running Python: see python/. */

import { type Axes, type Figure, type FigureElement, normalizeText } from "./figure/figure.ts";
import { createBuiltins } from "./python/builtins.ts";
import { type FailureKind, type Place, ProgramFailure } from "./python/failure.ts";
import { interpret } from "./python/interpret.ts";
import { Machine, type ProgramLimits } from "./python/machine.ts";
import { createMath, createNumpy } from "./python/numpy.ts";
import { parseProgram } from "./python/parse.ts";
import { createRecorder } from "./python/pyplot.ts";
import type { Namespace, Value } from "./python/values.ts";

export type PlotOutcome =
  | { readonly status: "ok"; readonly figure: Figure; readonly printed: string }
  /** What was found, with line and column in the text. */
  | { readonly status: FailureKind; readonly message: string; readonly place: Place };

/**
 * Interprets a plotting program: Python's expressions, loops and functions, numpy in one dimension,
 * and matplotlib's calls, which become a figure. There are no files, network or host objects to
 * reach; work is counted, so that every program ends. What is missing is refused by name.
 *
 * @example
 * runPlot("import matplotlib.pyplot as plt\nplt.bar(['a', 'b'], [3, 5])\n");
 * // { status: "ok", figure: { axes: [{ elements: [two bars], … }] }, printed: "" }
 */
export function runPlot(code: string, limits: ProgramLimits = {}): PlotOutcome {
  const machine = new Machine(limits);
  try {
    const program = parseProgram(code);
    const recorder = createRecorder(machine, limits.elements ?? 10_000);
    const numpy = createNumpy(machine);
    const module = (name: string, members: ReadonlyMap<string, Value>): [string, Namespace] => [
      name,
      { kind: "namespace", name, members },
    ];
    const matplotlib = new Map<string, Value>([
      ["pyplot", recorder.pyplot],
      ["patches", recorder.patches],
    ]);
    interpret(program, machine, {
      builtins: createBuiltins(machine),
      modules: new Map([
        module("numpy", numpy),
        module("math", createMath(machine, numpy)),
        module("matplotlib", matplotlib),
        ["matplotlib.pyplot", recorder.pyplot],
        ["matplotlib.patches", recorder.patches],
      ]),
    });
    const axes = recorder.figure().axes.map((each) => ({ ...each, elements: nameBars(each) }));
    return { status: "ok", figure: { axes }, printed: machine.printed };
  } catch (error) {
    if (error instanceof ProgramFailure) {
      return { status: error.kind, message: error.message, place: error.place };
    }
    // The parser's and interpreter's depth is bounded, the host's stack may be shallower still.
    if (error instanceof RangeError && error.message.includes("call stack")) {
      const { line, column } = machine.place;
      const message = `line ${line}, column ${column}: the program nests too deeply`;
      return { status: "limit", message, place: { line, column } };
    }
    throw error;
  }
}

/** Bars are called what stands below them, where they are not in a legend of their own. */
export function nameBars(axes: Axes): FigureElement[] {
  return axes.elements.map((element) => {
    if (element.kind !== "bar") return element;
    const [[x0, y0], [x1, y1]] = element.points as [
      readonly [number, number],
      readonly [number, number],
    ];
    const [low, high] = element.isHorizontal ? [y0, y1] : [x0, x1];
    const ticks = (element.isHorizontal ? axes.yticks : axes.xticks) ?? [];
    const tick = ticks.find(
      ({ at }) => at >= Math.min(low, high) - 1e-9 && at <= Math.max(low, high) + 1e-9,
    );
    const label = [tick?.label, element.label].filter(Boolean).join(" / ");
    return { ...element, label: normalizeText(label) };
  });
}
