/** What a figure shows, independent of the program that drew it: plain data, in data coordinates. */

export type Point = readonly [x: number, y: number];

export type ElementKind =
  | "line"
  | "marker"
  | "bar"
  | "wedge"
  | "circle"
  | "arc"
  | "polygon"
  | "fill"
  | "arrow"
  | "text";

export interface FigureElement {
  /** Unique in its figure: "bar-2". */
  readonly id: string;
  readonly kind: ElementKind;
  /**
   * Lines and polygons: their corners. Bars: lower left and upper right corner, where the second is
   * the value's end. Markers and texts: one point. Circles, arcs, wedges: the centre. Arrows: tail
   * and head.
   */
  readonly points: readonly Point[];
  /** Circles: [radius]. Arcs: [width, height, from, to]; wedges: [radius, from, to]; in degrees. */
  readonly size?: readonly number[];
  /** What a legend, an axis or the figure calls it; of texts, what they say. "" has no name. */
  readonly label: string;
  /** #rrggbb. */
  readonly color: string;
  /** Dashes of a line, or the sign of a marker; "" where it has none. */
  readonly style: string;
  readonly isHorizontal?: boolean;
  /** Wedges: share of the whole. */
  readonly share?: number;
}

export interface Tick {
  readonly at: number;
  readonly label: string;
}

export interface Axes {
  title: string;
  xlabel: string;
  ylabel: string;
  xlim?: Point;
  ylim?: Point;
  /** Ticks with labels that the program chose. */
  xticks?: readonly Tick[];
  yticks?: readonly Tick[];
  hasLegend: boolean;
  hasGrid: boolean;
  isHidden: boolean;
  isEqual: boolean;
  readonly elements: FigureElement[];
}

export interface Figure {
  readonly axes: readonly Axes[];
}

/** Corners of the region that axes show: limits where they are set, else what is drawn, with 5 %. */
export function extentOf(
  axes: Axes,
): readonly [left: number, bottom: number, right: number, top: number] {
  let [left, bottom, right, top] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const element of axes.elements) {
    for (const [x, y] of cornersOf(element)) {
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [bottom, top] = [Math.min(bottom, y), Math.max(top, y)];
    }
  }
  if (left > right) [left, bottom, right, top] = [0, 0, 1, 1];
  const margin = (low: number, high: number): Point => {
    const space = high > low ? (high - low) * 0.05 : 0.5;
    return [low - space, high + space];
  };
  const [x, y] = [axes.xlim ?? margin(left, right), axes.ylim ?? margin(bottom, top)];
  return [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)];
}

function cornersOf({ kind, points, size = [] }: FigureElement): readonly Point[] {
  const [x, y] = points[0] ?? [0, 0];
  const around = (w: number, h: number): Point[] => [
    [x - w, y - h],
    [x + w, y + h],
  ];
  if (kind === "circle" || kind === "wedge") return around(size[0] ?? 0, size[0] ?? 0);
  if (kind === "arc") return around((size[0] ?? 0) / 2, (size[1] ?? 0) / 2);
  return points;
}

/** NFKC, blanks trimmed and joined, dollar signs of formulas dropped. */
export const normalizeText = (text: string): string =>
  text.normalize("NFKC").replaceAll("$", "").replace(/\s+/g, " ").trim();
