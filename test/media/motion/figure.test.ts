import { describe, expect, it } from "vitest";
import {
  animateFigure,
  type FigureAction,
  figureActions,
  figureSkeleton,
  jointPositions,
  parseBvh,
  renderMotion,
  writeBvh,
} from "../../../src/media/motion/index.ts";
import type { Motion, Video } from "../../../src/media/types.ts";

const [leftHand, rightHand, leftFoot, rightFoot] = [1, 2, 3, 4];
const jointOf = (name: string) => figureSkeleton.joints.findIndex((joint) => joint.name === name);

/** Of each frame, where the end of a bone is: x, y, z. */
function pathOf(motion: Motion, end: number): number[][] {
  const { ends } = jointPositions(motion);
  return Array.from({ length: motion.frames }, (_, frame) => [
    ...ends.subarray((frame * 5 + end) * 3, (frame * 5 + end) * 3 + 3),
  ]);
}

const reach = (motion: Motion, end: number, axis: number) => {
  const values = pathOf(motion, end).map((place) => place[axis]!);
  return { low: Math.min(...values), high: Math.max(...values) };
};

describe("the figure", () => {
  it("stands on the ground, 1.7 m tall, facing z with its left at x", () => {
    const still = animateFigure("squat", { duration: 0.05 });
    expect(reach(still, leftFoot, 1).low).toBeCloseTo(0, 6);
    expect(pathOf(still, 0)[0]![1]).toBeCloseTo(1.72, 6);
    expect(pathOf(still, leftHand)[0]![0]).toBeGreaterThan(0.1);
  });

  it.each(figureActions)("%s: never below the ground, no jolts, whole as BVH", (action) => {
    const motion = animateFigure(action, { duration: 3, framesPerSecond: 30, phase: 0.3 });
    expect(motion.frames).toBe(90);
    const { joints, ends } = jointPositions(motion);
    for (const places of [joints, ends]) {
      const row = places.length / motion.frames;
      const steps = places.slice(row).map((value, at) => Math.abs(value - places[at]!));
      expect(Math.min(...places.filter((_, at) => at % 3 === 1))).toBeGreaterThan(-1e-5);
      // A running hand or foot goes 12 m a second at most, to scale.
      expect(Math.max(...steps)).toBeLessThan(12 / 30);
    }
    const again = jointPositions(parseBvh(writeBvh(motion), action)).joints;
    expect(Math.max(...again.map((value, at) => Math.abs(value - joints[at]!)))).toBeLessThan(1e-5);
  });

  it("does what the names say", () => {
    const make = (action: FigureAction) => animateFigure(action, { framesPerSecond: 30 });
    const shoulder = 1.32;
    expect(reach(make("waveLeft"), leftHand!, 1).low).toBeGreaterThan(shoulder);
    expect(reach(make("waveLeft"), rightHand!, 1).high).toBeLessThan(shoulder);
    expect(reach(make("waveRight"), rightHand!, 1).low).toBeGreaterThan(shoulder);
    expect(reach(make("kickLeft"), leftFoot!, 2).high).toBeGreaterThan(0.7);
    expect(reach(make("kickLeft"), rightFoot!, 2).high).toBeLessThan(0.1);
    expect(reach(make("kickRight"), rightFoot!, 2).high).toBeGreaterThan(0.7);
    expect(reach(make("raiseArms"), leftHand!, 1).high).toBeGreaterThan(1.8);
    expect(reach(make("raiseArms"), rightHand!, 1).high).toBeGreaterThan(1.8);
    expect(reach(make("jump"), leftFoot!, 1).high).toBeGreaterThan(0.4);
    expect(reach(make("squat"), 0, 1).low).toBeLessThan(1.72 - 0.4);
    expect(reach(make("bow"), 0, 2).high).toBeGreaterThan(0.5);
    expect(reach(make("march"), leftFoot!, 1).high).toBeGreaterThan(0.3);
    expect(
      make("march")
        .root.filter((_, at) => at % 3 !== 1)
        .every((value) => value === 0),
    ).toBe(true);
    const walked = make("walk").root.at(-1)!;
    expect(walked).toBeGreaterThan(1.5);
    expect(make("run").root.at(-1)!).toBeGreaterThan(2 * walked);
    const turned = pathOf(make("turnAround"), leftHand!);
    expect(turned[0]![0]).toBeGreaterThan(0.1);
    expect(turned.at(-1)![0]).toBeLessThan(-0.1);
    const jack = make("jumpingJack");
    expect(reach(jack, leftFoot!, 0).high - reach(jack, rightFoot!, 0).low).toBeGreaterThan(0.8);
  });

  it("faster means more cycles, further means larger, heading means elsewhere", () => {
    const knee = jointOf("leftKnee");
    const bend = (options: object) => {
      const { rotations, frames } = animateFigure("squat", { framesPerSecond: 60, ...options });
      return Array.from({ length: frames }, (_, frame) => rotations[(frame * 12 + knee) * 4 + 1]!);
    };
    const deepest = (values: number[]) => values.indexOf(Math.max(...values));
    expect(deepest(bend({}))).toBe(60);
    expect(deepest(bend({ speed: 2 }))).toBe(30);
    expect(deepest(bend({ phase: 0.25 }))).toBe(30);
    expect(Math.max(...bend({ amplitude: 0.5 }))).toBeCloseTo(Math.sin(1.95 / 4), 5);
    const aside = animateFigure("walk", { heading: Math.PI / 2 });
    expect(aside.root.at(-3)!).toBeCloseTo(animateFigure("walk").root.at(-1)!, 5);
  });

  it("refuses what has no frames", () => {
    expect(() => animateFigure("walk", { duration: 0 })).toThrow(
      'animateFigure: 0 frames of {"duration":0} cannot be made',
    );
    expect(() => animateFigure("walk", { speed: Number.NaN })).toThrow(/cannot be made/);
  });
});

