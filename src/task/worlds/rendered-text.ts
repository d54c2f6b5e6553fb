/** Images of printed words and numbers, and the text in them. */

import {
  type Canvas,
  type Color,
  createCanvas,
  drawText,
  measureText,
} from "../../media/draw/index.ts";
import type { Image } from "../../media/types.ts";
import type { Random } from "../../nn/random.ts";
import { addGrain, createPaper, jitterColour, pickPaper } from "./paper.ts";
import { COLOUR_NAMES, COLOURS } from "./shapes.ts";
import { between, chance, drawInSplit, integer, pick, type Split } from "./world.ts";

export interface ReadableImage {
  readonly image: Image;
  /** In lower case; lines are separated by a space. */
  readonly text: string;
  readonly characters: readonly PlacedCharacter[];
}

/** A character in lower case, and the pixel its middle is at. */
export interface PlacedCharacter {
  readonly character: string;
  readonly x: number;
  readonly y: number;
}

export interface RenderedTextOptions {
  /** Width and height in pixels (default 64). */
  readonly size?: number;
  /** Characters a line at most (default 8). */
  readonly most?: number;
}

const WORDS = (
  "air apple arm art baby back ball bank bed bird blue boat body book box boy bread bus cake car " +
  "cat chair city class clock cloud coat cold cup day desk dog door duck ear east egg exit eye " +
  "face farm fire fish floor food foot game gate girl glass gold grass green hand hat head hill " +
  "home horse hot hotel house ice jam key king lake lamp leaf left lemon light lion menu milk " +
  "moon mouse music name nest nice night nine north nose ocean one open orange paper park pen " +
  "piano plane plant pool queen quiz radio rain red ring river road room rose sale salt sand " +
  "school sea seven shop silver six sky snow sold south spoon star stone stop street sugar sun " +
  "table taxi tea ten three ticket time tower town train tree two uncle up van view wait wall " +
  "water west wind window winter wolf wood year yellow yes zebra zero zone"
).split(" ");

/**
 * One or two lines of printed text: words, numbers, and letters at random, in many sizes and
 * colours, slightly turned. Texts are held out by their hash.
 */
export function readText(
  random: Random,
  split: Split,
  options: RenderedTextOptions = {},
): ReadableImage {
  const { size = 64, most = 8 } = options;
  const draw = () =>
    Array.from({ length: chance(random, 0.3) ? 2 : 1 }, () => drawLine(random, most));
  const lines = drawInSplit("text", split, draw, (drawn) => drawn.join(" "));
  const { rgb, isDark } = pickPaper(random);
  const image = createPaper(random, rgb, size);
  const longest = Math.max(...lines.map((line) => line.length));
  // The most that fits with a margin for turning; from there down to dots of one pixel.
  const fitting = Math.min((size * 0.9) / (6 * longest - 1), (size * 0.8) / (9 * lines.length));
  const scale = between(random, Math.min(1, fitting), Math.min(fitting, size / 16));
  const isCapital = chance(random, 0.25);
  const mask = createCanvas(size, size, [0, 0, 0]);
  const height = 9 * scale * lines.length;
  const width = measureText("x".repeat(longest), { scale }).width;
  const left = Math.max(1, between(random, 2, size - 2 - width));
  const top = Math.max(1, between(random, 3, size - 2 - height));
  for (const [i, line] of lines.entries()) {
    const at = [left, top + 9 * scale * i] as const;
    drawText(mask, isCapital ? line.toUpperCase() : line, at, [255, 0, 0], { scale });
  }
  const angle = chance(random, 0.5) ? between(random, -0.1, 0.1) : 0;
  stampTurned(image, mask, angle, pickInk(random, isDark));
  addGrain(random, image);
  const characters = lines.flatMap((line, i) =>
    [...line].map((character, k) => {
      const middle = [left + scale * (6 * k + 2.5), top + scale * (9 * i + 3.5)] as const;
      const [x, y] = turned(middle, size, angle);
      return { character, x, y };
    }),
  );
  return { image, text: lines.join(" "), characters };
}

function drawLine(random: Random, most: number): string {
  const kind = random.uniform();
  if (kind < 0.45)
    return pick(
      random,
      WORDS.filter((word) => word.length <= most),
    );
  const symbols = kind < 0.75 ? "0123456789" : "abcdefghijklmnopqrstuvwxyz";
  return Array.from({ length: integer(random, 1, most) }, () => pick(random, [...symbols])).join(
    "",
  );
}

/** Where `stampTurned` puts a point of the mask. */
function turned([x, y]: readonly [number, number], size: number, angle: number): [number, number] {
  const middle = (size - 1) / 2;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [dx, dy] = [x - middle, y - middle];
  return [middle + dx * cos - dy * sin, middle + dx * sin + dy * cos];
}

/** A tone far from the paper's, or a colour. */
function pickInk(random: Random, isDark: boolean): Color {
  if (!chance(random, 0.5))
    return jitterColour(random, isDark ? [235, 235, 235] : [25, 25, 25], 20);
  // Pale colours are hard to see on white, as dark ones are on black.
  const unclear = isDark ? ["blue", "purple"] : ["yellow", "pink", "cyan"];
  const name = pick(
    random,
    COLOUR_NAMES.filter((colour) => !unclear.includes(colour)),
  );
  return jitterColour(random, COLOURS[name]);
}

/** Puts ink where the mask's red channel is, turned around the middle, between pixels bilinearly. */
function stampTurned(image: Canvas, mask: Canvas, angle: number, ink: Color): void {
  const { width, height, data } = image;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const middle = (width - 1) / 2;
  const last = width - 2;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const x = middle + (column - middle) * cos + (row - middle) * sin;
      const y = middle + (row - middle) * cos - (column - middle) * sin;
      const [left, top] = [Math.floor(x), Math.floor(y)];
      if (left < 0 || top < 0 || left > last || top > last) continue;
      const at = (top * width + left) * 3;
      const [right, down] = [x - left, y - top];
      const upper = mask.data[at] * (1 - right) + mask.data[at + 3] * right;
      const below = at + width * 3;
      const lower = mask.data[below] * (1 - right) + mask.data[below + 3] * right;
      const cover = (upper * (1 - down) + lower * down) / 255;
      if (cover === 0) continue;
      const to = (row * width + column) * 3;
      for (let c = 0; c < 3; c++) data[to + c] += cover * (ink[c] - data[to + c]);
    }
  }
}
