/** Bar and pie charts of three to five colours, and questions about them. */

import {
  type Canvas,
  type Color,
  drawLine,
  drawText,
  fillPolygon,
  fillRect,
  type Point,
} from "../../media/draw/index.ts";
import type { Image } from "../../media/types.ts";
import type { Random } from "../../nn/random.ts";
import { addGrain, createPaper, jitterColour, pickPaper } from "./paper.ts";
import type { CaptionedImage } from "./scene-captions.ts";
import type { ImageQuestion } from "./scene-questions.ts";
import { COLOUR_NAMES, COLOURS, type Colour } from "./shapes.ts";
import {
  askQuestion,
  between,
  chance,
  drawInSplit,
  integer,
  pick,
  pickSome,
  type Split,
  type Wordings,
} from "./world.ts";

export interface ChartPart {
  readonly colour: Colour;
  /** 1 to 9; no two parts of a chart are alike. */
  readonly value: number;
}

export interface Chart {
  readonly image: Image;
  readonly kind: "bar" | "pie";
  /** From left to right; of a pie clockwise from the top. */
  readonly parts: readonly ChartPart[];
  /** Whether numbers at the side tell the values of bars. */
  readonly hasScale: boolean;
}

export interface ChartOptions {
  /** Width and height in pixels (default 64). */
  readonly size?: number;
}

/** Draws a chart. Rows of colours and values are held out by their hash. */
export function makeChart(random: Random, split: Split, options: ChartOptions = {}): Chart {
  const { size = 64 } = options;
  const parts = drawInSplit("charts", split, () => drawParts(random), chartKey);
  const kind = chance(random, 0.25) ? "pie" : "bar";
  const hasScale = kind === "bar" && chance(random, 0.5);
  const { rgb, isDark } = pickPaper(random);
  const canvas = createPaper(random, rgb, size);
  const ink: Color = isDark ? [225, 225, 225] : [40, 40, 40];
  if (kind === "pie") drawPie(random, canvas, parts);
  else drawBars(random, canvas, parts, ink, hasScale);
  addGrain(random, canvas, 5);
  return { image: canvas, kind, parts, hasScale };
}

function drawParts(random: Random): ChartPart[] {
  const count = integer(random, 3, 5);
  const values = pickSome(random, [1, 2, 3, 4, 5, 6, 7, 8, 9], count);
  return pickSome(random, COLOUR_NAMES, count).map((colour, i) => ({ colour, value: values[i] }));
}

const chartKey = (parts: readonly ChartPart[]): string =>
  parts.map(({ colour, value }) => `${colour} ${value}`).join(", ");

function drawBars(
  random: Random,
  canvas: Canvas,
  parts: readonly ChartPart[],
  ink: Color,
  hasScale: boolean,
): void {
  const unit = canvas.height / 64;
  const [left, right] = [(hasScale ? 9 : between(random, 3, 8)) * unit, 61 * unit];
  const ground = between(random, 58, 61) * unit;
  const rise = hasScale ? 5.6 * unit : between(random, 4.5, 6) * unit;
  if (hasScale) {
    const faint = canvas.data.slice(0, 3).map((value, c) => value + (ink[c] - value) * 0.3);
    for (const value of [2, 4, 6, 8]) {
      const y = ground - value * rise;
      fillRect(canvas, [left, y, right, y + unit * 0.7], [faint[0], faint[1], faint[2]]);
      drawText(canvas, `${value}`, [2 * unit, y - 3.5 * unit], ink, { scale: unit });
    }
  }
  const step = (right - left) / parts.length;
  const width = step * between(random, 0.55, 0.8);
  for (const [i, { colour, value }] of parts.entries()) {
    const start = left + i * step + (step - width) / 2;
    const box = [start, ground - value * rise, start + width, ground] as const;
    fillRect(canvas, box, jitterColour(random, COLOURS[colour]));
  }
  if (!hasScale && chance(random, 0.4)) return;
  drawLine(canvas, [left, ground], [right, ground], unit, ink);
  drawLine(canvas, [left, ground], [left, ground - 9.6 * rise], unit, ink);
}

function drawPie(random: Random, canvas: Canvas, parts: readonly ChartPart[]): void {
  const total = parts.reduce((sum, { value }) => sum + value, 0);
  const radius = canvas.width * between(random, 0.3, 0.42);
  const [x, y] = [canvas.width, canvas.height].map((side) => side * between(random, 0.47, 0.53));
  const rim = (share: number): Point => [
    x + radius * Math.sin(2 * Math.PI * share),
    y - radius * Math.cos(2 * Math.PI * share),
  ];
  let before = 0;
  for (const { colour, value } of parts) {
    const share = value / total;
    const arc = Array.from({ length: 25 }, (_, i) => rim(before + (share * i) / 24));
    fillPolygon(canvas, [[x, y], ...arc], jitterColour(random, COLOURS[colour]));
    before += share;
  }
}

/** A chart and what it shows: "a bar chart of four colours, red is the largest". */
export function captionCharts(
  random: Random,
  split: Split,
  options: ChartOptions = {},
): CaptionedImage {
  const { image, kind, parts } = makeChart(random, split, options);
  const count = ["three", "four", "five"][parts.length - 3];
  const caption = `a ${kind} chart of ${count} colours, ${findLargest(parts).colour} is the largest`;
  return { image, caption, references: [caption] };
}

const WORDINGS = {
  largest: {
    train: ["which colour is the largest?", "what colour is the largest {part}?"],
    heldout: ["which {part} is the largest?"],
  },
  smallest: {
    train: ["which colour is the smallest?", "what colour is the smallest {part}?"],
    heldout: ["which {part} is the smallest?"],
  },
  count: {
    train: ["how many {part}s are there?", "how many {part}s does the chart have?"],
    heldout: ["how many {part}s are in the chart?"],
  },
  compare: {
    train: ["is {a} larger than {b}?", "is the {a} {part} larger than the {b} {part}?"],
    heldout: ["is the {a} {part} larger than the one in {b}?"],
  },
  value: {
    train: ["what is the value of {a}?", "what value does the {a} bar have?"],
    heldout: ["what is the value of the {a} bar?"],
  },
} as const satisfies Record<string, Wordings>;

const QUESTION_KINDS = Object.keys(WORDINGS) as (keyof typeof WORDINGS)[];

/** A chart, a question about it, and the answer; values are asked for where a scale tells them. */
export function askCharts(
  random: Random,
  split: Split,
  options: ChartOptions = {},
): ImageQuestion & Pick<Chart, "parts"> {
  const kind = pick(random, QUESTION_KINDS);
  let chart = makeChart(random, split, options);
  while (kind === "value" && !chart.hasScale) chart = makeChart(random, split, options);
  const { image, parts } = chart;
  const [a, b] = pickSome(random, parts, 2);
  const answers: Readonly<Record<keyof typeof WORDINGS, string>> = {
    largest: findLargest(parts).colour,
    smallest: parts.reduce((least, part) => (part.value < least.value ? part : least)).colour,
    count: `${parts.length}`,
    compare: a.value > b.value ? "yes" : "no",
    value: `${a.value}`,
  };
  const slots = { part: chart.kind === "pie" ? "slice" : "bar", a: a.colour, b: b.colour };
  return {
    ...askQuestion(random, split, kind, WORDINGS[kind], slots, answers[kind]),
    image,
    parts,
  };
}

const findLargest = (parts: readonly ChartPart[]): ChartPart =>
  parts.reduce((most, part) => (part.value > most.value ? part : most));
