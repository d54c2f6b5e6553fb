import { readFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type Filter, resize, toPixels } from "../../../src/media/index.ts";
import { fixture, pattern } from "./support.ts";

interface Case {
  readonly from: [number, number];
  readonly to: [number, number];
  readonly filter: Filter | "nearest";
  readonly crc32: number;
}
const cases: Case[] = JSON.parse(readFileSync(fixture("resize.json"), "utf8"));

describe("the same bytes as Pillow 12.3", () => {
  it.each(cases)("$from to $to, $filter", ({ from, to, filter, crc32: expected }) => {
    const resized = resize(pattern(...from), ...to, filter);
    expect([resized.width, resized.height, resized.data.length]).toEqual([
      ...to,
      to[0] * to[1] * 3,
    ]);
    expect(crc32(resized.data)).toBe(expected);
  });
});

describe("resize", () => {
  it("leaves an image of that size as it is", () => {
    const image = pattern(5, 4);
    expect(resize(image, 5, 4)).toBe(image);
  });

  it("keeps one colour, at every size", () => {
    const image = { width: 9, height: 7, data: new Uint8Array(9 * 7 * 3).fill(201) };
    for (const filter of ["bicubic", "bilinear", "lanczos", "nearest"] as const) {
      for (const [width, height] of [
        [1, 1],
        [4, 30],
        [33, 2],
      ] as const) {
        expect(new Set(resize(image, width, height, filter).data)).toEqual(new Set([201]));
      }
    }
  });

  it("refuses sides that are none", () => {
    const image = pattern(2, 2);
    expect(() => resize(image, 0, 2)).toThrow(
      "resize: width is 0; expected a whole number from 1 to 65535",
    );
    expect(() => resize(image, 2, 1.5)).toThrow("resize: height is 1.5");
  });

  it("refuses an image whose bytes do not fill it", () => {
    const image = { width: 4, height: 4, data: new Uint8Array(47) };
    expect(() => resize(image, 2, 2)).toThrow(
      "resize: an image of 4 x 4 with 47 bytes; expected height · width · 3, from 3",
    );
  });
});

describe("toPixels", () => {
  it("gives planes of normalised channels", () => {
    const image = { width: 2, height: 1, data: new Uint8Array([0, 51, 255, 255, 0, 102]) };
    const pixels = toPixels(image, { mean: [0.5, 0, 0.4], std: [0.5, 1, 0.2] });
    const expected = [-1, 1, 0.2, 0, 3, 0];
    for (const [i, value] of expected.entries()) expect(pixels[i]).toBeCloseTo(value, 6);
    expect(pixels.length).toBe(6);
  });

  it("writes into memory that is given", () => {
    const into = new Float32Array(3);
    const image = { width: 1, height: 1, data: new Uint8Array([255, 255, 0]) };
    expect(toPixels(image, undefined, into)).toBe(into);
    expect([...into]).toEqual([1, 1, -1]);
    expect(() => toPixels(image, undefined, new Float32Array(4))).toThrow(
      "toPixels: into holds 4 numbers; expected 3",
    );
  });
});
