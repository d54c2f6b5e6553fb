/** Reads BVH, the text format of motion capture (Biovision). */

import type { Motion, Skeleton } from "../types.ts";
import { type Channel, type Fail, parseHierarchy, quoted, readNumber } from "./bvh-hierarchy.ts";
import { aboutAxis, identity, multiply } from "./rotation.ts";

/** Numbers of frames times joints that are read: 1 GB of memory at most. */
const maximumPoses = 2 ** 24;

/**
 * Reads a BVH file: channels in any order, End Sites, joints without channels. The root's position
 * takes the place of its OFFSET, as in other readers; so does a joint's own position if it
 * is the same in all frames, since bones keep their length here.
 * @param text The file; angles in it are degrees.
 * @param where What errors call it, usually its path.
 * @throws One sentence with the line: broken hierarchy, missing or surplus frames, a wrong count, what
 *   is no number, more than 4096 joints or 256 levels of them.
 * @example
 * const motion = parseBvh(await readFile("walk.bvh", "utf8"), "walk.bvh");
 */
export function parseBvh(text: string, where: string): Motion {
  const lines = text.split(/\r\n|\n|\r/);
  const fail: Fail = (line, problem) => {
    throw new Error(`${where}, line ${line + 1}: ${problem}`);
  };
  const { skeleton, channels, motionLine } = parseHierarchy(lines, fail);
  let line = motionLine;
  const nextLine = (expected: string): string => {
    while (++line < lines.length) if (lines[line]!.trim()) return lines[line]!.trim();
    return fail(lines.length - 1, `the file ends where ${expected} was expected`);
  };

  const framesText = nextLine('"Frames: number"');
  const frames = Number(/^frames\s*:\s*(\d+)$/i.exec(framesText)?.[1] ?? Number.NaN);
  if (Number.isNaN(frames)) fail(line, `${quoted(framesText)} where "Frames: number" was expected`);
  if (frames === 0) fail(line, "no frames; expected at least one");
  if (frames > lines.length || frames * skeleton.joints.length > maximumPoses) {
    const size = `${frames} frames of ${skeleton.joints.length} joints`;
    fail(
      line,
      `${size}; the file has ${lines.length} lines, and ${maximumPoses} poses are the limit`,
    );
  }
  const timeText = nextLine('"Frame Time: seconds"');
  const frameTime = readNumber(/^frame\s*time\s*:\s*(\S+)$/i.exec(timeText)?.[1] ?? "") ?? 0;
  if (frameTime <= 0) {
    fail(line, `${quoted(timeText)} where "Frame Time: " and a positive number was expected`);
  }

  const values = new Float64Array(frames * channels.length);
  for (let frame = 0; frame < frames && channels.length > 0; frame++) {
    const words = nextLine(`frame ${frame + 1} of ${frames}`).split(/\s+/);
    if (words.length !== channels.length) {
      const expected = `the hierarchy has ${channels.length} channels`;
      fail(line, `frame ${frame + 1} has ${words.length} numbers where ${expected}`);
    }
    for (const [at, word] of words.entries()) {
      values[frame * channels.length + at] =
        readNumber(word) ?? fail(line, `${quoted(word)} where a number below 1e9 was expected`);
    }
  }
  while (++line < lines.length) {
    if (lines[line]!.trim()) fail(line, `more lines than "Frames: ${frames}" says`);
  }

  const problem = (text: string): never => fail(motionLine, text);
  return {
    skeleton: withPositions(skeleton, channels, values, frames, problem),
    frameTime,
    frames,
    root: readRoot(skeleton, channels, values, frames),
    rotations: readRotations(skeleton, channels, values, frames),
  };
}

const axes = "XYZ";

/** [frames, 3]; axes without a channel stay at the root's offset. */
function readRoot(
  skeleton: Skeleton,
  channels: readonly Channel[],
  values: Float64Array,
  frames: number,
): Float32Array {
  const root = new Float32Array(frames * 3);
  for (let frame = 0; frame < frames; frame++) {
    root.set(skeleton.joints[0]!.offset, frame * 3);
    for (const [at, { joint, kind, axis }] of channels.entries()) {
      if (joint !== 0 || kind !== "position") continue;
      root[frame * 3 + axes.indexOf(axis)] = values[frame * channels.length + at]!;
    }
  }
  return root;
}

/** [frames, joints, 4]: a joint's turns, multiplied in the order of its channels. */
function readRotations(
  skeleton: Skeleton,
  channels: readonly Channel[],
  values: Float64Array,
  frames: number,
): Float32Array {
  const rotations = new Float32Array(frames * skeleton.joints.length * 4);
  for (let frame = 0; frame < frames; frame++) {
    const turns = skeleton.joints.map(() => identity);
    for (const [at, { joint, kind, axis }] of channels.entries()) {
      if (kind !== "rotation") continue;
      const angle = (values[frame * channels.length + at]! * Math.PI) / 180;
      turns[joint] = multiply(turns[joint]!, aboutAxis(axis, angle));
    }
    for (const [joint, turn] of turns.entries())
      rotations.set(turn, (frame * turns.length + joint) * 4);
  }
  return rotations;
}

/** Puts positions of joints below the root into their offsets, where they do not change. */
function withPositions(
  skeleton: Skeleton,
  channels: readonly Channel[],
  values: Float64Array,
  frames: number,
  fail: (problem: string) => never,
): Skeleton {
  const offsets = skeleton.joints.map(({ offset }) => [...offset] as [number, number, number]);
  for (const [at, { joint, kind, axis }] of channels.entries()) {
    if (joint === 0 || kind !== "position") continue;
    const first = values[at]!;
    for (let frame = 1; frame < frames; frame++) {
      const value = values[frame * channels.length + at]!;
      if (Math.abs(value - first) <= 1e-4 * Math.max(1, Math.abs(first))) continue;
      const name = quoted(skeleton.joints[joint]!.name);
      fail(
        `the ${axis}position of the joint ${name} goes from ${first} to ${value} in frame ` +
          `${frame + 1}; expected bones of constant length`,
      );
    }
    offsets[joint]![axes.indexOf(axis)] = first;
  }
  const joints = skeleton.joints.map((joint, at) => ({ ...joint, offset: offsets[at]! }));
  return { ...skeleton, joints };
}
