/** Line, point and bar charts as SVG text: readable on light and dark pages, no script, no font. */

import { createScale, type Scale } from "./scale.ts";
import { escapeXml, svg as svgOf, text } from "./svg.ts";

export interface Series {
  readonly label: string;
  /** In the order in which a line joins them; points that are not finite break it. */
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Low and high of a band around each point, e.g. a confidence interval. */
  readonly band?: readonly (readonly [low: number, high: number])[];
  /** Default "line". */
  readonly kind?: "line" | "points";
}

export interface LineChart {
  readonly title: string;
  readonly x: { readonly label: string; readonly kind?: "linear" | "log" };
  readonly y: {
    readonly label: string;
    readonly kind?: "linear" | "log";
    readonly include?: readonly number[];
  };
  readonly series: readonly Series[];
  readonly width?: number;
  readonly height?: number;
}

export interface BarChart {
  readonly title: string;
  readonly y: { readonly label: string };
  readonly bars: readonly {
    readonly label: string;
    readonly value: number;
    /** Low and high of an error bar. */
    readonly interval?: readonly [low: number, high: number];
    /** Drawn as dots over the bar, e.g. one a seed. */
    readonly points?: readonly number[];
  }[];
  readonly width?: number;
  readonly height?: number;
}

/** Okabe and Ito's colours, which colour-blind readers tell apart. */
const COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a6d00"];
const colorOf = (i: number): string => COLORS[i % COLORS.length];

const MARGIN = { left: 62, right: 16, top: 34, bottom: 46 };

interface Frame {
  readonly width: number;
  readonly height: number;
  /** Pixel of a share of the x axis, and of the y axis (from the bottom). */
  readonly px: (share: number) => string;
  readonly py: (share: number) => string;
}

function createFrame(width: number, height: number): Frame {
  const [w, h] = [width - MARGIN.left - MARGIN.right, height - MARGIN.top - MARGIN.bottom];
  return {
    width,
    height,
    px: (share) => (MARGIN.left + share * w).toFixed(1),
    py: (share) => (MARGIN.top + (1 - share) * h).toFixed(1),
  };
}

/**
 * @example
 * const svg = lineChart({
 *   title: "Loss", x: { label: "step" }, y: { label: "nats" },
 *   series: [{ label: "run 1", points: [[0, 3], [100, 2]] }],
 * });
 */
export function lineChart({ title, x, y, series, width = 640, height = 360 }: LineChart): string {
  const frame = createFrame(width, height);
  const points = series.flatMap((s) => s.points);
  const heights = [...points.map((p) => p[1]), ...series.flatMap((s) => (s.band ?? []).flat())];
  const xs = createScale(
    points.map((p) => p[0]),
    { kind: x.kind },
  );
  const ys = createScale(heights, { kind: y.kind, include: y.include });
  const at = ([a, b]: readonly [number, number]): string =>
    `${frame.px(xs.at(a))},${frame.py(ys.at(b))}`;
  const drawn = series.map(({ points: all, band, kind = "line" }, i) => {
    const color = colorOf(i);
    const area = band && bandArea(all, band, at, color);
    const marks =
      kind === "points"
        ? all.filter(isFinitePoint).map((p) => dot(at(p), color))
        : runsOf(all).map((run) =>
            run.length === 1
              ? dot(at(run[0]), color)
              : `<polyline points="${run.map(at).join(" ")}" fill="none" stroke="${color}" stroke-width="1.8"/>`,
          );
    return [area ?? "", ...marks].join("");
  });
  const ticks = xs.ticks
    .map((t) => text(frame.px(xs.at(t)), height - MARGIN.bottom + 16, xs.label(t), "middle"))
    .join("");
  const axes = yAxis(frame, ys, y.label) + ticks + xLabel(frame, x.label);
  return svg(
    frame,
    title,
    axes +
      drawn.join("") +
      legend(
        frame,
        series.map((s) => s.label),
      ),
  );
}

