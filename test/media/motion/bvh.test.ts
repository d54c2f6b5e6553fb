import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type EulerOrder,
  jointPositions,
  parseBvh,
  resampleMotion,
  subsampleMotion,
  writeBvh,
} from "../../../src/media/motion/index.ts";
import type { Motion } from "../../../src/media/types.ts";
import { fuzz } from "../../fuzz.ts";

const arm = `HIERARCHY
ROOT shoulder
{
  OFFSET 1 2 3
  CHANNELS 4 Xposition Yposition Zposition Zrotation
  JOINT elbow
  {
    OFFSET 10 0 0
    CHANNELS 2 Yrotation Zrotation
    End Site
    {
      OFFSET 5 0 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.04
0 0 0 0 0 0
7 8 9 90 0 -90
`;

const ofasys: { bvh: string } = JSON.parse(
  readFileSync("test/fixtures/motion/ofasys.json", "utf8"),
);

/** A copy of the text in which one line, counted from 1, reads otherwise. */
function withLine(line: number, content: string): string {
  return arm
    .split("\n")
    .map((old, at) => (at === line - 1 ? content : old))
    .join("\n");
}

const largestGap = (a: Float32Array, b: Float32Array): number => {
  expect(a.length).toBe(b.length);
  return Math.max(...a.map((value, at) => Math.abs(value - b[at]!)));
};

