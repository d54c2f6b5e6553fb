/** Shapes that are made first and drawn by `add_patch`. */

import { cycleColor } from "../figure/color.ts";
import { type Draw, type Drawn, looks, type Pen } from "./pen.ts";
import { type ArgumentReader, native } from "./read-arguments.ts";
import { type Namespace, typeName, type Value } from "./values.ts";

export function patchCalls({ machine, add, color, labelOf, styleOf, pair }: Pen) {
  /** Patches that were made and not added yet. */
  const made = new Map<Namespace, Drawn>();

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
  return { patches, addPatch };
}
