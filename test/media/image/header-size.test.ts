import { expect, it } from "vitest";
import { readHeaderSize } from "../../../src/media/image/header-size.ts";
import { encodeImage } from "../../../src/media/index.ts";
import { bytesOf, fixtureNames, pattern, pillowImage } from "./support.ts";

const readable = fixtureNames.filter((name) => !name.endsWith(".tiff"));

it.each(readable)("%s: the size in the header", (name) => {
  const { width, height } = pillowImage(name);
  const isTurned = /exif-[5-8]/.test(name);
  const stored = isTurned ? { width: height, height: width } : { width, height };
  expect(readHeaderSize(bytesOf(name), name)).toEqual(stored);
});

it("lossy WebP", async () => {
  const bytes = await encodeImage(pattern(300, 20), "webp");
  expect(readHeaderSize(bytes, "x")).toEqual({ width: 300, height: 20 });
});

it("a header cut short has no size", () => {
  for (const name of readable) {
    for (const length of [15, 18]) {
      const size = readHeaderSize(bytesOf(name).subarray(0, length), name);
      if (!name.endsWith(".gif")) expect(size).toBeUndefined();
    }
  }
});
