/** Elements as points along them, so that any two of a kind can be compared. */

import type { FigureElement, Point } from "./figure.ts";

const SAMPLES = 32;

/**
 * Distance of two elements of one kind, in the units given, whichever way they were drawn: the mean
 * over points along them, or that of the worst point.
 */
export function outlineDistance(
  a: FigureElement,
  b: FigureElement,
  [width, height]: Point,
  over: "mean" | "worst",
): number {
  const [p, q] = [outline(a), outline(b)];
  const distance = (order: (i: number) => number): number => {
    let [sum, worst] = [0, 0];
    for (let i = 0; i < p.length; i++) {
      const [x, y] = q[order(i) % q.length]!;
      const apart = Math.hypot((p[i]![0] - x) / width, (p[i]![1] - y) / height);
      sum += apart;
      worst = Math.max(worst, apart);
    }
    return over === "mean" ? sum / p.length : worst;
  };
  if (p.length !== q.length || p.length === 0) return Infinity;
  const last = p.length - 1;
  if (a.kind === "line")
    return Math.min(
      distance((i) => i),
      distance((i) => last - i),
    );
  if (a.kind !== "polygon" && a.kind !== "fill") return distance((i) => i);
  // A closed outline may begin at any corner and run either way.
  let best = Infinity;
  for (let shift = 0; shift < p.length; shift++) {
    best = Math.min(
      best,
      distance((i) => i + shift),
      distance((i) => last - i + shift),
    );
  }
  return best;
}

function outline({ kind, points, size = [] }: FigureElement): Point[] {
  const [center = [0, 0] as const] = points;
  const round = (rx: number, ry: number, from: number, to: number): Point[] =>
    Array.from({ length: SAMPLES }, (_, i) => {
      const angle = ((from + ((to - from) * i) / (SAMPLES - 1)) * Math.PI) / 180;
      return [center[0] + rx * Math.cos(angle), center[1] + ry * Math.sin(angle)];
    });
  switch (kind) {
    case "circle":
      return round(size[0] ?? 0, size[0] ?? 0, 0, 360);
    case "arc":
      return round((size[0] ?? 0) / 2, (size[1] ?? 0) / 2, size[2] ?? 0, size[3] ?? 360);
    case "wedge":
      return [center, ...round(size[0] ?? 1, size[0] ?? 1, size[1] ?? 0, size[2] ?? 360)];
    case "line":
      return resample(points);
    case "polygon":
    case "fill":
      return resample([...points, ...points.slice(0, 1)], false);
    default:
      return [...points];
  }
}

/** Points at equal steps along a polyline; a closed one leaves out its end, which is its start. */
function resample(points: readonly Point[], hasEnd = true): Point[] {
  const lengths = points
    .slice(1)
    .map(([x, y], i) => Math.hypot(x - points[i]![0], y - points[i]![1]));
  const total = lengths.reduce((sum, v) => sum + v, 0);
  if (points.length === 0) return [];
  if (!(total > 0)) return Array.from({ length: SAMPLES }, () => points[0]!);
  let [at, before] = [0, 0];
  return Array.from({ length: SAMPLES }, (_, i) => {
    const wanted = (total * i) / (hasEnd ? SAMPLES - 1 : SAMPLES);
    while (at < lengths.length - 1 && before + lengths[at]! < wanted) before += lengths[at++]!;
    const share = lengths[at]! > 0 ? Math.min(1, (wanted - before) / lengths[at]!) : 0;
    const [p, q] = [points[at]!, points[at + 1]!];
    return [p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1])];
  });
}