describe("renderMotion", () => {
  /** Left, top, right and bottom of what is not white in any frame. */
  function inkBox({ frames }: Video): number[] {
    const box = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, -1, -1];
    for (const { data, width } of frames) {
      data.forEach((value, at) => {
        if (value === 255) return;
        const [x, y] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width)];
        box[0] = Math.min(box[0]!, x);
        box[1] = Math.min(box[1]!, y);
        box[2] = Math.max(box[2]!, x + 1);
        box[3] = Math.max(box[3]!, y + 1);
      });
    }
    return box;
  }

  it("fits the whole motion into the frame", () => {
    const video = renderMotion(animateFigure("walk", { duration: 1 }), { view: "side" });
    expect(video.times.slice(0, 3)).toEqual([0, 0.05, 0.1]);
    const [left, top, right, bottom] = inkBox(video) as [number, number, number, number];
    expect(Math.min(left, top)).toBeGreaterThan(0);
    expect(Math.max(right, bottom)).toBeLessThan(64);
    // 90 % of the longer side, give or take a line's width.
    expect(Math.abs(bottom - top - 0.9 * 64)).toBeLessThan(4);
  });

  it("front: the left arm is blue and on your right; side: what walks goes right", () => {
    const blueAt = ({ frames: [frame] }: Video): number => {
      const { data, width } = frame!;
      let [sum, count] = [0, 0];
      for (let at = 0; at < data.length; at += 3) {
        if (data[at + 2]! - data[at]! < 100) continue;
        sum += (at / 3) % width;
        count++;
      }
      return sum / count;
    };
    expect(blueAt(renderMotion(animateFigure("waveLeft", { duration: 0.1 })))).toBeGreaterThan(32);
    const side = renderMotion(animateFigure("walk"), { view: "side" });
    const last = { ...side, frames: side.frames.slice(-1) };
    expect(inkBox({ ...side, frames: side.frames.slice(0, 1) })[2]).toBeLessThan(inkBox(last)[0]!);
    const followed = renderMotion(animateFigure("walk"), { view: "side", follow: true });
    expect(inkBox(followed)[3]! - inkBox(followed)[1]!).toBeGreaterThan(
      1.3 * (inkBox(side)[3]! - inkBox(side)[1]!),
    );
  });

  it("draws a skeleton without extent", () => {
    const point: Motion = {
      skeleton: { joints: [{ name: "a", parent: -1, offset: [0, 0, 0] }], ends: [] },
      frameTime: 1,
      frames: 1,
      root: new Float32Array(3),
      rotations: Float32Array.from([1, 0, 0, 0]),
    };
    expect(renderMotion(point).frames[0]!.data.every((value) => value === 255)).toBe(true);
  });
});
