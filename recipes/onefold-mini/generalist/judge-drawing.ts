/** Whether a drawing on white shows what its caption says. */

import { type Color, createCanvas } from "../../../src/media/draw/index.ts";
import type { Image } from "../../../src/media/types.ts";
import {
  COLOURS,
  type Colour,
  drawFigure,
  SHAPES,
  type Shape,
} from "../../../src/task/worlds/shapes.ts";

interface Named {
  readonly colour: Colour;
  readonly shape: Shape;
}

/** What a caption of `drawingScenes` names, and where it says that it is. */
interface Claim {
  readonly objects: readonly Named[];
  /** Of one object: its place. Of two: how the first lies to the second. */
  readonly where: string;
}

/** Pixels of the least object that counts as one. */
const LEAST = 4;

export interface Judgement {
  /** Each colour named is there, where the caption says, and little of any other. */
  readonly isPlaced: boolean;
  /** And of all shapes the one named fits each best. */
  readonly isRight: boolean;
}

/**
 * @example
 * judgeDrawing(image, "a small red star at the bottom right")
 */
export function judgeDrawing(image: Image, caption: string): Judgement {
  const { objects, where } = readCaption(caption);
  const painted = paintedPixels(image);
  const own = objects.map(({ colour }) => painted.get(colour) ?? []);
  const [first, second] = objects;
  const blobs = (
    second?.colour === first.colour ? splitAt(own[0], where === "left" ? "x" : "y") : own
  ).map((pixels) => ({ pixels, x: middle(pixels, "x"), y: middle(pixels, "y") }));
  // "b below a" names first what lies further.
  if (second?.colour === first.colour && where === "below") blobs.reverse();
  const all = [...painted.values()].reduce((sum, pixels) => sum + pixels.length, 0);
  const named = blobs.reduce((sum, { pixels }) => sum + pixels.length, 0);
  const isPlaced =
    blobs.every(({ pixels }) => pixels.length >= LEAST) &&
    all - named <= named / 2 &&
    isWhere(blobs, where);
  const isShape = (i: number): boolean => shapeOf(blobs[i].pixels, image) === objects[i].shape;
  return { isPlaced, isRight: isPlaced && objects.every((_, i) => isShape(i)) };
}

function readCaption(caption: string): Claim {
  const colours = Object.keys(COLOURS).join("|");
  const found = [...caption.matchAll(new RegExp(`(${colours}) (${SHAPES.join("|")})`, "g"))];
  const objects = found.map(([, colour, shape]) => ({ colour, shape }) as Named); // as the pattern says
  if (objects.length === 1) {
    return { objects, where: caption.replace(/^.* (?:at|in) the /, "") };
  }
  const where = ["above", "below", "left"].find((word) => caption.split(" ").includes(word));
  if (objects.length !== 2 || where === undefined) {
    throw new Error(`judgeDrawing: "${caption}" is no caption of drawingScenes`);
  }
  return { objects, where };
}

/** A pixel's middle, as shares of the picture. */
interface Place {
  readonly x: number;
  readonly y: number;
}

/**
 * Pixels that a colour covers by a half or more, by colour: a pixel on an edge is a mixture of the
 * colour and white.
 */
function paintedPixels({ data, width, height }: Image): Map<Colour, Place[]> {
  const painted = new Map<Colour, Place[]>();
  for (let pixel = 0; pixel < width * height; pixel++) {
    const ink = [0, 1, 2].map((c) => 255 - data[3 * pixel + c]);
    let best: { colour: Colour; cover: number; rest: number } | undefined;
    for (const [colour, rgb] of Object.entries(COLOURS) as [Colour, Color][]) {
      const full = rgb.map((value) => 255 - value);
      const along = full.reduce((sum, value, c) => sum + value * ink[c], 0);
      const cover = Math.min(1, along / full.reduce((sum, value) => sum + value * value, 0));
      const rest = full.reduce((sum, value, c) => sum + (ink[c] - cover * value) ** 2, 0);
      if (best === undefined || rest < best.rest) best = { colour, cover, rest };
    }
    if (best === undefined || best.cover < 0.5) continue;
    const place = {
      x: ((pixel % width) + 0.5) / width,
      y: (Math.floor(pixel / width) + 0.5) / height,
    };
    painted.set(best.colour, [...(painted.get(best.colour) ?? []), place]);
  }
  return painted;
}

interface Blob extends Place {
  readonly pixels: readonly Place[];
}

const middle = (pixels: readonly Place[], axis: "x" | "y"): number =>
  pixels.reduce((sum, place) => sum + place[axis], 0) / pixels.length;

/** Two objects of one colour: cut where the widest gap between them is. */
function splitAt(pixels: readonly Place[], axis: "x" | "y"): Place[][] {
  const sorted = pixels.toSorted((a, b) => a[axis] - b[axis]);
  const gaps = sorted.slice(1).map((place, i) => place[axis] - sorted[i][axis]);
  const cut = 1 + gaps.indexOf(Math.max(...gaps));
  return [sorted.slice(0, cut), sorted.slice(cut)];
}

/** Two objects are a third of the picture apart or more; half of that counts. */
const APART = 1 / 6;

function isWhere([a, b]: readonly Blob[], where: string): boolean {
  if (b === undefined) {
    const cell = (share: number): number => Math.min(2, Math.floor(share * 3));
    const name = [["top", "", "bottom"][cell(a.y)], ["left", "", "right"][cell(a.x)]].filter(
      Boolean,
    );
    return (name.join(" ") || "middle") === where;
  }
  if (where === "left") return b.x - a.x > APART;
  return where === "above" ? b.y - a.y > APART : a.y - b.y > APART;
}

/** How shapes are turned, and their radius beside half a blob's side. */
const ANGLES = [-0.2, -0.1, 0, 0.1, 0.2];
const SCALES = [0.85, 1, 1.15];

/** The shape that overlaps most with a blob, drawn as large as it is. */
function shapeOf(pixels: readonly Place[], { width, height }: Image): Shape {
  const columns = pixels.map(({ x }) => Math.floor(x * width));
  const rows = pixels.map(({ y }) => Math.floor(y * height));
  const [left, right] = [Math.min(...columns), Math.max(...columns) + 1];
  const [top, bottom] = [Math.min(...rows), Math.max(...rows) + 1];
  const own = new Set(pixels.map((_, i) => rows[i] * width + columns[i]));
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  const half = (right - left + bottom - top) / 4;
  const overlap = (shape: Shape, radius: number, angle: number): number => {
    const canvas = createCanvas(width, height, [0, 0, 0]);
    drawFigure(canvas, { shape, rgb: [255, 255, 255], x, y, radius, angle });
    let [both, either] = [0, own.size];
    for (let pixel = 0; pixel < width * height; pixel++) {
      if (canvas.data[3 * pixel] < 128) continue;
      if (own.has(pixel)) both++;
      else either++;
    }
    return both / either;
  };
  const best = SHAPES.map((shape) =>
    Math.max(...SCALES.flatMap((s) => ANGLES.map((angle) => overlap(shape, half * s, angle)))),
  );
  return SHAPES[best.indexOf(Math.max(...best))];
}
