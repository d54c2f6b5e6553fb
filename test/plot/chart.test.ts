import * as fc from "fast-check";
import { expect, it } from "vitest";
import { barChart, lineChart } from "../../src/plot/index.ts";
import { createScale } from "../../src/plot/scale.ts";

/** Element names in order, each opened before it is closed: throws where the text is no XML tree. */
function elementsOf(svg: string): string[] {
  const open: string[] = [];
  const names: string[] = [];
  const rest = svg.replace(
    /<(\/?)([a-z]+)((?:\s+[a-zA-Z-]+(?::[a-z]+)?="[^"<]*")*)\s*(\/?)>/g,
    (_, end, name, __, empty) => {
      if (end) expect(open.pop()).toBe(name);
      else {
        names.push(name);
        if (!empty) open.push(name);
      }
      return "";
    },
  );
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/[<"]/);
  return names;
}

const number = fc.oneof(
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 0),
);

it("draws any numbers and labels as well-formed SVG without NaN", () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.array(fc.array(fc.tuple(number, number), { maxLength: 6 }), { maxLength: 3 }),
      (label, all) => {
        const series = all.map((points) => ({ label, points }));
        const svg = lineChart({ title: label, x: { label }, y: { label }, series });
        expect(elementsOf(svg)[0]).toBe("svg");
        expect(svg.replaceAll(/<text.*?<\/text>|aria-label="[^"]*"/gs, "")).not.toMatch(
          /NaN|Infinity/,
        );
      },
    ),
    { numRuns: 200 },
  );
});

it("puts larger values higher, and breaks a line at what is not finite", () => {
  const points: [number, number][] = [
    [0, 1],
    [1, 2],
    [2, Number.NaN],
    [3, 3],
    [4, 2],
  ];
  const series = [{ label: "a", points }];
  const svg = lineChart({ title: "t", x: { label: "x" }, y: { label: "y" }, series });
  const lines = [...svg.matchAll(/<polyline points="([^"]*)"/g)].map((m) => m[1]!.split(" "));
  expect(lines.map((line) => line.length)).toEqual([2, 2]);
  const [low, high] = lines[0]!.map((p) => Number(p.split(",")[1]));
  expect(high).toBeLessThan(low!);
});

it("draws bars from zero, with errors and points", () => {
  const svg = barChart({
    title: "t",
    y: { label: "y" },
    bars: [
      { label: "up", value: 2, interval: [1, 3], points: [1.5, 2.5] },
      { label: "down", value: -1 },
    ],
  });
  const boxes = [...svg.matchAll(/<rect x="\S+" y="(\S+)" width="\S+" height="(\S+)"/g)].map(
    ([, y, height]) => [Number(y), Number(height)] as const,
  );
  const [[upY, upHeight], [downY, downHeight]] = boxes as [[number, number], [number, number]];
  expect(upY + upHeight).toBeCloseTo(downY, 0);
  expect(upHeight / downHeight).toBeCloseTo(2, 1);
  expect(elementsOf(svg).filter((name) => name === "circle")).toHaveLength(2);
});

it("has round ticks that hold the data", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 5 }),
      (values) => {
        const { low, high, at, ticks, label } = createScale(values);
        for (const v of values) {
          expect(at(v)).toBeGreaterThanOrEqual(-1e-9);
          expect(at(v)).toBeLessThanOrEqual(1 + 1e-9);
        }
        expect(ticks[0]).toBe(low);
        expect(ticks[ticks.length - 1]).toBe(high);
        expect(new Set(ticks.map(label)).size).toBeGreaterThan(1);
      },
    ),
  );
  const log = createScale([0.02, 30], { kind: "log" });
  expect(log.ticks).toEqual([0.01, 0.1, 1, 10, 100]);
  expect(log.at(1)).toBeCloseTo(0.5, 12);
  expect(() => createScale([0, 1], { kind: "log" })).toThrow("a logarithmic scale cannot show 0");
});
