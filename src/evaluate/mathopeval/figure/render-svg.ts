/** Figures as SVG text: what people and models with eyes are shown. */

import { escapeXml } from "../../../plot/svg.ts";
import {
  type Axes,
  extentOf,
  type Figure,
  type FigureElement,
  type Point,
  type Tick,
} from "./figure.ts";

const WIDTH = 480;
const HEIGHT = 360;
const MARGIN = { left: 56, right: 16, top: 32, bottom: 44 };
const TICKS = 5;

/** @example await writeFile("figure.svg", renderSvg(figure)); */
export function renderSvg({ axes }: Figure): string {
  const all = axes.map(
    (each, i) => `<g transform="translate(${i * WIDTH} 0)">${drawAxes(each, i)}</g>`,
  );
  const width = WIDTH * Math.max(1, axes.length);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${HEIGHT}" font-family="sans-serif" font-size="11">` +
    `<rect width="${width}" height="${HEIGHT}" fill="#fff"/>${all.join("")}</svg>\n`
  );
}

function drawAxes(axes: Axes, index: number): string {
  const [left, bottom, right, top] = extentOf(axes);
  const [w, h] = [WIDTH - MARGIN.left - MARGIN.right, HEIGHT - MARGIN.top - MARGIN.bottom];
  let [kx, ky] = [w / (right - left || 1), h / (top - bottom || 1)];
  if (axes.isEqual) kx = ky = Math.min(kx, ky);
  // Centred, where equal scales leave space.
  const [dx, dy] = [(w - kx * (right - left)) / 2, (h - ky * (top - bottom)) / 2];
  const at = ([x, y]: Point): Point => [
    MARGIN.left + dx + (x - left) * kx,
    MARGIN.top + dy + (top - y) * ky,
  ];
  const isPie = axes.elements.some(({ kind }) => kind === "wedge");
  const hasFrame = !axes.isHidden && !isPie;
  const clip = `clip-${index}`;
  const across: Across = { x: [left, right], y: [bottom, top] };
  return [
    `<clipPath id="${clip}"><rect x="${MARGIN.left}" y="${MARGIN.top}" width="${w}" height="${h}"/></clipPath>`,
    hasFrame ? frame(axes, at, across) : "",
    `<g${isPie ? "" : ` clip-path="url(#${clip})"`}>${axes.elements.map((e) => drawElement(e, at, [kx, ky], across)).join("")}</g>`,
    write([MARGIN.left + w / 2, 18], axes.title, "middle", 'font-size="13"'),
    write([MARGIN.left + w / 2, HEIGHT - 8], axes.xlabel, "middle"),
    write(
      [14, MARGIN.top + h / 2],
      axes.ylabel,
      "middle",
      `transform="rotate(-90 14 ${MARGIN.top + h / 2})"`,
    ),
    axes.hasLegend ? legend(axes.elements) : "",
  ].join("");
}

interface Across {
  readonly x: Point;
  readonly y: Point;
}
type Place = (point: Point) => Point;

const round = (v: number): string => String(Math.round(v * 100) / 100);
const path = (points: readonly Point[], at: Place): string =>
  points
    .map(at)
    .map(([x, y]) => `${round(x)},${round(y)}`)
    .join(" ");

const write = ([x, y]: Point, text: string, anchor: string, more = "", color = "#222"): string =>
  text === ""
    ? ""
    : `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="${color}" ${more}>${escapeXml(text)}</text>`;

function frame(axes: Axes, at: Place, { x, y }: Across): string {
  const [x0, y0] = at([x[0], y[0]]);
  const [x1, y1] = at([x[1], y[1]]);
  const visible = (ticks: readonly Tick[] | undefined, [low, high]: Point): readonly Tick[] =>
    (ticks ?? roundTicks(low, high)).filter((tick) => tick.at >= low && tick.at <= high);
  const below = visible(axes.xticks, x).map((tick) => {
    const [px] = at([tick.at, y[0]]);
    const grid = axes.hasGrid
      ? `<line x1="${round(px)}" y1="${round(y0)}" x2="${round(px)}" y2="${round(y1)}" stroke="#ddd"/>`
      : "";
    return grid + write([px, y0 + 14], tick.label, "middle");
  });
  const beside = visible(axes.yticks, y).map((tick) => {
    const [, py] = at([x[0], tick.at]);
    const grid = axes.hasGrid
      ? `<line x1="${round(x0)}" y1="${round(py)}" x2="${round(x1)}" y2="${round(py)}" stroke="#ddd"/>`
      : "";
    return grid + write([x0 - 5, py + 4], tick.label, "end");
  });
  const box = `<rect x="${round(x0)}" y="${round(y1)}" width="${round(x1 - x0)}" height="${round(y0 - y1)}" fill="none" stroke="#888"/>`;
  return below.join("") + beside.join("") + box;
}

