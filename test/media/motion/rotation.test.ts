import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  aboutAxis,
  type EulerOrder,
  eulerToQuaternion,
  type Matrix,
  matrixToQuaternion,
  matrixToSix,
  multiply,
  normalize,
  type Quaternion,
  quaternionToEuler,
  quaternionToMatrix,
  rotate,
  type SixNumbers,
  sixToMatrix,
  slerp,
} from "../../../src/media/motion/rotation.ts";

const orders: readonly EulerOrder[] = ["XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX"];
const number = fc.double({ min: -1, max: 1, noNaN: true });
const quaternions = fc
  .tuple(number, number, number, number)
  .filter((q) => Math.hypot(...q) > 0.01)
  .map(normalize);

/** How far two rotations are apart; a quaternion and its negative are the same one. */
function gap(a: Quaternion, b: Quaternion): number {
  const cosine = a.reduce((sum, value, at) => sum + value * b[at]!, 0);
  const sign = cosine < 0 ? -1 : 1;
  return Math.max(...a.map((value, at) => Math.abs(value - sign * b[at]!)));
}

describe("rotations", () => {
  it("turn counter-clockwise: x to y about z, y to z about x, z to x about y", () => {
    const quarter = Math.PI / 2;
    const near = (vector: readonly number[]) =>
      vector.map((value) => Math.round(value * 1e12) / 1e12 + 0);
    expect(near(rotate(aboutAxis("Z", quarter), [1, 0, 0]))).toEqual([0, 1, 0]);
    expect(near(rotate(aboutAxis("X", quarter), [0, 1, 0]))).toEqual([0, 0, 1]);
    expect(near(rotate(aboutAxis("Y", quarter), [0, 0, 1]))).toEqual([1, 0, 0]);
    // Rz · Rx: the turn about x comes first.
    const both = eulerToQuaternion([quarter, quarter, 0], "ZXY");
    expect(near(rotate(both, [0, 1, 0]))).toEqual([0, 0, 1]);
  });

  it("go through Euler angles of every order and back", () => {
    fc.assert(
      fc.property(quaternions, fc.constantFrom(...orders), (q, order) => {
        const angles = quaternionToEuler(q, order);
        expect(Math.abs(angles[1])).toBeLessThanOrEqual(Math.PI / 2);
        expect(gap(eulerToQuaternion(angles, order), q)).toBeLessThan(1e-7);
      }),
    );
  });

  it("go through Euler angles where the outer axes fall together", () => {
    for (const order of orders) {
      for (const middle of [Math.PI / 2, -Math.PI / 2, Math.PI / 2 - 1e-9]) {
        const q = eulerToQuaternion([0.7, middle, -1.9], order);
        expect(gap(eulerToQuaternion(quaternionToEuler(q, order), order), q)).toBeLessThan(1e-7);
      }
    }
  });

  it("go through matrices and six numbers and back", () => {
    fc.assert(
      fc.property(quaternions, (q) => {
        const matrix = quaternionToMatrix(q);
        expect(gap(matrixToQuaternion(matrix), q)).toBeLessThan(1e-12);
        const restored = sixToMatrix(matrixToSix(matrix));
        for (const [at, value] of matrix.entries()) expect(restored[at]).toBeCloseTo(value, 12);
      }),
    );
  });

  it("a matrix turns vectors as its quaternion does, and products follow each other", () => {
    fc.assert(
      fc.property(quaternions, quaternions, fc.tuple(number, number, number), (a, b, v) => {
        const matrix = quaternionToMatrix(a);
        const turned = rotate(a, v);
        for (let row = 0; row < 3; row++) {
          const sum = v.reduce((total, value, at) => total + matrix[row * 3 + at]! * value, 0);
          expect(turned[row]).toBeCloseTo(sum, 12);
        }
        const product = rotate(multiply(b, a), v);
        for (const [at, value] of rotate(b, turned).entries())
          expect(product[at]).toBeCloseTo(value, 12);
      }),
    );
  });

  it("any six numbers become a rotation", () => {
    const zero: SixNumbers = [0, 0, 0, 0, 0, 0];
    expect(sixToMatrix(zero)).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
    const six = fc.tuple(number, number, number, number, number, number);
    const parallel = fc
      .tuple(number, number, number, number)
      .map(([x, y, z, times]): SixNumbers => [x, y, z, x * times, y * times, z * times]);
    fc.assert(
      fc.property(fc.oneof(six, parallel), (numbers) => {
        const m: Matrix = sixToMatrix(numbers);
        const column = (at: number) => [m[at]!, m[at + 3]!, m[at + 6]!];
        for (let a = 0; a < 3; a++) {
          for (let b = 0; b < 3; b++) {
            const product = column(a).reduce((sum, value, i) => sum + value * column(b)[i]!, 0);
            expect(product).toBeCloseTo(a === b ? 1 : 0, 6);
          }
        }
        const determinant =
          m[0] * (m[4] * m[8] - m[5] * m[7]) -
          m[1] * (m[3] * m[8] - m[5] * m[6]) +
          m[2] * (m[3] * m[7] - m[4] * m[6]);
        expect(determinant).toBeCloseTo(1, 6);
      }),
    );
  });

  it("lie between two others at a constant speed", () => {
    const halfway = slerp(aboutAxis("Y", 0.2), aboutAxis("Y", 1.8), 0.25);
    expect(gap(halfway, aboutAxis("Y", 0.6))).toBeLessThan(1e-12);
    // The shorter way, whichever sign the quaternion has.
    const [w, x, y, z] = aboutAxis("Y", 1.8);
    expect(gap(slerp(aboutAxis("Y", 0.2), [-w, -x, -y, -z], 0.25), halfway)).toBeLessThan(1e-12);
  });
});
