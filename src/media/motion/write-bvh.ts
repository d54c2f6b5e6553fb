/** Writes BVH. */

import type { Motion } from "../types.ts";
import { rootOf, rotationOf } from "./kinematics.ts";
import { type EulerOrder, quaternionToEuler } from "./rotation.ts";

export interface WriteBvhOptions {
  /** In which order the channels turn; "ZXY" if nothing is said. */
  readonly order?: EulerOrder;
}

/**
 * A motion as BVH text. Joints are written depth first, so their order may differ when read again.
 * @throws If a joint's name is empty or has braces or line breaks, or a number is not finite.
 * @example
 * await writeFile("wave.bvh", writeBvh(animateFigure("waveLeft")));
 */
export function writeBvh(motion: Motion, { order = "ZXY" }: WriteBvhOptions = {}): string {
  const { skeleton, frames } = motion;
  const lines = ["HIERARCHY"];
  /** Joints in the order in which they are written. */
  const written: number[] = [];
  const turns = [...order].map((axis) => `${axis}rotation`).join(" ");

  const writeJoint = (index: number, depth: number): void => {
    const { name, parent, offset } = skeleton.joints[index]!;
    if (!/^[^\s{}]+([^\n\r{}]*[^\s{}])?$/.test(name)) {
      throw new Error(`joint ${index}: ${JSON.stringify(name)} cannot be a name in BVH`);
    }
    const indent = "  ".repeat(depth);
    const root = parent < 0;
    lines.push(`${indent}${root ? "ROOT" : "JOINT"} ${name}`, `${indent}{`);
    lines.push(`${indent}  OFFSET ${numbers(offset, name)}`);
    const channels = root ? `6 Xposition Yposition Zposition ${turns}` : `3 ${turns}`;
    lines.push(`${indent}  CHANNELS ${channels}`);
    written.push(index);
    skeleton.joints.forEach((joint, child) => {
      if (joint.parent === index) writeJoint(child, depth + 1);
    });
    for (const end of skeleton.ends) {
      if (end.joint !== index) continue;
      lines.push(`${indent}  End Site`, `${indent}  {`);
      lines.push(`${indent}    OFFSET ${numbers(end.offset, name)}`, `${indent}  }`);
    }
    lines.push(`${indent}}`);
  };
  writeJoint(0, 0);

  lines.push("MOTION", `Frames: ${frames}`, `Frame Time: ${numbers([motion.frameTime], "time")}`);
  for (let frame = 0; frame < frames; frame++) {
    const values: number[] = [...rootOf(motion, frame)];
    for (const joint of written) {
      const angles = quaternionToEuler(rotationOf(motion, frame, joint), order);
      for (const angle of angles) values.push((angle * 180) / Math.PI);
    }
    lines.push(numbers(values, `frame ${frame + 1}`));
  }
  return `${lines.join("\n")}\n`;
}

/** Six digits after the point, without zeros at the end. */
function numbers(values: readonly number[], where: string): string {
  return values
    .map((value) => {
      if (Number.isFinite(value)) return String(Number(value.toFixed(6)));
      throw new Error(`${where}: ${value} cannot be written as BVH; expected finite numbers`);
    })
    .join(" ");
}
