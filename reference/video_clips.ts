/**
 * Ten grey frames, each 20 lighter than the one before, with a gap after the third, as WebM, MP4 and
 * GIF: test/fixtures/video/clip.*. Frame k begins at k / 10 s, from the fourth on 0.3 s later.
 *
 * Run: npx tsx reference/video_clips.ts   (ffmpeg 5.1 with libvpx and libx264)
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { encodeGif } from "../src/media/index.ts";

const folder = "test/fixtures/video";
const size = 32;
const levels = Array.from({ length: 10 }, (_, k) => 20 + 20 * k);

mkdirSync(folder, { recursive: true });
const raw = Buffer.concat(levels.map((level) => Buffer.alloc(size * size * 3, level)));

function encode(file: string, ...codec: string[]): void {
  const input = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", `${size}x${size}`, "-r", "10"];
  const filter = ["-vf", "setpts='PTS+gte(N,3)*0.3/TB'", "-vsync", "vfr", "-bitexact"];
  const { status, stderr } = spawnSync(
    "ffmpeg",
    ["-v", "error", "-y", ...input, "-i", "-", ...filter, ...codec, `${folder}/${file}`],
    { input: raw },
  );
  if (status !== 0) throw new Error(`${file}: ${String(stderr)}`);
}

encode("clip.webm", "-c:v", "libvpx", "-crf", "10", "-b:v", "100k");
// B-frames: stored in another order than shown; the index stands at the end of the file.
encode("clip.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-bf", "2", "-crf", "10");

const frames = levels.map((level) => ({
  width: size,
  height: size,
  data: new Uint8Array(size * size * 3).fill(level),
}));
const times = levels.map((_, k) => k / 10 + (k >= 3 ? 0.3 : 0));
writeFileSync(`${folder}/clip.gif`, await encodeGif({ frames, times }));
