import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { findLibrary } from "../../src/runtime/native/library.ts";

describe("the engine's library", () => {
  test("is found in the onnxruntime-node package", () => {
    expect(findLibrary({})).toMatch(/onnxruntime-node.*onnxruntime/);
  });

  test("is the one that ONEFOLD_ORT_LIBRARY names", () => {
    const file = fileURLToPath(import.meta.url);
    expect(findLibrary({ ONEFOLD_ORT_LIBRARY: file })).toBe(file);
  });

  test("that does not exist is told", () => {
    expect(() => findLibrary({ ONEFOLD_ORT_LIBRARY: "/no/such.so" })).toThrow(
      "ONEFOLD_ORT_LIBRARY names /no/such.so, which does not exist",
    );
  });
});
