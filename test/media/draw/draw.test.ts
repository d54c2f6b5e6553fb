import { describe, expect, it } from "vitest";
import {
  type Canvas,
  createCanvas,
  drawLine,
  drawText,
  fillEllipse,
  fillPolygon,
  fillRect,
  measureText,
  type Point,
  toImage,
} from "../../../src/media/draw/index.ts";

const black = [0, 0, 0] as const;
const white = [255, 255, 255] as const;

/** The red channel, row by row. */
function reds({ width, height, data }: Canvas): number[][] {
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => data[(y * width + x) * 3]!),
  );
}

/** Ink on the canvas, in pixels. */
function ink(canvas: Canvas): number {
  return reds(canvas)
    .flat()
    .reduce((sum, value) => sum + (255 - value) / 255, 0);
}

/** How 4 x 4 samples of each pixel would paint what `inside` says, worked out point by point. */
function sampled(size: number, inside: (x: number, y: number) => boolean): number[][] {
  return Array.from({ length: size }, (_, y) =>
    Array.from({ length: size }, (_, x) => {
      let covered = 0;
      for (let i = 0; i < 16; i++) {
        if (inside(x + ((i & 3) + 0.5) / 4, y + ((i >> 2) + 0.5) / 4)) covered++;
      }
      return (255 * (16 - covered) + 8) >> 4;
    }),
  );
}

describe("shapes", () => {
  it("paint whole pixels where edges lie between pixels, and shares where they do not", () => {
    const canvas = createCanvas(4, 3);
    fillRect(canvas, [1, 1, 2.5, 2], [10, 20, 30]);
    expect([...canvas.data.subarray(4 * 3, 8 * 3)]).toEqual([
      ...[255, 255, 255, 10, 20, 30, 133, 138, 143, 255, 255, 255],
    ]);
    expect(reds(canvas)[0]).toEqual([255, 255, 255, 255]);
    expect(reds(canvas)[2]).toEqual([255, 255, 255, 255]);
  });

  it("cover what 16 sample points a pixel say: ellipse, concave polygon, line", () => {
    const ellipse = createCanvas(24, 24);
    fillEllipse(ellipse, [2.3, 4.1, 21.7, 17.9], black);
    expect(reds(ellipse)).toEqual(
      sampled(24, (x, y) => ((x - 12) / 9.7) ** 2 + ((y - 11) / 6.9) ** 2 < 1),
    );

    const arrow: Point[] = [
      [3.1, 2.2],
      [20.3, 11.7],
      [3.4, 21.9],
      [9.6, 12.1],
    ];
    const polygon = createCanvas(24, 24);
    fillPolygon(polygon, arrow, black);
    const within = (x: number, y: number): boolean => {
      let odd = false;
      arrow.forEach(([x1, y1], at) => {
        const [x2, y2] = arrow[(at + 1) % arrow.length]!;
        if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) odd = !odd;
      });
      return odd;
    };
    expect(reds(polygon)).toEqual(sampled(24, within));

    const line = createCanvas(24, 24);
    drawLine(line, [5.2, 6.3], [17.4, 15.8], 3, black);
    const nearLine = (x: number, y: number): boolean => {
      const along = ((x - 5.2) * 12.2 + (y - 6.3) * 9.5) / (12.2 ** 2 + 9.5 ** 2);
      const t = Math.min(1, Math.max(0, along));
      return Math.hypot(x - 5.2 - t * 12.2, y - 6.3 - t * 9.5) < 1.5;
    };
    expect(reds(line)).toEqual(sampled(24, nearLine));
  });

  it("are cut off at the edges of the canvas", () => {
    const canvas = createCanvas(8, 8);
    fillRect(canvas, [-5, -5, 100, 100], black);
    expect(ink(canvas)).toBe(64);
    fillEllipse(canvas, [20, 20, 30, 30], white);
    drawLine(canvas, [-9, 50], [-3, 90], 4, white);
    expect(ink(canvas)).toBe(64);
  });

  it("have the area that geometry gives them", () => {
    const canvas = createCanvas(64, 64);
    fillEllipse(canvas, [4, 14, 60, 50], black);
    expect(ink(canvas)).toBeCloseTo(Math.PI * 28 * 18, -1);
    const dot = createCanvas(64, 64);
    drawLine(dot, [32, 32], [32, 32], 20, black);
    expect(ink(dot)).toBeCloseTo(Math.PI * 100, -1);
  });

  it("refuse places that are not numbers", () => {
    const canvas = createCanvas(8, 8);
    expect(() => fillRect(canvas, [0, Number.NaN, 4, 4], black)).toThrow(/not finite/);
    expect(() => createCanvas(0, 8)).toThrow(/0 x 8 cannot be made: expected two positive integ/);
    expect(() => createCanvas(1e6, 1e6)).toThrow(/at most 67108864 pixels/);
  });
});

describe("text", () => {
  it("is drawn dot by dot", () => {
    const canvas = createCanvas(11, 7);
    drawText(canvas, "Ti", [0, 0], black);
    const drawn = reds(canvas).map((row) => row.map((value) => (value === 0 ? "#" : ".")).join(""));
    expect(drawn).toEqual([
      "#####...#..",
      "..#........",
      "..#....##..",
      "..#.....#..",
      "..#.....#..",
      "..#.....#..",
      "..#....###.",
    ]);
  });

  it("has as much ink at any size as its dots say", () => {
    const small = createCanvas(60, 30);
    drawText(small, "Rgb8%", [1, 1], black);
    for (const height of [14, 17.5]) {
      const large = createCanvas(100, 30);
      drawText(large, "Rgb8%", [1, 1], black, { height });
      // Half-covered pixels are rounded to 8 bits, all the same way.
      expect(Math.abs(ink(large) - ink(small) * (height / 7) ** 2)).toBeLessThan(1);
    }
    expect(measureText("Rgb8%", { height: 14 })).toEqual({ width: 58, height: 14 });
    expect(measureText("")).toEqual({ width: 0, height: 7 });
  });

  it("has a picture of its own for every printable character", () => {
    const pictures = new Set<string>();
    for (let code = 32; code < 127; code++) {
      const canvas = createCanvas(5, 7);
      drawText(canvas, String.fromCharCode(code), [0, 0], black);
      pictures.add(canvas.data.join());
    }
    expect(pictures.size).toBe(95);
  });

  it("refuses what the font does not have", () => {
    const canvas = createCanvas(8, 8);
    expect(() => drawText(canvas, "aé", [0, 0], black)).toThrow(
      '"é" at 1 of "aé" cannot be drawn: the font has printable ASCII',
    );
  });
});

it("an image does not change when its canvas is drawn on", () => {
  const canvas = createCanvas(2, 2);
  const image = toImage(canvas);
  fillRect(canvas, [0, 0, 2, 2], black);
  expect([...image.data]).toEqual(new Array(12).fill(255));
});
