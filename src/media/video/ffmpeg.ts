/** Frames of MP4, MOV, WebM and Matroska files through ffmpeg and ffprobe. */

import type { Image, Video } from "../types.ts";
import { type CheckedLimits, checkPixels, checkSeconds } from "./limits.ts";
import { splitPpm } from "./ppm.ts";
import { MissingToolError, runTool, type ToolResult } from "./run-tool.ts";
import { type FrameSampling, frameShownAt, sampleTimes, spanOf } from "./sampling.ts";

/** What the first bytes say, by the name of ffmpeg's reader. */
export type Container = "mov" | "matroska";

/** Whether bytes begin like a file of the MP4 family (MP4, MOV, M4V) or of Matroska's (MKV, WebM). */
export function sniffContainer(head: Uint8Array): Container | undefined {
  const text = String.fromCharCode(...head.subarray(0, 12));
  if (/^.{4}(ftyp|moov|mdat|wide|free|skip)/s.test(text)) return "mov";
  return text.startsWith("\x1aE\xdf\xa3") ? "matroska" : undefined;
}

/**
 * Time stamps are read first; then those frames are decoded that are shown at the moments asked for.
 * @param source A path, or bytes, which reach the programs through a pipe.
 */
export async function decodeWithFfmpeg(
  source: string | Uint8Array,
  container: Container,
  sampling: FrameSampling,
  limits: CheckedLimits,
): Promise<Video> {
  const tool = await createTool(source, container, limits);
  const stream = await probe(tool, limits);
  const { start, duration } = spanOf(stream.starts, limits.name, stream.lastDuration);
  checkSeconds(duration, limits);
  const times = sampleTimes(duration, sampling, limits.maxFrames);
  checkPixels(times.length, stream.width, stream.height, limits);

  const shown = times.map((time) => frameShownAt(stream.starts, start + time));
  const wanted = [...new Set(shown)];
  const images = await decode(tool, stream, wanted, limits);
  return { frames: shown.map((index) => images[wanted.indexOf(index)]!), times };
}

type Tool = (
  name: "ffmpeg" | "ffprobe",
  before: readonly string[],
  after: readonly string[],
  maxOutputBytes: number,
) => Promise<ToolResult>;

async function createTool(
  source: string | Uint8Array,
  container: Container,
  { name, timeoutSeconds }: CheckedLimits,
): Promise<Tool> {
  const path = typeof source === "string" ? source : undefined;
  // Readers go back and forth; the cache keeps what came through the pipe.
  const url =
    path === undefined ? "cache:pipe:0" : `file:${(await import("node:path")).resolve(path)}`;
  const given = [
    ...["-v", "error", "-hide_banner", "-protocol_whitelist", "file,pipe,cache"],
    // Only the reader of what the bytes are: playlists, which name other files, are never read.
    ...["-f", container],
  ];
  return async (tool, before, after, maxOutputBytes) => {
    const input = path === undefined ? (source as Uint8Array) : undefined;
    try {
      return await runTool(tool, [...given, ...before, "-i", url, ...after], {
        input,
        maxOutputBytes,
        timeoutSeconds,
      });
    } catch (error) {
      if (!(error instanceof MissingToolError)) throw error;
      const kind = container === "mov" ? "MP4 and MOV" : "WebM and MKV";
      throw new Error(
        `${name}: ${kind} videos need ffmpeg and ffprobe, and ${error.message}; ` +
          "install ffmpeg, or save the video as an animated GIF or a folder of images",
        { cause: error },
      );
    }
  };
}

interface Stream {
  readonly width: number;
  readonly height: number;
  /** When each frame is shown, ascending, in the file's own seconds. */
  readonly starts: readonly number[];
  /** Seconds; 0 if the file does not say. */
  readonly lastDuration: number;
}

