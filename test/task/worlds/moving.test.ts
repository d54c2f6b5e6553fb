import { expect, test } from "vitest";
import { jointPositions } from "../../../src/media/motion/index.ts";
import type { Image, Motion } from "../../../src/media/types.ts";
import {
  askClips,
  captionClips,
  classifyClips,
  describeMotions,
  makeClip,
  streamWorld,
} from "../../../src/task/worlds/index.ts";
import { take } from "./take.ts";

/** Where the pixels that differ from the paper lie, and how many they are. */
function findFigure({ data, width }: Image): { x: number; y: number; count: number } {
  const [red, green, blue] = data; // A corner: no single shape reaches it.
  let [x, y, count] = [0, 0, 0];
  for (let at = 0; at < data.length; at += 3) {
    const far = Math.max(
      Math.abs(data[at] - red),
      Math.abs(data[at + 1] - green),
      Math.abs(data[at + 2] - blue),
    );
    if (far < 55) continue;
    x += (at / 3) % width;
    y += Math.floor(at / 3 / width);
    count++;
  }
  return { x: x / count, y: y / count, count };
}

test("shapes do what the label says", () => {
  for (const { video, label } of take(streamWorld(classifyClips, 1, "train"), 200)) {
    expect(video.frames).toHaveLength(8);
    expect(video.times[7]).toBe(7 / 8);
    const [first, last] = [findFigure(video.frames[0]), findFigure(video.frames[7])];
    if (first.count < 6 || last.count < 6) continue; // Pale on pale: nothing to measure.
    const [dx, dy, growth] = [last.x - first.x, last.y - first.y, last.count / first.count];
    if (label === "moves left") expect(dx).toBeLessThan(-8);
    if (label === "moves right") expect(dx).toBeGreaterThan(8);
    if (label === "moves up") expect(dy).toBeLessThan(-8);
    if (label === "moves down") expect(dy).toBeGreaterThan(8);
    if (label === "grows") expect(growth).toBeGreaterThan(2);
    if (label === "shrinks") expect(growth).toBeLessThan(0.5);
  }
});

test("captions and answers follow from the objects; looks in motion are held out", () => {
  const looks = (split: "train" | "heldout") =>
    take(streamWorld(makeClip, 2, split), 700).map(({ objects }) =>
      objects.map((o) => `${o.colour} ${o.shape} ${o.action}`),
    );
  const trained = new Set(looks("train").flat());
  for (const clip of looks("heldout")) expect(clip.some((look) => !trained.has(look))).toBe(true);
  for (const { caption, references } of take(streamWorld(captionClips, 3, "train"), 60)) {
    expect(references).toContain(caption);
    expect(caption).not.toMatch(/\ba [aeiou]/);
  }
  for (const { kind, question, answer, objects } of take(streamWorld(askClips, 4, "train"), 200)) {
    const asked = objects.find((o) => question.includes(o.shape));
    if (kind === "action") expect(answer).toBe(asked?.action);
    if (kind === "colour") expect(answer).toBe(asked?.colour);
    if (kind === "count") expect(answer).toBe(`${objects.length}`);
    if (kind === "check") expect(answer === "yes").toBe(question.includes(asked?.action ?? "?"));
  }
});

/** How far the root goes over the ground, and how often it leaves it, in metres and times. */
function measureRoot({ root, frames }: Motion): { distance: number; flights: number } {
  const rest = root[1];
  let flights = 0;
  for (let frame = 1; frame < frames; frame++) {
    const [before, now] = [root[frame * 3 - 2], root[frame * 3 + 1]];
    if (before <= rest + 0.12 && now > rest + 0.12) flights++;
  }
  const end = (frames - 1) * 3;
  return { distance: Math.hypot(root[end] - root[0], root[end + 2] - root[2]), flights };
}

test("a figure does what its sentence says, as often and as fast", () => {
  const samples = take(streamWorld(describeMotions, 5, "train"), 300);
  for (const { text, action, motion } of samples) {
    expect(motion.frames).toBe(40);
    const { flights } = measureRoot(motion);
    if (action === "jump") expect(flights, text).toBe(text.endsWith("twice") ? 2 : 1);
  }
  const speeds = (manner: string) =>
    samples
      .filter(({ action, text }) => action === "walk" && text.endsWith(manner))
      .map(({ motion }) => measureRoot(motion).distance);
  expect(Math.max(...speeds("slowly"))).toBeLessThan(Math.min(...speeds("quickly")));
  const waves = samples.filter(({ action }) => action === "waveLeft" || action === "waveRight");
  for (const { text, motion } of waves) {
    // Ends 1 and 2 are the left and the right hand; the one that waves is higher.
    const { ends } = jointPositions(motion);
    expect(ends[1 * 3 + 1] > ends[2 * 3 + 1], text).toBe(text.includes("left"));
  }
});

test("held-out sentences are none of training's", () => {
  const seen = new Set(take(streamWorld(describeMotions, 6, "train"), 600).map((s) => s.text));
  const heldout = take(streamWorld(describeMotions, 6, "heldout"), 100);
  expect(heldout.some((sample) => seen.has(sample.text))).toBe(false);
});