/** Steps of 1, 2 or 5 times a power of ten. */
function roundTicks(low: number, high: number): Tick[] {
  const power = 10 ** Math.floor(Math.log10((high - low) / TICKS || 1));
  const step = ([1, 2, 5].find((f) => f * power >= (high - low) / TICKS) ?? 10) * power;
  const first = Math.ceil(low / step);
  return Array.from(
    { length: Math.min(2 * TICKS, Math.floor(high / step) - first + 1) },
    (_, i) => {
      const at = (first + i) * step;
      return { at, label: String(Number(at.toPrecision(6))) };
    },
  );
}

const dashes: Readonly<Record<string, string>> = {
  dashed: "6 4",
  dotted: "2 3",
  dashdot: "6 3 2 3",
};

function drawElement(e: FigureElement, at: Place, [kx, ky]: Point, across: Across): string {
  const [style = "", way] = e.style.split(" ");
  const dash = dashes[style] ? ` stroke-dasharray="${dashes[style]}"` : "";
  const pen = `stroke="${e.color}" stroke-width="1.5"${dash}`;
  const paint = style === "filled" ? `fill="${e.color}"` : `fill="none" ${pen}`;
  const [center = [0, 0] as const] = e.points;
  const [cx, cy] = at(center).map(round);
  const [r = 0] = e.size ?? [];
  switch (e.kind) {
    case "line": {
      const [[x, y] = [0, 0]] = e.points;
      const points: readonly Point[] =
        way === "across"
          ? across.x.map((v) => [v, y])
          : way === "upward"
            ? across.y.map((v) => [x, v])
            : e.points;
      return `<polyline points="${path(points, at)}" fill="none" ${pen}/>`;
    }
    case "bar": {
      const [[x0, y0], [x1, y1]] = [at(e.points[0]!), at(e.points[1]!)];
      return `<rect x="${round(Math.min(x0, x1))}" y="${round(Math.min(y0, y1))}" width="${round(Math.abs(x1 - x0))}" height="${round(Math.abs(y1 - y0))}" fill="${e.color}"/>`;
    }
    case "marker":
      return `<circle cx="${cx}" cy="${cy}" r="3.5" fill="${e.color}"/>`;
    case "circle":
      return `<ellipse cx="${cx}" cy="${cy}" rx="${round(r * kx)}" ry="${round(r * ky)}" ${paint}/>`;
    case "arc":
    case "wedge": {
      const isWedge = e.kind === "wedge";
      const [rx, ry] = isWedge ? [r, r] : [r / 2, (e.size?.[1] ?? 0) / 2];
      const [from = 0, to = 360] = e.size?.slice(isWedge ? 1 : 2) ?? [];
      const steps = Math.min(360, Math.max(2, Math.ceil(Math.abs(to - from) / 3)));
      const points = Array.from({ length: steps + 1 }, (_, i): Point => {
        const angle = ((from + ((to - from) * i) / steps) * Math.PI) / 180;
        return [center[0] + rx * Math.cos(angle), center[1] + ry * Math.sin(angle)];
      });
      if (!isWedge) return `<polyline points="${path(points, at)}" fill="none" ${pen}/>`;
      const middle = (((from + to) / 2) * Math.PI) / 180;
      const beside = at([
        center[0] + 1.12 * r * Math.cos(middle),
        center[1] + 1.12 * r * Math.sin(middle),
      ]);
      const anchor = Math.cos(middle) < 0 ? "end" : "start";
      return `<polygon points="${path([center, ...points], at)}" fill="${e.color}" stroke="#fff"/>${write(beside, e.label, anchor)}`;
    }
    case "polygon":
      return `<polygon points="${path(e.points, at)}" ${paint}/>`;
    case "fill":
      return `<polygon points="${path(e.points, at)}" fill="${e.color}" fill-opacity="0.4"/>`;
    case "arrow": {
      const [[x0, y0], [x1, y1]] = [at(e.points[0]!), at(e.points[1]!)];
      const angle = Math.atan2(y1 - y0, x1 - x0);
      const wing = (turn: number): string =>
        `${round(x1 - 8 * Math.cos(angle + turn))},${round(y1 - 8 * Math.sin(angle + turn))}`;
      return `<polyline points="${round(x0)},${round(y0)} ${round(x1)},${round(y1)} ${wing(0.4)} ${wing(-0.4)} ${round(x1)},${round(y1)}" fill="${e.color}" ${pen}/>`;
    }
    case "text":
      return write(at(center), e.label, "start", "", e.color);
  }
}

function legend(elements: readonly FigureElement[]): string {
  const named = new Map(
    elements.filter(({ kind, label }) => label && kind !== "text").map((e) => [e.label, e]),
  );
  return [...named.values()]
    .slice(0, 12)
    .map(({ label, color }, i) => {
      const y = MARGIN.top + 14 + 15 * i;
      const x = WIDTH - MARGIN.right - 16;
      return `<rect x="${x}" y="${y - 8}" width="10" height="8" fill="${color}"/>${write([x - 4, y], label, "end")}`;
    })
    .join("");
}
