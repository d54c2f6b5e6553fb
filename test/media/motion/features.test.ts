import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  featuresToMotion,
  jointPositions,
  motionFeatureSize,
  motionToFeatures,
  parseBvh,
} from "../../../src/media/motion/index.ts";

/** Outputs of OFASys' own code: reference/motion_features.py. */
const reference: {
  bvh: string;
  positions: number[][];
  features: number[][];
  guessed: number[][];
  restored: number[][];
  restoredPositions: number[][][];
} = JSON.parse(readFileSync("test/fixtures/motion/ofasys.json", "utf8"));

const motion = parseBvh(reference.bvh, "ofasys.json");
const largestGap = (actual: ArrayLike<number>, expected: number[]): number => {
  expect(actual.length).toBe(expected.length);
  return Math.max(...expected.map((value, at) => Math.abs(value - actual[at]!)));
};

describe("against OFASys' code", () => {
  it("joints and ends of bones stand where it puts them", () => {
    const { joints, ends } = jointPositions(motion);
    // Its numbering: joints first, then ends.
    const [first, last] = [
      reference.positions.flatMap((frame) => frame.slice(0, 4)).flat(),
      reference.positions.flatMap((frame) => frame.slice(4)).flat(),
    ];
    expect(largestGap(joints, first)).toBeLessThan(1e-5);
    expect(largestGap(ends, last)).toBeLessThan(1e-5);
  });

  it("features are the same numbers", () => {
    expect(motionFeatureSize(motion.skeleton)).toBe(30);
    // Velocities reach hundreds: 32-bit numbers have seven digits.
    expect(largestGap(motionToFeatures(motion), reference.features.flat())).toBeLessThan(1e-4);
  });

  it("what a network guessed becomes the same motion", () => {
    const guessed = Float32Array.from(reference.guessed.flat());
    const restored = featuresToMotion(guessed, motion.skeleton, { frameTime: 0.05 });
    const roots = reference.restored.flatMap((frame) => frame.slice(0, 3));
    expect(largestGap(restored.root, roots)).toBeLessThan(1e-5);
    // Rotations by where they put the joints, since a rotation has several Euler angles.
    const joints = reference.restoredPositions.flatMap((frame) => frame.slice(0, 4)).flat();
    expect(largestGap(jointPositions(restored).joints, joints)).toBeLessThan(2e-5);
  });
});

describe("there and back", () => {
  it.each(["velocity", "position"] as const)("gives the motion again, by %s", (path) => {
    const features = motionToFeatures(motion);
    const back = featuresToMotion(features, motion.skeleton, { frameTime: 0.05, path });
    expect(largestGap(back.root, [...motion.root])).toBeLessThan(1e-4);
    const [before, after] = [jointPositions(motion).ends, jointPositions(back).ends];
    expect(largestGap(after, [...before])).toBeLessThan(1e-4);
  });
});

it("refuses what is no row of features", () => {
  const options = { frameTime: 0.05 };
  expect(() => featuresToMotion(new Float32Array(31), motion.skeleton, options)).toThrow(
    "featuresToMotion: 31 numbers; expected a multiple of 30, 6 + 6 for each of 4 joints",
  );
  const broken = new Float32Array(60);
  broken[33] = Number.NaN;
  expect(() => featuresToMotion(broken, motion.skeleton, options)).toThrow(
    "featuresToMotion: number 3 of frame 1 is NaN; expected finite numbers",
  );
  // All zeros is no rotation, but becomes one.
  const still = featuresToMotion(new Float32Array(30), motion.skeleton, options);
  expect([...still.rotations]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]);
});