describe("parseBvh", () => {
  it("reads joints, ends, places and turns", () => {
    const motion = parseBvh(arm, "arm.bvh");
    expect(motion.skeleton).toEqual({
      joints: [
        { name: "shoulder", parent: -1, offset: [1, 2, 3] },
        { name: "elbow", parent: 0, offset: [10, 0, 0] },
      ],
      ends: [{ joint: 1, offset: [5, 0, 0] }],
    });
    expect([motion.frames, motion.frameTime]).toEqual([2, 0.04]);
    const { joints, ends } = jointPositions(motion);
    const rounded = (values: Float32Array) =>
      [...values].map((value) => Math.round(value * 1e4) / 1e4);
    // Frame 2: the upper arm points up, the forearm ahead again.
    expect(rounded(joints)).toEqual([0, 0, 0, 10, 0, 0, 7, 8, 9, 7, 18, 9]);
    expect(rounded(ends)).toEqual([15, 0, 0, 12, 18, 9]);
  });

  it("takes other line ends, tabs, braces behind names, names with blanks, and lower case", () => {
    const other = arm
      .replaceAll("\n  ", "\n\t")
      .replace("shoulder\n{", "left shoulder {")
      .replace("Frames", "frames")
      .replaceAll("rotation", "Rotation")
      .replaceAll("\n", "\r\n");
    const motion = parseBvh(other, "arm.bvh");
    expect(motion.skeleton.joints[0]!.name).toBe("left shoulder");
    expect(motion.rotations).toEqual(parseBvh(arm, "arm.bvh").rotations);
  });

  it("keeps the root's offset where no channel moves it", () => {
    const fixed = arm
      .replace("4 Xposition Yposition Zposition", "2 Yposition")
      .replace("\n0 0 0 0 0 0\n7 8 9", "\n0 0 0 0\n8");
    expect([...parseBvh(fixed, "arm.bvh").root]).toEqual([1, 0, 3, 1, 8, 3]);
  });

  it("takes positions below the root for offsets, if bones keep their length", () => {
    const placed = arm
      .replace("2 Yrotation", "3 Xposition Yrotation")
      .replace("\n0 0 0 0", "\n0 0 0 0 12");
    const constant = placed.replace("9 90", "9 90 12");
    expect(parseBvh(constant, "a").skeleton.joints[1]!.offset).toEqual([12, 0, 0]);
    expect(() => parseBvh(placed.replace("9 90", "9 90 13"), "a.bvh")).toThrow(
      'a.bvh, line 16: the Xposition of the joint "elbow" goes from 12 to 13 in frame 2; ' +
        "expected bones of constant length",
    );
  });

  it.each([
    [
      "",
      'arm.bvh, line 1: the file ends where "HIERARCHY" at the start of a BVH file was expected',
    ],
    [
      "GIF89a",
      'arm.bvh, line 1: "GIF89a" where "HIERARCHY" was expected at the start of a BVH file',
    ],
    [withLine(2, "JOINT x"), 'arm.bvh, line 2: "JOINT" where "ROOT" or "MOTION" was expected'],
    [withLine(2, "ROOT"), "arm.bvh, line 2: a joint without a name"],
    [
      withLine(3, ""),
      'arm.bvh, line 4: "OFFSET" where "{" was expected after the joint "shoulder"',
    ],
    [
      withLine(4, "OFFSET 1 2"),
      'arm.bvh, line 5: "CHANNELS" where the Z of an OFFSET was expected',
    ],
    [withLine(4, "OFFSET 1 nan 3"), 'arm.bvh, line 4: "nan" where the Y of an OFFSET was expected'],
    [withLine(4, ""), "arm.bvh, line 15: a block that ends without an OFFSET"],
    [withLine(5, "CHANNELS 9 Xposition"), "arm.bvh, line 5: 9 channels; expected 0 to 6"],
    [
      withLine(5, "CHANNELS 1 Wrotation"),
      'arm.bvh, line 5: the channel "Wrotation"; expected Xpos',
    ],
    [withLine(9, "CHANNELS 2 Zrotation zrotation"), 'line 9: the channel "zrotation" twice in one'],
    [
      withLine(6, "BONE elbow"),
      'arm.bvh, line 6: "BONE" in a joint; expected OFFSET, CHANNELS, JOINT',
    ],
    [withLine(10, "End"), 'arm.bvh, line 11: "{" where "SITE" was expected after "End"'],
    [
      withLine(12, "JOINT x {"),
      'arm.bvh, line 12: "JOINT" in an End Site; expected "OFFSET" or "}"',
    ],
    [withLine(15, ""), 'arm.bvh, line 16: "MOTION" in a joint; expected OFFSET'],
    [
      withLine(16, "ROOT b { OFFSET 0 0 0 }"),
      "arm.bvh, line 16: a second ROOT; expected one skeleton",
    ],
    [
      withLine(17, "Frames: -1"),
      'arm.bvh, line 17: "Frames: -1" where "Frames: number" was expected',
    ],
    [withLine(17, "Frames: 0"), "arm.bvh, line 17: no frames; expected at least one"],
    [
      withLine(17, "Frames: 4000000000"),
      "arm.bvh, line 17: 4000000000 frames of 2 joints; the file has",
    ],
    [withLine(17, "Frames: 3"), "arm.bvh, line 21: the file ends where frame 3 of 3 was expected"],
    [withLine(17, "Frames: 1"), 'arm.bvh, line 20: more lines than "Frames: 1" says'],
    [
      withLine(18, "Frame Time: 0"),
      'arm.bvh, line 18: "Frame Time: 0" where "Frame Time: " and a posit',
    ],
    [
      withLine(20, "7 8 9 90 0"),
      "arm.bvh, line 20: frame 2 has 5 numbers where the hierarchy has 6",
    ],
    [
      withLine(20, "7 8 9 90 0 NaN"),
      'arm.bvh, line 20: "NaN" where a number below 1e9 was expected',
    ],
    [withLine(20, "7 8 9 90 0 1e300"), 'arm.bvh, line 20: "1e300" where a number below 1e9 was'],
    [
      arm.slice(0, arm.indexOf("MOTION")),
      'arm.bvh, line 16: the file ends where "ROOT" or "MOTION"',
    ],
  ])("refuses %j", (text, message) => {
    expect(() => parseBvh(text, "arm.bvh")).toThrow(message);
  });

  it("refuses bombs before it allocates for them", () => {
    const deep = `HIERARCHY\nROOT a\n{\n${"JOINT b {\n".repeat(100_000)}`;
    expect(() => parseBvh(deep, "deep.bvh")).toThrow("line 259: joints nested more than 256 deep");
    const wide = `HIERARCHY ROOT a { OFFSET 0 0 0\n${"JOINT b { OFFSET 0 0 0 }\n".repeat(5000)} }`;
    expect(() => parseBvh(wide, "wide.bvh")).toThrow("line 4097: more than 4096 joints");
    const still = `HIERARCHY ROOT a { OFFSET 0 0 0 ${"JOINT b { OFFSET 0 0 0 }".repeat(4000)} }`;
    const many = `${still}\nMOTION\nFrames: 50000\nFrame Time: 1\n${"\n".repeat(50_000)}`;
    expect(() => parseBvh(many, "many.bvh")).toThrow("50000 frames of 4001 joints");
  });

  it("ends in a motion or in a sentence, whatever happened to the file", async () => {
    const edit = fc.record({
      at: fc.nat(ofasys.bvh.length),
      cut: fc.nat({ max: 40 }),
      put: fc.oneof(
        fc.string({ maxLength: 8 }),
        fc.constantFrom("{", "}", "JOINT x", "1e999", "-", "\n", "CHANNELS 3", "End Site"),
      ),
    });
    await fuzz(
      10_000,
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        let text = ofasys.bvh;
        for (const { at, cut, put } of edits) text = text.slice(0, at) + put + text.slice(at + cut);
        let motion: Motion;
        try {
          motion = parseBvh(text, "mutated.bvh");
        } catch (error) {
          expect(String(error)).toMatch(/^Error: mutated\.bvh, line \d+: .{5,300}$/);
          return;
        }
        expect(motion.rotations.length).toBe(motion.frames * motion.skeleton.joints.length * 4);
        expect(jointPositions(motion).joints.every(Number.isFinite)).toBe(true);
      }),
    );
  });
});

