import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  binsToBox,
  boxToBins,
  clipBox,
  fitWithin,
  iou,
  scaleBox,
} from "../../../src/media/index.ts";

describe("bins", () => {
  it("follow OFA's rule: round(coordinate / size * 999)", () => {
    expect(boxToBins([0, 128, 256, 512], { size: 512 })).toEqual([0, 250, 500, 999]);
    expect(boxToBins([10.4, 20.6, 300, 411.7], { size: 512 })).toEqual([20, 40, 585, 803]);
  });

  it("may be shares of each side", () => {
    expect(boxToBins([50, 50, 100, 100], { size: [100, 200], bins: 101 })).toEqual([
      50, 25, 100, 50,
    ]);
  });

  it("halves go to the even bin, as in torch", () => {
    expect(boxToBins([0.5, 1.5, 2.5, 3.5], { size: 10, bins: 11 })).toEqual([0, 2, 2, 4]);
  });

  it("hold what lies outside at the edge", () => {
    expect(boxToBins([-3, 0, 600, 512], { size: 512 })).toEqual([0, 0, 999, 999]);
  });

  it("come back within half a bin", () => {
    const side = fc.double({ min: 0, max: 512, noNaN: true });
    fc.assert(
      fc.property(fc.tuple(side, side, side, side), (box) => {
        const again = binsToBox(boxToBins(box, { size: 512 }), { size: 512 });
        for (const [i, value] of again.entries()) {
          expect(Math.abs(value - box[i]!)).toBeLessThanOrEqual(512 / 999 / 2 + 1e-9);
        }
        expect(boxToBins(again, { size: 512 })).toEqual(boxToBins(box, { size: 512 }));
      }),
    );
  });

  it("refuse what makes no sense", () => {
    expect(() => boxToBins([0, 0, Number.NaN, 1], { size: 512 })).toThrow(
      "boxToBins: a coordinate of [0, 0, NaN, 1] is not a finite number",
    );
    expect(() => boxToBins([0, 0, 1, 1], { size: 0 })).toThrow(
      "boxToBins: size is 0 x 0; expected pixels above 0",
    );
    expect(() => binsToBox([0, 0, 1000, 1], { size: 512 })).toThrow(
      "binsToBox: bin 1000 is not a whole number from 0 to 999",
    );
    expect(() => binsToBox([0, 0, 0, 0], { size: 512, bins: 1 })).toThrow(
      "binsToBox: bins is 1; expected a whole number from 2",
    );
  });
});

describe("geometry", () => {
  it("iou by hand", () => {
    expect(iou([0, 0, 2, 2], [1, 0, 3, 2])).toBeCloseTo(2 / 6, 12);
    expect(iou([0, 0, 2, 2], [0, 0, 2, 2])).toBe(1);
    expect(iou([0, 0, 1, 1], [1, 1, 2, 2])).toBe(0);
    expect(iou([1, 1, 1, 1], [1, 1, 1, 1])).toBe(0);
    expect(iou([3, 0, 1, 2], [0, 0, 4, 2])).toBe(0); // inside out: no area
  });

  it("clips to the image", () => {
    expect(clipBox([-1, 2, 50, 9], 40, 8)).toEqual([0, 2, 40, 8]);
  });

  it("fits within a side and moves boxes along", () => {
    const plan = fitWithin(1920, 1080, 512);
    expect([plan.width, plan.height]).toEqual([512, 288]);
    expect(scaleBox([0, 0, 1920, 1080], plan.scaleX, plan.scaleY)).toEqual([0, 0, 512, 288]);
    expect(fitWithin(100, 300, 512)).toMatchObject({ width: 171, height: 512 });
    expect(fitWithin(100, 300, 512, { enlarge: false })).toMatchObject({ width: 100, height: 300 });
    expect(fitWithin(1000, 1, 10)).toMatchObject({ width: 10, height: 1 });
    expect(() => fitWithin(0, 1, 10)).toThrow("fitWithin: width is 0; expected a whole number");
  });
});