/** Asks for the time stamp of every frame of the first video that is no cover picture. */
async function probe(tool: Tool, limits: CheckedLimits): Promise<Stream> {
  const entries = "stream=width,height:packet=pts_time,duration_time,flags";
  const after = ["-select_streams", "V:0", "-show_entries", entries, "-of", "compact"];
  const { output, problem } = await tool("ffprobe", [], after, 64 * 2 ** 20);
  if (problem !== undefined) fail(limits, problem);
  let [width, height] = [0, 0];
  const frames: { readonly start: number; readonly duration: number }[] = [];
  for (const line of Buffer.from(output).toString("latin1").split("\n")) {
    const [section, ...fields] = line.trim().split("|");
    const values = new Map(fields.map((field) => field.split("=", 2) as [string, string]));
    if (section === "stream") {
      width = Number(values.get("width"));
      height = Number(values.get("height"));
    }
    // Packets marked D are decoded for what follows them, but not shown.
    if (section !== "packet" || values.get("flags")?.includes("D")) continue;
    const start = Number(values.get("pts_time"));
    if (!Number.isFinite(start)) fail(limits, "a frame without a time stamp");
    frames.push({ start, duration: Number(values.get("duration_time")) || 0 });
  }
  if (!(width > 0 && height > 0)) fail(limits, "no video in it");
  frames.sort((a, b) => a.start - b.start);
  const starts = frames.map(({ start }) => start);
  return {
    width,
    height,
    // Of frames at one time the first is taken, here and by `decode`.
    starts: starts.filter((start, at) => at === 0 || start - starts[at - 1]! > atOneTime),
    lastDuration: frames.at(-1)?.duration ?? 0,
  };
}

/** Seconds. */
const atOneTime = 2e-5;

/** Frames that are asked for in one command: Windows takes 32 KB of it. */
const atOnce = 400;

/** Decodes the frames with these indices (ascending), found by their time stamps. */
async function decode(
  tool: Tool,
  stream: Stream,
  wanted: readonly number[],
  limits: CheckedLimits,
): Promise<Image[]> {
  // Its own limit holds where the pictures are larger than the file's header said.
  const before = ["-copyts", "-max_pixels", String(Math.min(limits.maxPixels, 2 ** 31 - 1))];
  const images: Image[] = [];
  for (let first = 0; first < wanted.length; first += atOnce) {
    const part = wanted.slice(first, first + atOnce);
    const isLater = `(isnan(prev_selected_t)+gt(t,prev_selected_t+${atOneTime.toFixed(6)}))`;
    const select = `select='${selectTimes(stream.starts, part)}*${isLater}'`;
    const after = [
      ...["-map", "0:V:0", "-vf", select],
      ...["-vsync", "passthrough", "-frames:v", String(part.length)],
      ...["-f", "image2pipe", "-c:v", "ppm", "pipe:1"],
    ];
    const room = part.length * (stream.width * stream.height * 3 + 64);
    const { output, problem } = await tool("ffmpeg", before, after, room);
    if (problem !== undefined) fail(limits, problem);
    images.push(...splitPpm(output));
  }
  if (images.length !== wanted.length) {
    fail(limits, `${images.length} of ${wanted.length} frames could be decoded`);
  }
  return images;
}

/** ffmpeg's expression for "this is one of them", as a search tree: a sum may have 100 terms only. */
function selectTimes(starts: readonly number[], wanted: readonly number[]): string {
  if (wanted.length > 1) {
    const middle = wanted.length >> 1;
    const [before, after] = [wanted.slice(0, middle), wanted.slice(middle)];
    const border = (starts[after[0]!]! + starts[after[0]! - 1]!) / 2;
    const [left, right] = [selectTimes(starts, before), selectTimes(starts, after)];
    return `if(lt(t,${border.toFixed(6)}),${left},${right})`;
  }
  const at = wanted[0]!;
  const start = starts[at]!;
  const gaps = [start - (starts[at - 1] ?? -1e9), (starts[at + 1] ?? 1e9) - start];
  const margin = Math.min(5e-4, ...gaps.map((gap) => gap / 3));
  return `between(t,${(start - margin).toFixed(6)},${(start + margin).toFixed(6)})`;
}

function fail({ name }: CheckedLimits, problem: string): never {
  throw new Error(
    `${name}: a video that is damaged, incomplete or of a kind that is not read (${problem})`,
  );
}