describe("writeBvh", () => {
  it.each(["XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX"] as const)(
    "is read again, %s",
    (order: EulerOrder) => {
      const motion = parseBvh(ofasys.bvh, "ofasys.bvh");
      const again = parseBvh(writeBvh(motion, { order }), "again.bvh");
      expect(again.skeleton).toEqual(motion.skeleton);
      expect(again.frameTime).toBe(motion.frameTime);
      expect(largestGap(again.root, motion.root)).toBeLessThan(1e-6);
      const [before, after] = [jointPositions(motion), jointPositions(again)];
      expect(largestGap(after.ends, before.ends)).toBeLessThan(1e-5);
    },
  );

  it("writes joints depth first, wherever they stood", () => {
    const joint = (name: string, parent: number) => ({ name, parent, offset: [0, 1, 0] as const });
    const motion: Motion = {
      skeleton: { joints: [joint("a", -1), joint("b", 0), joint("c", 0), joint("d", 1)], ends: [] },
      frameTime: 1,
      frames: 1,
      root: new Float32Array(3),
      // c is turned, a half about z.
      rotations: Float32Array.from([1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0]),
    };
    const { skeleton, rotations } = parseBvh(writeBvh(motion), "again.bvh");
    expect(skeleton.joints.map(({ name }) => name)).toEqual(["a", "b", "d", "c"]);
    expect([...rotations.slice(12)].map((value) => Math.round(Math.abs(value)))).toEqual([
      0, 0, 0, 1,
    ]);
  });

  it("refuses names and numbers that could not be read again", () => {
    const motion = parseBvh(arm, "arm.bvh");
    const root = { ...motion.skeleton.joints[0]!, name: "a\n}" };
    const renamed = { ...motion.skeleton, joints: [root, motion.skeleton.joints[1]!] };
    expect(() => writeBvh({ ...motion, skeleton: renamed })).toThrow(
      'joint 0: "a\\n}" cannot be a name in BVH',
    );
    expect(() => writeBvh({ ...motion, root: motion.root.map(() => Number.NaN) })).toThrow(
      "frame 1: NaN cannot be written as BVH; expected finite numbers",
    );
  });
});

describe("other frame rates", () => {
  const motion = parseBvh(ofasys.bvh, "ofasys.bvh");

  it("every third frame from the second on", () => {
    const fewer = subsampleMotion(motion, 3, 1);
    expect([fewer.frames, fewer.frameTime]).toEqual([3, 0.05 * 3]);
    for (const [at, frame] of [1, 4, 7].entries()) {
      expect(fewer.root.slice(at * 3, at * 3 + 3)).toEqual(
        motion.root.slice(frame * 3, frame * 3 + 3),
      );
      expect(fewer.rotations.slice(at * 16, at * 16 + 16)).toEqual(
        motion.rotations.slice(frame * 16, frame * 16 + 16),
      );
    }
    expect(() => subsampleMotion(motion, 0)).toThrow(
      "every 0 frames; expected an integer from 1 on",
    );
    expect(() => subsampleMotion(motion, 2, 8)).toThrow(
      "from frame 8; expected an integer from 0 to 7",
    );
  });

  it("keeps given frames and goes halfway between them", () => {
    const same = resampleMotion(motion, 20);
    expect(same.frames).toBe(8);
    expect(largestGap(jointPositions(same).ends, jointPositions(motion).ends)).toBeLessThan(1e-4);
    const turning = parseBvh(arm, "arm.bvh");
    const double = resampleMotion(turning, 50);
    expect([double.frames, double.frameTime]).toEqual([3, 0.02]);
    expect([...double.root.slice(3, 6)]).toEqual([3.5, 4, 4.5]);
    const halfway = [Math.cos(Math.PI / 8), 0, 0, Math.sin(Math.PI / 8)];
    for (let i = 0; i < 4; i++) expect(double.rotations[8 + i]).toBeCloseTo(halfway[i]!, 6);
    expect(() => resampleMotion(motion, 0)).toThrow(
      "0 frames a second; expected a positive number",
    );
  });
});
