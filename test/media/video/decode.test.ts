import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { createCanvas, encodeGif, encodePng } from "../../../src/media/index.ts";
import { decodeVideo } from "../../../src/media/video/index.ts";
import { bytesOf, describeWithFfmpeg, fixture, indices } from "./support.ts";

const temporary = mkdtempSync(join(tmpdir(), "onefold-video-"));
afterAll(() => rmSync(temporary, { recursive: true }));

const grey = (level: number, width = 8, height = 8) =>
  createCanvas(width, height, [level, level, level]);

/** The moments fall into a clip whose frames begin at 0, 0.1, 0.2, 0.6, ... 1.2 and that ends at 1.3. */
function showsTheClip(name: string): void {
  it("n frames are the middles of n equal parts", async () => {
    const video = await decodeVideo(fixture(name), { frames: 13 });
    expect(indices(video)).toEqual([0, 1, 2, 2, 2, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const [i, time] of video.times.entries()) expect(time).toBeCloseTo((i + 0.5) / 10, 6);
    expect(video.frames.every(({ width, height }) => width === 32 && height === 32)).toBe(true);
    expect(indices(await decodeVideo(fixture(name), { frames: 2 }))).toEqual([2, 6]);
  });

  it("frames at a rate are what is shown then, from bytes as from a file", async () => {
    for (const source of [fixture(name), bytesOf(name)]) {
      const video = await decodeVideo(source, { fps: 5 });
      expect(video.times).toEqual(
        [0, 0.2, 0.4, 3 / 5, 0.8, 1, 6 / 5].map((time) => expect.closeTo(time, 9)),
      );
      expect(indices(video)).toEqual([0, 2, 2, 3, 5, 7, 9]);
    }
  });

  it("more frames than the clip has, and more than are allowed", async () => {
    const video = await decodeVideo(fixture(name), { frames: 1000 });
    expect(new Set(indices(video)).size).toBe(10);
    const limit = "at most 12 are read (maxFrames)";
    await expect(decodeVideo(fixture(name), { frames: 13 }, { maxFrames: 12 })).rejects.toThrow(
      limit,
    );
    await expect(decodeVideo(fixture(name), { fps: 10 }, { maxFrames: 12 })).rejects.toThrow(limit);
  });

  it("refuses what is too long or too large", async () => {
    const decode = (limits: object) => decodeVideo(fixture(name), { frames: 4 }, limits);
    await expect(decode({ maxSeconds: 1 })).rejects.toThrow(/lasts 1\.3 s; at most 1 s are read/);
    await expect(decode({ maxPixels: 4000 })).rejects.toThrow(
      /frames of 32 x 32 are more than 4000 p/,
    );
  });
}

describe("an animated GIF", () => showsTheClip("clip.gif"));

describeWithFfmpeg("a WebM", () => showsTheClip("clip.webm"));

describeWithFfmpeg("an MP4 with its index at the end and frames out of order", () => {
  showsTheClip("clip.mp4");
});

describeWithFfmpeg("ffmpeg", () => {
  it("reads what a file holds, not what it is called, with any characters in its name", async () => {
    const path = join(temporary, "-i 'a' %d:b.gif");
    writeFileSync(path, bytesOf("clip.webm"));
    expect(indices(await decodeVideo(path, { frames: 2 }))).toEqual([2, 6]);
  });

  it("finds hundreds of frames by their times", async () => {
    const levels = Array.from({ length: 500 }, (_, k) => k % 11);
    const raw = Buffer.concat(levels.map((level) => Buffer.alloc(16 * 32 * 3, 20 + 20 * level)));
    const path = join(temporary, "long.mov");
    const input = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "16x32", "-r", "50", "-i", "-"];
    const codec = ["-c:v", "mpeg4", "-q:v", "2"];
    const { status } = spawnSync("ffmpeg", ["-v", "error", ...input, ...codec, path], {
      input: raw,
    });
    expect(status).toBe(0);
    const video = await decodeVideo(path, { fps: 50 });
    expect(indices(video)).toEqual(levels);
    const some = await decodeVideo(path, { frames: 450 });
    expect(indices(some)).toEqual(some.times.map((time) => levels[Math.floor(time * 50 + 1e-6)]));
  });

  it("says what is wrong with a damaged file", async () => {
    const mp4 = bytesOf("clip.mp4");
    const cut = mp4.subarray(0, mp4.length - 600);
    await expect(decodeVideo(cut, { frames: 2 }, { name: "cut.mp4" })).rejects.toThrow(
      /^cut\.mp4: a video that is damaged, incomplete or of a kind that is not read \(.+\)$/,
    );
    const empty = mp4.slice(0, 40);
    await expect(decodeVideo(empty, { frames: 2 })).rejects.toThrow(
      /^video: a video that is damaged/,
    );
  });

  it("is stopped when it takes too long", async () => {
    await expect(
      decodeVideo(fixture("clip.mp4"), { frames: 2 }, { timeoutSeconds: 0.001 }),
    ).rejects.toThrow(/clip\.mp4: .*\(took more than 0\.001 s\)$/);
  });
});

