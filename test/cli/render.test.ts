import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createPaint,
  displayWidth,
  fitWidth,
  formatBytes,
  formatCount,
  formatDuration,
  formatTable,
} from "../../src/cli/render.ts";

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.00 KiB"],
  [1_503_238_553, "1.40 GiB"],
  [1024 ** 3 - 1, "1.00 GiB"],
])("formatBytes(%d) is %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test.each([
  [0, "0"],
  [999, "999"],
  [1000, "1.00 K"],
  [596_049_920, "596 M"],
  [7_615_616_512, "7.62 B"],
])("formatCount(%d) is %s", (count, text) => expect(formatCount(count)).toBe(text));

test.each([
  [0, "0:00"],
  [59.6, "1:00"],
  [754, "12:34"],
  [3725, "1:02:05"],
  [Number.POSITIVE_INFINITY, "-:--"],
])("formatDuration(%d) is %s", (seconds, text) => expect(formatDuration(seconds)).toBe(text));

test("formatTable aligns by what a terminal shows, not by characters", () => {
  const red = "\u001b[31mred\u001b[39m";
  const table = formatTable(
    [
      [red, "1"],
      ["你好吗", "22"],
    ],
    [1],
  );
  expect(table).toBe(`${red}      1\n你好吗  22`);
});

test("fitWidth never exceeds the width and keeps what fits", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 3, max: 60 }), (text, cells) => {
      const fitted = fitWidth(text, cells);
      expect(displayWidth(fitted)).toBeLessThanOrEqual(cells);
      if (displayWidth(text) <= cells) expect(fitted).toBe(text);
    }),
  );
});

describe("createPaint", () => {
  const terminal = { isTTY: true };
  const red = "\u001b[31mx\u001b[39m";
  test.each([
    ["a terminal", terminal, {}, red],
    ["a pipe", {}, {}, "x"],
    ["NO_COLOR", terminal, { NO_COLOR: "1" }, "x"],
    ["an empty NO_COLOR", terminal, { NO_COLOR: "" }, red],
    ["NO_COLOR over FORCE_COLOR", {}, { NO_COLOR: "1", FORCE_COLOR: "1" }, "x"],
    ["FORCE_COLOR", {}, { FORCE_COLOR: "1" }, red],
    ["a dumb terminal", terminal, { TERM: "dumb" }, "x"],
  ])("%s", (_name, stream, env, expected) => {
    expect(createPaint(stream, env).red("x")).toBe(expected);
  });
});
