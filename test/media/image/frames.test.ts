import { describe, expect, it } from "vitest";
import { decodeFrames, decodeImage, encodeGif, encodeImage } from "../../../src/media/index.ts";
import { bytesOf, fixture, furthest, pattern, pillowImage } from "./support.ts";

describe("decodeFrames", () => {
  it.each(["moving.gif", "moving.webp"])("%s: every frame and its time", async (name) => {
    const video = await decodeFrames(fixture(name));
    expect(video.times).toEqual([0, 0.2, 0.25]);
    const colours = [
      [255, 0, 0],
      [0, 255, 0],
      [0, 0, 255],
    ];
    expect(video.frames.length).toBe(3);
    for (const [i, frame] of video.frames.entries()) {
      expect([frame.width, frame.height, frame.data.length]).toEqual([6, 4, 72]);
      for (let p = 0; p < 24; p++)
        expect([...frame.data.subarray(3 * p, 3 * p + 3)]).toEqual(colours[i]);
    }
  });

  it("an image that does not move is one frame", async () => {
    const video = await decodeFrames(bytesOf("plain.png"));
    expect(video).toEqual({ frames: [pillowImage("plain.png")], times: [0] });
  });

  it("refuses more frames, seconds or pixels than allowed", async () => {
    const name = "moving.gif";
    const file = fixture(name);
    const refusal = (options: object) => expect(decodeFrames(file, { name, ...options })).rejects;
    await refusal({ maxFrames: 2 }).toThrow(
      "moving.gif: has 3 frames; at most 2 are read (maxFrames)",
    );
    await refusal({ maxSeconds: 0.5 }).toThrow(
      "moving.gif: lasts 0.55 s; at most 0.5 s are read (maxSeconds)",
    );
    await refusal({ maxPixels: 71 }).toThrow(
      "moving.gif: 3 frames of 6 x 4 are more than 71 pixels (maxPixels)",
    );
  });
});

describe("encoding", () => {
  it("a GIF comes back with its frames and times, equal neighbours too", async () => {
    const flat = (value: number) => ({
      width: 5,
      height: 3,
      data: new Uint8Array(45).fill(value),
    });
    const video = { frames: [flat(0), flat(255), flat(255)], times: [0, 0.5, 0.75] };
    expect(await decodeFrames(await encodeGif(video))).toEqual(video);
  });

  it("thirty frames a second do not drift", async () => {
    const times = Array.from({ length: 31 }, (_, i) => i / 30);
    const frames = times.map(() => pattern(4, 4));
    const again = await decodeFrames(await encodeGif({ frames, times }));
    for (const [i, time] of again.times.entries())
      expect(Math.abs(time - i / 30)).toBeLessThan(0.006);
    expect(again.times.length).toBe(31);
  });

  it("a PNG comes back as it was; JPEG and WebP nearly", async () => {
    const image = pillowImage("plain.png");
    expect(await decodeImage(await encodeImage(image, "png"))).toEqual(image);
    for (const format of ["jpeg", "webp"] as const) {
      const again = await decodeImage(await encodeImage(image, format, { quality: 100 }));
      expect(furthest(again, image)).toBeLessThan(40); // halved colour resolution on a small picture
    }
  });

  it("refuses what is no film", async () => {
    const frame = pattern(4, 4);
    await expect(encodeGif({ frames: [], times: [] })).rejects.toThrow(
      "encodeGif: 0 frames and 0 times; expected as many, from 1",
    );
    await expect(encodeGif({ frames: [frame, frame], times: [0, 0] })).rejects.toThrow(
      "encodeGif: frame 0 is shown for 0 ms; players need 20 ms or more",
    );
    await expect(encodeGif({ frames: [frame, pattern(4, 3)], times: [0, 1] })).rejects.toThrow(
      "image 1: 4 x 3 with 36 bytes; expected 4 x 4 with 48",
    );
  });
});