/** @example const svg = barChart({ title: "Accuracy", y: { label: "%" }, bars: [{ label: "a", value: 3 }] }); */
export function barChart({ title, y, bars, width = 640, height = 360 }: BarChart): string {
  const frame = createFrame(width, height);
  const values = bars.flatMap((b) => [b.value, ...(b.interval ?? []), ...(b.points ?? [])]);
  const ys = createScale(values, { include: [0] });
  const slot = 1 / Math.max(1, bars.length);
  const drawn = bars.map(({ label, value, interval, points = [] }, i) => {
    const [left, right] = [frame.px((i + 0.2) * slot), frame.px((i + 0.8) * slot)];
    const middle = frame.px((i + 0.5) * slot);
    const [zero, top] = [Number(frame.py(ys.at(0))), Number(frame.py(ys.at(value)))];
    const box =
      `<rect x="${left}" y="${Math.min(zero, top)}" width="${(Number(right) - Number(left)).toFixed(1)}" ` +
      `height="${Math.abs(zero - top).toFixed(1)}" fill="${colorOf(i)}" fill-opacity="0.75"/>`;
    const error = interval
      ? `<path d="M${middle} ${frame.py(ys.at(interval[0]))}V${frame.py(ys.at(interval[1]))}" class="ink"/>`
      : "";
    const dots = points.map(
      (p) => `<circle cx="${middle}" cy="${frame.py(ys.at(p))}" r="2.5" class="dot"/>`,
    );
    return box + error + dots.join("") + text(middle, height - MARGIN.bottom + 16, label, "middle");
  });
  return svg(frame, title, yAxis(frame, ys, y.label) + drawn.join(""));
}

const isFinitePoint = ([x, y]: readonly [number, number]): boolean =>
  Number.isFinite(x) && Number.isFinite(y);

/** Stretches of finite points. */
function runsOf(points: Series["points"]): (readonly [number, number])[][] {
  const runs: (readonly [number, number])[][] = [[]];
  for (const point of points) {
    if (isFinitePoint(point)) runs[runs.length - 1].push(point);
    else if (runs[runs.length - 1].length > 0) runs.push([]);
  }
  return runs.filter((run) => run.length > 0);
}

function bandArea(
  points: Series["points"],
  band: NonNullable<Series["band"]>,
  at: (point: readonly [number, number]) => string,
  color: string,
): string {
  const rows = points.map(([x], i) => [x, ...band[i]]).filter((row) => row.every(Number.isFinite));
  const upper = rows.map(([x, , high]) => at([x, high]));
  const lower = rows.map(([x, low]) => at([x, low])).reverse();
  return `<polygon points="${[...upper, ...lower].join(" ")}" fill="${color}" fill-opacity="0.15"/>`;
}

function dot(at: string, color: string): string {
  const [x, y] = at.split(",");
  return `<circle cx="${x}" cy="${y}" r="3" fill="${color}"/>`;
}

function yAxis(frame: Frame, scale: Scale, label: string): string {
  const [left, right] = [frame.px(0), frame.px(1)];
  const lines = scale.ticks.map((tick) => {
    const y = frame.py(scale.at(tick));
    const grid = `<path d="M${left} ${y}H${right}" class="grid"/>`;
    return grid + text(MARGIN.left - 8, Number(y) + 4, scale.label(tick), "end");
  });
  const middle = frame.height / 2;
  const turned = `<text transform="translate(11 ${middle}) rotate(-90)" text-anchor="middle">${escapeXml(label)}</text>`;
  return lines.join("") + turned;
}

const xLabel = (frame: Frame, label: string): string =>
  text((MARGIN.left + frame.width - MARGIN.right) / 2, frame.height - 8, label, "middle");

function legend(frame: Frame, labels: readonly string[]): string {
  if (labels.length < 2) return "";
  return labels
    .map((label, i) => {
      const [x, y] = [frame.width - MARGIN.right - 8, MARGIN.top + 14 + 16 * i];
      const mark = `<rect x="${x}" y="${y - 8}" width="8" height="8" fill="${colorOf(i)}"/>`;
      return mark + text(x - 5, y, label, "end");
    })
    .join("");
}

const svg = ({ width, height }: Frame, title: string, content: string): string =>
  svgOf({ width, height, left: MARGIN.left, title }, content);
