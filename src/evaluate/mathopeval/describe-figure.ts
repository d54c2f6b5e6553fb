/** A figure in words, for models that read no pictures: everything it shows, without a program. */

import type { Figure, FigureElement } from "./figure/figure.ts";

const number = (v: number): string => String(Number(v.toPrecision(4)));
/** More points than this are thinned. */
const MAX_POINTS = 7;

export function describeFigure({ axes }: Figure): string {
  return axes
    .flatMap(({ title, elements }) => [
      ...(title ? [`title "${title}"`] : []),
      ...elements.map(describe),
    ])
    .join("\n");
}

function describe({ kind, label, color, points, size = [], share, style }: FigureElement): string {
  const name = `${kind}${label ? ` "${label}"` : ""} ${color}`;
  if (kind === "bar") return `${name} height ${number(points[1]![1] - points[0]![1])}`;
  if (share !== undefined) return `${name} ${number(share * 100)} %`;
  const step = Math.max(1, Math.ceil((points.length - 1) / (MAX_POINTS - 1)));
  const shown = points.filter((_, i) => i % step === 0);
  const places = shown.map(([x, y]) => `(${number(x)}, ${number(y)})`).join(" ");
  return `${name}${style ? ` ${style}` : ""} ${places}${size.length > 0 ? ` size ${size.map(number).join(" ")}` : ""}`;
}
