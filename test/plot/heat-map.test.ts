import * as fc from "fast-check";
import { expect, it } from "vitest";
import { heatMap } from "../../src/plot/index.ts";

const axes = { title: "t", x: { label: "head" }, y: { label: "layer" } };
/** Fill of each cell by its hint, e.g. "layer 0, head 1: 0.5". */
const cellsOf = (svg: string): Map<string, string> =>
  new Map(
    Array.from(svg.matchAll(/fill="(#[0-9a-f]{6})"><title>([^<]*)<\/title>/g), (m) => [m[2], m[1]]),
  );

it("colours cells from the first colour to the last, and leaves open what has no number", () => {
  const cells = cellsOf(
    heatMap({ ...axes, rows: [[0, 0.5], [], [1, Number.NaN, -1]], range: [0, 1] }),
  );
  expect(Object.fromEntries(cells)).toEqual({
    "layer 0, head 0: 0": "#fff7d6",
    "layer 0, head 1: 0.5": "#d9563a",
    "layer 2, head 0: 1": "#2a0a4f",
    "layer 2, head 2: -1": "#fff7d6", // below the range: the nearest colour
  });
});

it("takes the range of the values where none is given", () => {
  const fills = [...cellsOf(heatMap({ ...axes, rows: [[10, 20, 30]] })).values()];
  expect(fills).toEqual(["#fff7d6", "#d9563a", "#2a0a4f"]);
});

it("numbers as many columns as fit", () => {
  const svg = heatMap({ ...axes, rows: [new Array(64).fill(0.5)], range: [0, 1] });
  const columns = Array.from(svg.matchAll(/text-anchor="middle">(\d+)</g), (m) => Number(m[1]));
  expect(columns).toEqual(Array.from({ length: 16 }, (_, i) => 4 * i));
});

it("is free of NaN and of markup from labels, whatever it is given", () => {
  const number = fc.oneof(fc.double(), fc.constantFrom(0, Number.NaN));
  fc.assert(
    fc.property(fc.string(), fc.array(fc.array(number, { maxLength: 5 })), (label, rows) => {
      const bounded = rows.map((row) => row.map((v) => (Math.abs(v) < 1e300 ? v : Number.NaN)));
      const svg = heatMap({ title: label, x: { label }, y: { label }, rows: bounded });
      const bare = svg.replaceAll(/<(text|title).*?<\/\1>|aria-label="[^"]*"/gs, "");
      expect(bare).not.toMatch(/NaN|Infinity/);
      expect(svg.replaceAll(/<[^<>]*>/g, "")).not.toMatch(/[<>"]/);
    }),
  );
});
