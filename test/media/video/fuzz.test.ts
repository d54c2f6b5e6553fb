/** Damaged videos: each gives the frames that were asked for, or one sentence. */

import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeVideo } from "../../../src/media/video/index.ts";
import { fuzz } from "../../fuzz.ts";
import { bytesOf, describeWithFfmpeg } from "./support.ts";

interface Edit {
  readonly kind: "flip" | "insert" | "delete" | "cut";
  readonly at: number;
  readonly byte: number;
}

const edits = fc.array(
  fc.record({
    kind: fc.constantFrom<Edit["kind"]>("flip", "flip", "insert", "delete", "cut"),
    at: fc.double({ min: 0, max: 0.999, noNaN: true }),
    byte: fc.nat(255),
  }),
  { minLength: 1, maxLength: 6 },
);

function apply(bytes: Uint8Array, changes: readonly Edit[]): Uint8Array {
  const result = [...bytes];
  for (const { kind, at, byte } of changes) {
    const place = Math.floor(at * result.length);
    if (kind === "flip") result[place] = byte;
    else if (kind === "insert") result.splice(place, 0, byte, byte ^ 255);
    else result.splice(place, kind === "cut" ? result.length : 1 + (byte & 7));
  }
  return Uint8Array.from(result);
}

const survives = (file: string) => async (changes: readonly Edit[]) => {
  const limits = { name: file, maxPixels: 1e6, timeoutSeconds: 30 };
  try {
    const video = await decodeVideo(apply(bytesOf(file), changes), { frames: 3 }, limits);
    expect(video.times.length).toBe(3);
    for (const { width, height, data } of video.frames)
      expect(data.length).toBe(width * height * 3);
  } catch (error) {
    expect(String(error)).toMatch(/^(Range)?Error: [^\n]{10,400}$/);
  }
};

it("GIF", () => fuzz(2000, fc.asyncProperty(edits, survives("clip.gif"))));

describeWithFfmpeg("through ffmpeg", () => {
  it("WebM", () => fuzz(200, fc.asyncProperty(edits, survives("clip.webm"))));
  it("MP4", () => fuzz(200, fc.asyncProperty(edits, survives("clip.mp4"))));
});
