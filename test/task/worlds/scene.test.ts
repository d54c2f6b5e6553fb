import { expect, test } from "vitest";
import { createRandom } from "../../../src/nn/random.ts";
import {
  askScene,
  askScenes,
  captionScenes,
  classifyShapes,
  detectScenes,
  drawingScenes,
  entailScenes,
  makeScene,
  referringPhrases,
  referScenes,
  SCENE_QUESTION_KINDS,
  type SceneObject,
  SHAPE_LABELS,
  streamWorld,
} from "../../../src/task/worlds/index.ts";
import { take } from "./take.ts";

const look = (o: SceneObject) => `${o.colour} ${o.shape} ${o.place.row} ${o.place.column}`;

test("the same seed gives the same scenes, another seed others", () => {
  const draw = (seed: number) => take(streamWorld(captionScenes, seed, "train"), 5);
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
});

test("boxes hold every pixel of the objects, and nothing is smaller", () => {
  for (const { image, objects } of take(
    streamWorld(
      (random, split) => makeScene(random, split, { isPlain: true, most: 1 }),
      3,
      "train",
    ),
    60,
  )) {
    const [left, top, right, bottom] = objects[0].box;
    const paper = image.data.subarray(0, 3);
    let [x0, y0, x1, y1] = [64, 64, 0, 0];
    for (let y = 0; y < 64; y++) {
      for (let x = 0; x < 64; x++) {
        const pixel = image.data.subarray((y * 64 + x) * 3, (y * 64 + x) * 3 + 3);
        if (pixel.every((value, c) => value === paper[c])) continue;
        [x0, y0] = [Math.min(x0, x), Math.min(y0, y)];
        [x1, y1] = [Math.max(x1, x + 1), Math.max(y1, y + 1)];
      }
    }
    // A pixel less than half covered is not the object's: one on each side, two at a tip of a star.
    for (const [drawn, box] of [
      [x0, left],
      [y0, top],
      [right, x1],
      [bottom, y1],
    ]) {
      expect(box - drawn).toBeGreaterThanOrEqual(0);
      expect(box - drawn).toBeLessThanOrEqual(2);
    }
  }
});

test("objects never overlap", () => {
  for (const { objects } of take(streamWorld(makeScene, 4, "train"), 300)) {
    for (const [i, a] of objects.entries()) {
      for (const b of objects.slice(i + 1)) {
        const isApart =
          a.box[2] <= b.box[0] ||
          b.box[2] <= a.box[0] ||
          a.box[3] <= b.box[1] ||
          b.box[3] <= a.box[1];
        expect(isApart, `${look(a)} / ${look(b)}`).toBe(true);
      }
    }
  }
});

test("held-out scenes show a look that training never shows", () => {
  const looks = (split: "train" | "heldout") =>
    take(streamWorld(makeScene, 5, split), 1500).map((scene) => scene.objects.map(look));
  const trained = new Set(looks("train").flat());
  for (const scene of looks("heldout")) {
    expect(scene.some((name) => !trained.has(name))).toBe(true);
  }
  // 8 colours, 6 shapes, 9 places, an eighth held out.
  expect(trained.size).toBeGreaterThan(350);
  expect(trained.size).toBeLessThan(400);
});

test("answers follow from the objects", () => {
  const random = createRandom(6);
  const seen = new Set<string>();
  const find = (objects: readonly SceneObject[], name: string) =>
    objects.find((o) => name.includes(o.colour) && name.includes(o.shape));
  for (let i = 0; i < 4000; i++) {
    const scene = makeScene(random, "train");
    const { objects } = scene;
    const asked = askScene(random, "train", scene, SCENE_QUESTION_KINDS[i % 9]);
    if (!asked) continue;
    const { kind, question, answer } = asked;
    seen.add(`${kind} ${kind === "exists" || kind === "relation" ? answer : ""}`);
    const only = objects.filter((o) => question.includes(o.shape));
    if (kind === "colour") expect(only.map((o) => o.colour)).toEqual([answer]);
    if (kind === "size") expect(only.map((o) => o.size)).toEqual([answer]);
    if (kind === "count") expect(Number(answer)).toBe(objects.length);
    if (kind === "countShape") expect(Number(answer)).toBe(only.length);
    if (kind === "exists") expect(find(objects, question) ? "yes" : "no").toBe(answer);
    if (kind === "relation") {
      const [, first, side, second] = /is the (.*) (left of|right of|above|below) the (.*)\?/.exec(
        question,
      ) as RegExpExecArray;
      const [a, b] = [first, second].map((name) => find(objects, name)?.box ?? []);
      const middle = ([left, top, right, bottom]: readonly number[]) => [
        left + right,
        top + bottom,
      ];
      const [dx, dy] = [0, 1].map((axis) => middle(a)[axis] - middle(b)[axis]);
      const holds = { "left of": dx < 0, "right of": dx > 0, above: dy < 0, below: dy > 0 }[side];
      expect(holds ? "yes" : "no").toBe(answer);
    }
    if (kind === "neighbour") expect(find(objects, answer)).toBeDefined();
  }
  expect(seen.size).toBe(SCENE_QUESTION_KINDS.length + 2);
});

test("half of the held-out questions are worded as training never does", () => {
  const train = new Set(
    take(streamWorld(askScenes, 7, "train"), 2000).map((q) => q.question.split(" ")[0]),
  );
  const heldout = take(streamWorld(askScenes, 7, "heldout"), 400);
  expect(heldout.filter((q) => q.isNewWording).length / 400).toBeCloseTo(0.5, 0);
  expect(train.has("does")).toBe(false);
  expect(heldout.some((q) => q.question.startsWith("does"))).toBe(true);
});

test("a phrase fits one object alone", () => {
  for (const scene of take(streamWorld(makeScene, 8, "train"), 300)) {
    const phrases = scene.objects.map((object) => referringPhrases(scene, object));
    const all = phrases.flat();
    expect(new Set(all).size).toBe(all.length);
  }
  const { phrase } = streamWorld(referScenes, 8, "train").next().value;
  expect(phrase).toMatch(/^the /);
});

test("captions, labels and hypotheses", () => {
  for (const { caption, references } of take(streamWorld(captionScenes, 9, "train"), 200)) {
    expect(references).toContain(caption);
    expect(caption.split(" ").length).toBeLessThanOrEqual(15);
  }
  for (const { label } of take(streamWorld(classifyShapes, 9, "train"), 50)) {
    expect(SHAPE_LABELS).toContain(label);
  }
  for (const { objects } of take(streamWorld(detectScenes, 9, "train"), 50)) {
    expect(objects.map((o) => o.label)).toEqual([...new Set(objects.map((o) => o.label))]);
  }
  const samples = take(streamWorld(entailScenes, 9, "train"), 300);
  for (const { caption, hypothesis, label } of samples) {
    const name = /there is an? (\w+ \w+)$/.exec(hypothesis)?.[1];
    if (name) expect(caption.includes(name) ? "yes" : "no").toBe(label);
  }
  expect(new Set(samples.map((s) => s.label)).size).toBe(3);
});

test("drawings are 32 x 32, plain, with one or two shapes", () => {
  for (const { image, caption } of take(streamWorld(drawingScenes, 10, "train"), 50)) {
    expect(image.data).toHaveLength(32 * 32 * 3);
    expect(caption).not.toContain(",");
  }
});