describe("a folder of images", () => {
  const folder = join(temporary, "frames");
  mkdirSync(folder);

  it("is sampled by the rate it is given, in the order of the numbers in its names", async () => {
    for (const [k, name] of ["frame2.png", "frame9.PNG", "frame10.png", "frame11.png"].entries()) {
      writeFileSync(join(folder, name), await encodePng(grey(20 + 20 * k)));
    }
    writeFileSync(join(folder, "notes.txt"), "not a frame");
    const video = await decodeVideo(folder, { frames: 4 }, { folderFps: 2 });
    expect(indices(video)).toEqual([0, 1, 2, 3]);
    expect(video.times).toEqual([0.25, 0.75, 1.25, 1.75]);
    expect(indices(await decodeVideo(folder, { fps: 1 }, { folderFps: 2 }))).toEqual([0, 2]);
  });

  it("refuses images of several sizes, and none", async () => {
    writeFileSync(join(folder, "frame12.png"), await encodePng(grey(0, 9)));
    await expect(decodeVideo(folder, { frames: 5 })).rejects.toThrow(
      `${folder}/frame12.png: is 9 x 8 where the frames before are 8 x 8`,
    );
    const empty = join(temporary, "empty");
    mkdirSync(empty);
    await expect(decodeVideo(empty, { frames: 5 })).rejects.toThrow(
      `${empty}: a folder without images; expected one image a frame`,
    );
  });
});

describe("what is no video", () => {
  it.each([
    [
      "text",
      new TextEncoder().encode("#EXTM3U\nfile:///etc/passwd"),
      "video: begins with 23 45 58 54; expected MP4",
    ],
    [
      "nothing",
      new Uint8Array(0),
      "video: empty; expected MP4, MOV, WebM, MKV, GIF, WebP or a folder",
    ],
  ])("%s", async (_, bytes, message) => {
    await expect(decodeVideo(bytes, { frames: 2 })).rejects.toThrow(message);
  });

  it("a file that is not there", async () => {
    await expect(decodeVideo("nowhere.mp4", { frames: 2 })).rejects.toThrow(
      "nowhere.mp4: there is no such file",
    );
    await expect(decodeVideo("/dev/null", { frames: 2 })).rejects.toThrow("/dev/null: is no file");
  });

  it("a picture that does not move", async () => {
    const gif = await encodeGif({ frames: [grey(9)], times: [0] });
    await expect(decodeVideo(gif, { frames: 2 })).rejects.toThrow(
      "video: has one frame and lasts 0 s; expected a video that moves",
    );
  });

  it("a sampling that gives nothing", async () => {
    await expect(decodeVideo(fixture("clip.gif"), { frames: 0 })).rejects.toThrow(
      'a video at {"frames":0}: expected a positive integer',
    );
    await expect(decodeVideo(fixture("clip.gif"), { fps: Number.NaN })).rejects.toThrow(
      'a video at {"fps":null}: expected a positive number',
    );
  });

  it("without ffmpeg, the error says what to install", async () => {
    vi.stubEnv("PATH", temporary);
    try {
      await expect(decodeVideo(fixture("clip.webm"), { frames: 2 })).rejects.toThrow(
        "clip.webm: WebM and MKV videos need ffmpeg and ffprobe, and ffprobe is not on the PATH; " +
          "install ffmpeg, or save the video as an animated GIF or a folder of images",
      );
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
