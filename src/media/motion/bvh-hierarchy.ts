/** The first half of a BVH file: which joints there are, and which numbers of a frame are whose. */

import type { Joint, Skeleton } from "../types.ts";

type Axis = "X" | "Y" | "Z";

/** What one number of a frame says. */
export interface Channel {
  readonly joint: number;
  readonly kind: "position" | "rotation";
  readonly axis: Axis;
}

export interface Hierarchy {
  readonly skeleton: Skeleton;
  readonly channels: readonly Channel[];
  /** The line that says MOTION, counted from 0. */
  readonly motionLine: number;
}

/** Throws one sentence about a line, counted from 0. */
export type Fail = (line: number, problem: string) => never;

const maximumJoints = 4096;
const maximumDepth = 256;

/**
 * Reads up to the line MOTION.
 * @throws Through `fail`, naming the line and what was expected.
 */
export function parseHierarchy(lines: readonly string[], fail: Fail): Hierarchy {
  const joints: Joint[] = [];
  const ends: Skeleton["ends"][number][] = [];
  const channels: Channel[] = [];
  const hasChannels = new Set<number>();
  /** Blocks that are open: joints by index, and End Sites. */
  const open: { readonly joint: number; readonly end: boolean; hasOffset: boolean }[] = [];

  const words = tokens(lines);
  let word = words.next();
  const take = (expected: string): Word => {
    if (word.done) return fail(lines.length - 1, `the file ends where ${expected} was expected`);
    const { value } = word;
    word = words.next();
    return value;
  };
  const expect = (wanted: string, where: string): Word => {
    const got = take(`"${wanted}" ${where}`);
    if (got.text.toUpperCase() === wanted) return got;
    return fail(got.line, `${quoted(got.text)} where "${wanted}" was expected ${where}`);
  };
  const number = (what: string): number => {
    const { text, line } = take(what);
    return readNumber(text) ?? fail(line, `${quoted(text)} where ${what} was expected`);
  };

  const openJoint = (line: number, parent: number): void => {
    if (joints.length >= maximumJoints) fail(line, `more than ${maximumJoints} joints`);
    const name: string[] = [];
    while (!word.done && word.value.line === line && word.value.text !== "{") {
      name.push(take("a name").text);
    }
    if (name.length === 0) fail(line, "a joint without a name");
    expect("{", `after the joint ${quoted(name.join(" "))}`);
    open.push({ joint: joints.length, end: false, hasOffset: false });
    joints.push({ name: name.join(" "), parent, offset: [0, 0, 0] });
  };

  const start = expect("HIERARCHY", "at the start of a BVH file");
  for (;;) {
    const { text, line } = take(open.length > 0 ? '"}"' : '"ROOT" or "MOTION"');
    const block = open.at(-1);
    const keyword = text.toUpperCase();
    if (keyword === "ROOT" && block === undefined) {
      if (joints.length > 0) fail(line, "a second ROOT; expected one skeleton a file");
      openJoint(line, -1);
    } else if (keyword === "MOTION" && block === undefined) {
      if (joints.length === 0) fail(line, "MOTION before any ROOT");
      return { skeleton: { joints, ends }, channels, motionLine: line };
    } else if (block === undefined) {
      fail(line, `${quoted(text)} where "ROOT" or "MOTION" was expected`);
    } else if (keyword === "OFFSET") {
      const axis = (name: Axis): number => number(`the ${name} of an OFFSET`);
      const offset = [axis("X"), axis("Y"), axis("Z")] as const;
      if (block.hasOffset) fail(line, "a second OFFSET in one block");
      block.hasOffset = true;
      if (block.end) ends.push({ joint: block.joint, offset });
      else joints[block.joint] = { ...joints[block.joint]!, offset };
    } else if (keyword === "}") {
      if (!block.hasOffset) fail(line, "a block that ends without an OFFSET");
      open.pop();
    } else if (block.end) {
      fail(line, `${quoted(text)} in an End Site; expected "OFFSET" or "}"`);
    } else if (keyword === "CHANNELS") {
      if (hasChannels.has(block.joint)) fail(line, "a second CHANNELS in one joint");
      hasChannels.add(block.joint);
      const count = number("a number of channels");
      if (!(count >= 0 && count <= 6)) fail(line, `${count} channels; expected 0 to 6`);
      const own: Channel[] = [];
      for (let i = 0; i < count; i++) {
        const name = take(`${count} names of channels`);
        const channel = channelOf(block.joint, name.text);
        if (channel === undefined) {
          const known = "Xposition to Zposition and Xrotation to Zrotation";
          fail(name.line, `the channel ${quoted(name.text)}; expected ${known}`);
        } else if (own.some(({ kind, axis }) => kind === channel.kind && axis === channel.axis)) {
          fail(name.line, `the channel ${quoted(name.text)} twice in one joint`);
        } else own.push(channel);
      }
      channels.push(...own);
    } else if (keyword === "JOINT") {
      if (open.length >= maximumDepth) fail(line, `joints nested more than ${maximumDepth} deep`);
      openJoint(line, block.joint);
    } else if (keyword === "END") {
      expect("SITE", 'after "End"');
      expect("{", "after an End Site");
      open.push({ joint: block.joint, end: true, hasOffset: false });
    } else {
      fail(line, `${quoted(text)} in a joint; expected OFFSET, CHANNELS, JOINT, End Site or "}"`);
    }
    if (joints.length === 0) fail(start.line, "no ROOT");
  }
}

interface Word {
  readonly text: string;
  readonly line: number;
}

function* tokens(lines: readonly string[]): Generator<Word, undefined> {
  for (const [line, content] of lines.entries()) {
    for (const text of content.split(/\s+|([{}])/)) if (text) yield { text, line };
  }
}

function channelOf(joint: number, name: string): Channel | undefined {
  const parts = /^([XYZ])(position|rotation)$/i.exec(name);
  if (parts === null) return undefined;
  const [, axis, kind] = parts as unknown as [string, string, string];
  return {
    joint,
    kind: kind.toLowerCase() as Channel["kind"],
    axis: axis.toUpperCase() as Axis,
  };
}

/** A decimal number that leaves room for sums in 32 bits; undefined otherwise. */
export function readNumber(text: string): number | undefined {
  if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)) return undefined;
  const value = Number(text);
  return Math.abs(value) < 1e9 ? value : undefined;
}

/** A word of the file, short enough for a sentence. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
