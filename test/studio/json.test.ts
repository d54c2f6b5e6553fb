import * as fc from "fast-check";
import { expect, it } from "vitest";
import {
  contextsUpTo,
  formatBytes,
  formatCount,
  formatShortTime,
} from "../../studio/src/format.ts";
import { jsonParts, prettyJson, startsAsJson } from "../../studio/src/json.ts";

it("colours JSON without changing a character of it", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value, null, 2);
      const parts = jsonParts(text);
      expect(parts.map((part) => part.text).join("")).toBe(text);
    }),
  );
  expect(jsonParts('{"a": ["b", -1.5e3, null]}').filter(({ kind }) => kind !== "rest")).toEqual([
    { kind: "key", text: '"a"' },
    { kind: "text", text: '"b"' },
    { kind: "value", text: "-1.5e3" },
    { kind: "value", text: "null" },
  ]);
});

it("tells JSON from prose, whole or begun", () => {
  expect(prettyJson(' {"a":1}')).toBe('{\n  "a": 1\n}');
  for (const text of ["42", "[link](https://example.com)", "{not json}", ""]) {
    expect(prettyJson(text), text).toBeUndefined();
  }
  for (const text of ['{"a', "[1, ", '["a"', "[[", "{}"])
    expect(startsAsJson(text), text).toBe(true);
  for (const text of ["{a}", "[link](", "plain"]) expect(startsAsJson(text), text).toBe(false);
});

it("shows numbers as people read them", () => {
  expect([512, 1536, 2 ** 30].map(formatBytes)).toEqual(["512 B", "1.50 KiB", "1.00 GiB"]);
  expect([999, 1_538_560, 596_049_920].map(formatCount)).toEqual(["999", "1.54 M", "596 M"]);
  expect([0.084, 1.24].map(formatShortTime)).toEqual(["80 ms", "1.2 s"]);
  expect(contextsUpTo(1024)).toEqual([256, 512, 1024]);
  expect(contextsUpTo(40_960)).toEqual([4096, 8192, 16_384, 32_768, 40_960]);
  expect(contextsUpTo(100)).toEqual([100]);
});
