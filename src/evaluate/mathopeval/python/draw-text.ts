import { normalizeText, type Point } from "../figure/figure.ts";
import { type Draw, looks, type Pen } from "./pen.ts";

export function textCalls({ add, colorOr, pair }: Pen) {
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
  return { text, annotate };
}
