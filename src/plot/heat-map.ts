/** A table of numbers as coloured cells, e.g. one a layer and head. */

import { createScale } from "./scale.ts";
import { escapeXml, svg, text } from "./svg.ts";

export interface HeatMap {
  readonly title: string;
  /** What columns and rows are; each is numbered from 0. */
  readonly x: { readonly label: string };
  readonly y: { readonly label: string };
  /** The first row is drawn at the top. Rows may differ in length; what is not finite stays open. */
  readonly rows: readonly (readonly number[])[];
  /** Values of the first and the last colour (default: the range of what is shown). */
  readonly range?: readonly [low: number, high: number];
}

/** From little to much, of growing darkness: tells values apart without colour, too. */
const STOPS: readonly (readonly [red: number, green: number, blue: number])[] = [
  [255, 247, 214],
  [247, 181, 92],
  [217, 86, 58],
  [139, 28, 98],
  [42, 10, 79],
];

/** @param share from 0 to 1; what lies outside takes the nearest colour */
function colorAt(share: number): string {
  const at = Math.min(1, Math.max(0, share)) * (STOPS.length - 1);
  const i = Math.min(STOPS.length - 2, Math.floor(at));
  const [from, to] = [STOPS[i], STOPS[i + 1]];
  const mixed = from.map((channel, j) => Math.round(channel + (at - i) * (to[j] - channel)));
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}

const MARGIN = { left: 62, right: 78, top: 34, bottom: 46 };
const BAR = { width: 12, gap: 18, steps: 40 };

/**
 * @example
 * const svg = heatMap({
 *   title: "Attention", x: { label: "head" }, y: { label: "layer" },
 *   rows: [[0.1, 0.5], [0.9, 0.2]], range: [0, 1],
 * });
 */
export function heatMap({ title, x, y, rows, range }: HeatMap): string {
  const columns = rows.reduce((most, row) => Math.max(most, row.length), 1);
  const cell = Math.min(28, Math.max(6, Math.floor(440 / Math.max(columns, rows.length))));
  // Wide enough for its title, high enough for the labels of its bar.
  const [wide, high] = [Math.max(260, columns * cell), Math.max(80, rows.length * cell)];
  const width = MARGIN.left + wide + MARGIN.right;
  const height = MARGIN.top + high + MARGIN.bottom;
  const scale = createScale(range ?? rows.flat());
  const [low, top] = range ?? [scale.low, scale.high];
  const shareOf = (value: number): number => (top > low ? (value - low) / (top - low) : 0.5);
  const cells = rows.flatMap((row, i) =>
    row.map((value, j) => {
      if (!Number.isFinite(value)) return "";
      const hint = escapeXml(`${y.label} ${i}, ${x.label} ${j}: ${Number(value.toPrecision(3))}`);
      return (
        `<rect x="${MARGIN.left + j * cell}" y="${MARGIN.top + i * cell}" width="${cell}" ` +
        `height="${cell}" fill="${colorAt(shareOf(value))}"><title>${hint}</title></rect>`
      );
    }),
  );
  const foot = MARGIN.top + rows.length * cell;
  const numbers = [
    ...numbered(columns, cell).map((j) =>
      text(MARGIN.left + (j + 0.5) * cell, foot + 14, String(j), "middle"),
    ),
    ...numbered(rows.length, cell).map((i) =>
      text(MARGIN.left - 6, MARGIN.top + (i + 0.5) * cell + 4, String(i), "end"),
    ),
  ];
  const middle = MARGIN.top + (rows.length * cell) / 2;
  const labels = [
    text(MARGIN.left + (columns * cell) / 2, foot + 32, x.label, "middle"),
    `<text transform="translate(20 ${middle}) rotate(-90)" text-anchor="middle">${escapeXml(y.label)}</text>`,
  ];
  const bar = colorBar(width - MARGIN.right + BAR.gap, high);
  const ticks = scale.ticks
    .filter((tick) => tick >= low && tick <= top)
    .map((tick) => {
      const place = MARGIN.top + (1 - shareOf(tick)) * high;
      return text(
        width - MARGIN.right + BAR.gap + BAR.width + 5,
        place + 4,
        scale.label(tick),
        "start",
      );
    });
  const all = [...cells, ...numbers, ...labels, bar, ...ticks];
  return svg({ width, height, left: MARGIN.left, title }, all.join(""));
}

/** Which of `count` cells get a number: as many as fit beside each other. */
function numbered(count: number, cell: number): number[] {
  const step = [1, 2, 4, 8, 16, 32, 64].find((every) => every * cell >= 20) ?? 64;
  return Array.from({ length: Math.ceil(count / step) }, (_, i) => i * step);
}

/** The colours from the last one at the top to the first. */
function colorBar(left: number, high: number): string {
  const height = high / BAR.steps;
  return Array.from({ length: BAR.steps }, (_, i) => {
    const color = colorAt(1 - i / (BAR.steps - 1));
    const place = (MARGIN.top + i * height).toFixed(2);
    return `<rect x="${left}" y="${place}" width="${BAR.width}" height="${(height + 0.3).toFixed(2)}" fill="${color}"/>`;
  }).join("");
}
