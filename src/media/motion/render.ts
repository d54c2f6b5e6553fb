/** Motions as pictures. */

import { type Canvas, type Color, createCanvas } from "../draw/canvas.ts";
import { drawLine, fillEllipse, type Point } from "../draw/shapes.ts";
import type { Image, Motion, Video } from "../types.ts";
import { jointPositions } from "./kinematics.ts";

export interface RenderMotionOptions {
  /** Pixels; 64 if nothing is said. */
  readonly width?: number;
  /** Pixels; 64 if nothing is said. */
  readonly height?: number;
  /** "front": what faces z faces you. "side": what faces z faces right. */
  readonly view?: "front" | "side";
  /** The camera goes along with the root, so what walks far is not small. */
  readonly follow?: boolean;
  readonly background?: Color;
}

const [body, left, right]: readonly Color[] = [
  [40, 40, 40],
  [30, 90, 200],
  [205, 60, 40],
];

/**
 * A motion as a video of a stick figure, seen without perspective; the frame fits all of the motion.
 * Bones of joints whose names begin with "left" are blue, with "right" red; the one that ends in the
 * head has a disc.
 * @example
 * await writeFile("wave.gif", await encodeGif(renderMotion(animateFigure("waveLeft"))));
 */
export function renderMotion(motion: Motion, options: RenderMotionOptions = {}): Video {
  const { width = 64, height = 64, view = "front", follow = false } = options;
  const { background = [255, 255, 255] } = options;
  const bones = projectBones(motion, view, follow);
  const place = frameTo(bones.flat(), width, height);
  const thickness = Math.max(1, Math.min(width, height) / 28);
  const frames = bones.map((frame): Image => {
    const canvas = createCanvas(width, height, background);
    // Far ones first: near ones cover them.
    for (const bone of frame.sort((a, b) => a.depth - b.depth)) {
      drawBone(canvas, bone, place, thickness);
    }
    return canvas;
  });
  return { frames, times: frames.map((_, frame) => frame * motion.frameTime) };
}

interface Bone {
  /** On the picture's plane, in the skeleton's unit, y up. */
  readonly from: Point;
  readonly to: Point;
  /** The nearer, the larger. */
  readonly depth: number;
  readonly color: Color;
  readonly isHead: boolean;
}

function projectBones(motion: Motion, view: "front" | "side", follow: boolean): Bone[][] {
  const { skeleton, frames } = motion;
  const { joints, ends } = jointPositions(motion);
  const at = (places: Float32Array, index: number): [x: number, y: number, depth: number] => {
    const [x, y, z] = places.subarray(index * 3, index * 3 + 3) as unknown as [
      number,
      number,
      number,
    ];
    return view === "front" ? [x, y, z] : [z, y, -x];
  };
  return Array.from({ length: frames }, (_, frame) => {
    const first = frame * skeleton.joints.length;
    const shift = follow ? at(joints, first)[0] : 0;
    const bone = (
      start: number,
      end: [number, number, number],
      isHead: boolean,
      name: string,
    ): Bone => {
      const from = at(joints, first + start);
      return {
        from: [from[0] - shift, from[1]],
        to: [end[0] - shift, end[1]],
        depth: (from[2] + end[2]) / 2,
        color: colorOf(name),
        isHead,
      };
    };
    return [
      ...skeleton.joints.flatMap(({ parent, name }, joint) =>
        parent < 0 ? [] : [bone(parent, at(joints, first + joint), false, name)],
      ),
      ...skeleton.ends.map(({ joint }, end) => {
        const { name } = skeleton.joints[joint]!;
        return bone(
          joint,
          at(ends, frame * skeleton.ends.length + end),
          /^head$/i.test(name),
          name,
        );
      }),
    ];
  });
}

function colorOf(name: string): Color {
  if (/^left/i.test(name)) return left!;
  return /^right/i.test(name) ? right! : body!;
}

/** Pixels of a place, so that all bones lie within the picture and in its middle. */
function frameTo(bones: readonly Bone[], width: number, height: number): (point: Point) => Point {
  const sides = [0, 1].map((axis) => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const { from, to, isHead } of bones) {
      // The disc of a head is as wide as its bone is long.
      const around = isHead ? Math.hypot(to[0] - from[0], to[1] - from[1]) / 2 : 0;
      low = Math.min(low, from[axis]! - around, to[axis]! - around);
      high = Math.max(high, from[axis]! + around, to[axis]! + around);
    }
    return { middle: (low + high) / 2, length: high - low };
  });
  const [across, up] = sides as [(typeof sides)[0], (typeof sides)[0]];
  const room = 0.9;
  const scale = Math.min((room * width) / across.length, (room * height) / up.length);
  const finite = Number.isFinite(scale) ? scale : 1;
  return ([x, y]) => [
    width / 2 + (x - across.middle) * finite,
    height / 2 - (y - up.middle) * finite,
  ];
}

function drawBone(canvas: Canvas, bone: Bone, place: (point: Point) => Point, width: number): void {
  const [from, to] = [place(bone.from), place(bone.to)];
  if (!bone.isHead) {
    drawLine(canvas, from, to, width, bone.color);
    return;
  }
  const radius = Math.max(width, Math.hypot(to[0] - from[0], to[1] - from[1]) / 2);
  const [x, y] = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
  fillEllipse(canvas, [x - radius, y - radius, x + radius, y + radius], bone.color);
}
