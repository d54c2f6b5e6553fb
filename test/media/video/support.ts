import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe } from "vitest";
import type { Video } from "../../../src/media/types.ts";

const installed = ["ffmpeg", "ffprobe"].every((tool) => spawnSync(tool, ["-version"]).status === 0);

/** A group of tests that is skipped, and says so, where ffmpeg is not installed. */
export const describeWithFfmpeg = (name: string, tests: () => void): void => {
  describe.skipIf(!installed)(installed ? name : `${name} (skipped: no ffmpeg on the PATH)`, tests);
};

export const fixture = (name: string): string => `test/fixtures/video/${name}`;

export const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(fixture(name)));

/** Which frames of a clip of reference/video_clips.ts these are: frame k is grey at 20 + 20 k. */
export function indices({ frames }: Video): number[] {
  return frames.map(({ data }) => {
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    return Math.round((mean - 20) / 20) + 0; // no -0
  });
}
