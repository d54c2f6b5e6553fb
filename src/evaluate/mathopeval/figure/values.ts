/** How right the values are that bars, wedges and lines show. */

import type { FigureElement, Point } from "./figure.ts";

const EPSILON = 1e-9;
/** Points of the common domain at which two curves are compared. */
const GRID = 101;

/**
 * 1 - mean(min(1, error)) over the reference's bars, wedges and lines, each against the candidate's
 * element of its kind and name (the n-th of that name); one that is missing has error 1. Errors are
 * |y - y'| / |y|, the mean over points of lines with the same x, and otherwise the area between the
 * curves by the area below the reference's, on the domain they share.
 *
 * @returns undefined where the reference has no values
 */
export function valueScore(
  candidate: readonly FigureElement[],
  reference: readonly FigureElement[],
): number | undefined {
  const found = byName(candidate);
  const errors = [...byName(reference)].map(([name, element]) => {
    const other = found.get(name);
    return other ? Math.min(1, errorOf(other, element)) : 1;
  });
  if (errors.length === 0) return undefined;
  return 1 - errors.reduce((sum, e) => sum + e, 0) / errors.length;
}

function byName(elements: readonly FigureElement[]): Map<string, FigureElement> {
  const found = new Map<string, FigureElement>();
  const counts = new Map<string, number>();
  for (const element of elements) {
    if (!["bar", "wedge", "line"].includes(element.kind)) continue;
    const name = `${element.kind} ${element.label}`;
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    found.set(`${name} ${count}`, element);
  }
  return found;
}

const relative = (y: number, reference: number): number =>
  Math.min(1, Math.abs(y - reference) / Math.max(Math.abs(reference), EPSILON));

function errorOf(candidate: FigureElement, reference: FigureElement): number {
  const [a, b] = [candidate.points, reference.points];
  if (reference.kind === "wedge") return relative(candidate.share ?? 0, reference.share ?? 0);
  if (reference.kind === "bar") return relative(length(candidate), length(reference));
  const isSame = a.length === b.length && a.every(([x], i) => Math.abs(x - b[i]![0]) < 1e-9);
  if (isSame)
    return a.reduce((sum, [, y], i) => sum + relative(y, b[i]![1]), 0) / Math.max(1, a.length);
  return areaBetween(a, b);
}

const length = ({ points, isHorizontal }: FigureElement): number => {
  const axis = isHorizontal ? 0 : 1;
  return (points[1]?.[axis] ?? 0) - (points[0]?.[axis] ?? 0);
};

function areaBetween(a: readonly Point[], b: readonly Point[]): number {
  const [p, q] = [a, b].map((points) => points.toSorted(([x], [y]) => x - y));
  const low = Math.max(p![0]?.[0] ?? Infinity, q![0]?.[0] ?? Infinity);
  const high = Math.min(p!.at(-1)?.[0] ?? -Infinity, q!.at(-1)?.[0] ?? -Infinity);
  if (!(high > low)) return 1;
  let [between, below] = [0, 0];
  for (let i = 0; i < GRID; i++) {
    const x = low + ((high - low) * i) / (GRID - 1);
    const weight = i === 0 || i === GRID - 1 ? 0.5 : 1;
    const y = heightAt(q!, x);
    between += weight * Math.abs(heightAt(p!, x) - y);
    below += weight * Math.abs(y);
  }
  return between / Math.max(below, EPSILON);
}

function heightAt(points: readonly Point[], x: number): number {
  const after = Math.max(
    1,
    points.findIndex(([px]) => px >= x),
  );
  const [p, q] = [points[after - 1]!, points[after] ?? points[after - 1]!];
  return q[0] === p[0] ? q[1] : p[1] + ((q[1] - p[1]) * (x - p[0])) / (q[0] - p[0]);
}
