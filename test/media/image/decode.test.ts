import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decodeImage, encodePng, sniffFormat } from "../../../src/media/index.ts";
import { bytesOf, fixture, fixtureNames, furthest, pillowImage } from "./support.ts";

/** Levels by which decoders of one file may differ: inverse transforms, colour and alpha round differently. */
function tolerance(name: string): number {
  if (/[.](jpg|avif)$/.test(name)) return 3;
  return name.startsWith("alpha") ? 1 : 0;
}

describe("reads what Pillow reads", () => {
  it.each(fixtureNames)("%s", async (name) => {
    const image = await decodeImage(fixture(name));
    expect(furthest(image, pillowImage(name))).toBeLessThanOrEqual(tolerance(name));
    expect(await decodeImage(bytesOf(name))).toEqual(image);
  });
});

describe("decodeImage", () => {
  it("puts a colour of the caller's behind transparent parts", async () => {
    const image = await decodeImage(fixture("alpha.png"), { background: [255, 0, 10] });
    expect([...image.data.subarray(0, 3)]).toEqual([255, 0, 10]); // alpha 0
  });

  it("goes by what the file holds, not by its name", async () => {
    const folder = mkdtempSync(join(tmpdir(), "onefold-image-"));
    try {
      const file = join(folder, "photo.jpg");
      writeFileSync(file, bytesOf("plain.png"));
      expect(await decodeImage(file)).toEqual(pillowImage("plain.png"));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

const errorOf = (source: string | Uint8Array, options = {}): Promise<string> =>
  decodeImage(source, options).then(
    () => "read",
    (error: Error) => error.message,
  );

describe("refuses in one sentence", () => {
  it("files that are missing, or none", async () => {
    expect(await errorOf("no/such.png")).toBe("no/such.png: there is no such file");
    expect(await errorOf(tmpdir())).toBe(`${tmpdir()}: not a file`);
  });

  it("what is empty or no image", async () => {
    expect(await errorOf(new Uint8Array())).toBe("image: empty; expected an image");
    const text = new TextEncoder().encode("<svg xmlns='http://www.w3.org/2000/svg'/>");
    expect(await errorOf(text, { name: "logo.png" })).toBe(
      "logo.png: begins with 3c 73 76 67, which is no image that can be read; " +
        "expected JPEG, PNG, WebP, GIF, TIFF, AVIF or BMP",
    );
  });

  it.each(fixtureNames)("%s cut short", async (name) => {
    const bytes = bytesOf(name);
    for (const share of [0.15, 0.5, 0.8]) {
      const message = await errorOf(bytes.subarray(0, Math.floor(bytes.length * share)), { name });
      // Of an animation the first frame may be whole.
      if (name.startsWith("moving") && message === "read") continue;
      expect(message).toMatch(/^\S+: [^\n]+$/);
      expect(message.startsWith(`${name}: `)).toBe(true);
    }
  });

  it("more pixels or bytes than allowed, before they are allocated", async () => {
    expect(await errorOf(fixture("plain.png"), { maxPixels: 95, name: "p" })).toBe(
      "p: 12 x 8 is more than 95 pixels (maxPixels changes the limit)",
    );
    expect(await errorOf(fixture("plain.bmp"), { maxPixels: 95, name: "p" })).toContain(
      "95 pixels",
    );
    expect(await errorOf(fixture("plain.png"), { maxBytes: 10, name: "p" })).toMatch(
      /^p: has \d+ bytes; at most 10 are read/,
    );
  });

  it("a bomb: a small file that says it has 400 megapixels", async () => {
    const bomb = bytesOf("plain.png");
    const view = new DataView(bomb.buffer);
    view.setUint32(16, 20_000);
    view.setUint32(20, 20_000);
    view.setUint32(29, crc32(bomb.subarray(12, 29)));
    expect(await errorOf(bomb)).toContain("20000 x 20000 is more than 100000000 pixels");
  });
});

it("sniffs formats by their first bytes", async () => {
  const image = pillowImage("plain.png");
  expect(sniffFormat(await encodePng(image))).toBe("png");
  expect(sniffFormat(bytesOf("plain.avif"))).toBe("avif");
  expect(sniffFormat(new TextEncoder().encode("RIFF----WAVE"))).toBeUndefined();
});
