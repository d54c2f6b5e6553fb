/**
 * Rotations in three dimensions: quaternions, matrices, Euler angles, and the six numbers that
 * networks are taught (Zhou et al. 2019, "On the Continuity of Rotation Representations").
 */

/** w, x, y, z, of length 1. */
export type Quaternion = readonly [w: number, x: number, y: number, z: number];

export type Vector = readonly [x: number, y: number, z: number];

/** A 3 x 3 matrix row by row; columns are where the axes go. */
export type Matrix = readonly [
  ...[number, number, number],
  ...[number, number, number],
  ...[number, number, number],
];

/** The first two columns of a matrix, one after the other. */
export type SixNumbers = readonly [number, number, number, number, number, number];

/**
 * Axes in the order in which the matrices are multiplied: "ZXY" is Rz · Rx · Ry, as in BVH, where
 * each turn is about the axes that the turns before it have moved.
 */
export type EulerOrder = "XYZ" | "XZY" | "YXZ" | "YZX" | "ZXY" | "ZYX";

export const identity: Quaternion = [1, 0, 0, 0];

export function multiply(a: Quaternion, b: Quaternion): Quaternion {
  return [
    a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
    a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
    a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
    a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0],
  ];
}

/** Turns a vector. */
export function rotate([w, x, y, z]: Quaternion, [vx, vy, vz]: Vector): Vector {
  // v + 2 w (u × v) + 2 u × (u × v), u = (x, y, z)
  const cx = 2 * (y * vz - z * vy);
  const cy = 2 * (z * vx - x * vz);
  const cz = 2 * (x * vy - y * vx);
  return [
    vx + w * cx + y * cz - z * cy,
    vy + w * cy + z * cx - x * cz,
    vz + w * cz + x * cy - y * cx,
  ];
}

/** A turn about one axis. @param angle Radians, counter-clockwise as seen from the axis's end. */
export function aboutAxis(axis: "X" | "Y" | "Z", angle: number): Quaternion {
  const [cosine, sine] = [Math.cos(angle / 2), Math.sin(angle / 2)];
  return [cosine, axis === "X" ? sine : 0, axis === "Y" ? sine : 0, axis === "Z" ? sine : 0];
}

/** @param angles Radians, in the order of the axes. */
export function eulerToQuaternion(angles: Vector, order: EulerOrder): Quaternion {
  return angles.reduce<Quaternion>(
    (turned, angle, at) => multiply(turned, aboutAxis(order[at] as "X" | "Y" | "Z", angle)),
    identity,
  );
}

/**
 * Angles in the order of the axes, in radians; the middle one lies within ±π/2. Where it is ±π/2 the
 * outer two turn about the same axis; the last one is 0 then.
 */
export function quaternionToEuler(quaternion: Quaternion, order: EulerOrder): Vector {
  const [i, j, k] = [...order].map((axis) => "XYZ".indexOf(axis)) as [number, number, number];
  const sign = (j - i + 3) % 3 === 1 ? 1 : -1;
  const matrix = quaternionToMatrix(quaternion);
  const at = (row: number, column: number): number => matrix[row * 3 + column]!;
  const sine = Math.max(-1, Math.min(1, sign * at(i, k)));
  // Through the cosine too, since the arcsine alone loses half of the digits near ±π/2.
  const cosine = Math.hypot(at(i, i), at(i, j));
  const middle = Math.atan2(sine, cosine);
  if (cosine < 1e-7) return [Math.atan2(sign * at(k, j), at(j, j)), middle, 0];
  return [Math.atan2(-sign * at(j, k), at(k, k)), middle, Math.atan2(-sign * at(i, j), at(i, i))];
}

export function quaternionToMatrix([w, x, y, z]: Quaternion): Matrix {
  return [
    ...[1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
    ...[2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
    ...[2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
  ] as unknown as Matrix;
}

/** The quaternion of a rotation matrix; of the two, the one with w >= 0. */
export function matrixToQuaternion(m: Matrix): Quaternion {
  const [a, b, c] = [m[0], m[4], m[8]];
  // Divided by the largest of the four (Shepperd 1978): it is at least 1/2.
  let q: Quaternion;
  if (a + b + c > 0) {
    q = [1 + a + b + c, m[7] - m[5], m[2] - m[6], m[3] - m[1]];
  } else if (a >= b && a >= c) {
    q = [m[7] - m[5], 1 + a - b - c, m[1] + m[3], m[2] + m[6]];
  } else if (b >= c) {
    q = [m[2] - m[6], m[1] + m[3], 1 - a + b - c, m[5] + m[7]];
  } else {
    q = [m[3] - m[1], m[2] + m[6], m[5] + m[7], 1 - a - b + c];
  }
  return normalize(q[0] < 0 ? [-q[0], -q[1], -q[2], -q[3]] : q);
}

/** The same turn with length 1; no turn at all for a quaternion without length. */
export function normalize(q: Quaternion): Quaternion {
  const length = Math.hypot(...q);
  return length > 0 ? [q[0] / length, q[1] / length, q[2] / length, q[3] / length] : identity;
}

/** Between two rotations at a constant speed, the shorter way. @param share From 0 (a) to 1 (b). */
export function slerp(a: Quaternion, b: Quaternion, share: number): Quaternion {
  const cosine = a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3];
  const angle = Math.acos(Math.min(1, Math.abs(cosine)));
  const sine = Math.sin(angle);
  const near = sine < 1e-6;
  const from = near ? 1 - share : Math.sin((1 - share) * angle) / sine;
  const to = (near ? share : Math.sin(share * angle) / sine) * (cosine < 0 ? -1 : 1);
  const mixed = [0, 1, 2, 3].map((i) => from * a[i]! + to * b[i]!);
  return normalize(mixed as unknown as Quaternion);
}

export function matrixToSix(m: Matrix): SixNumbers {
  return [m[0], m[3], m[6], m[1], m[4], m[7]];
}

/**
 * The rotation nearest to six numbers in the sense of Gram and Schmidt: the first three keep their
 * direction. Whatever a network says becomes a rotation: missing directions are taken from the axes.
 */
export function sixToMatrix(six: SixNumbers): Matrix {
  const first = direction([six[0], six[1], six[2]]) ?? [1, 0, 0];
  const given: Vector = [six[3], six[4], six[5]];
  const second =
    direction(without(given, first)) ??
    direction(without(Math.abs(first[1]) < 0.9 ? [0, 1, 0] : [0, 0, 1], first))!;
  const third = [
    first[1] * second[2] - first[2] * second[1],
    first[2] * second[0] - first[0] * second[2],
    first[0] * second[1] - first[1] * second[0],
  ];
  return [0, 1, 2].flatMap((row) => [first[row]!, second[row]!, third[row]!]) as unknown as Matrix;
}

/** What is left of a vector without its part along a direction. */
function without(v: Vector, along: Vector): Vector {
  const part = v[0] * along[0] + v[1] * along[1] + v[2] * along[2];
  return [v[0] - part * along[0], v[1] - part * along[1], v[2] - part * along[2]];
}

function direction(v: Vector): Vector | undefined {
  const length = Math.hypot(...v);
  return length > 1e-8 ? [v[0] / length, v[1] / length, v[2] / length] : undefined;
}
