import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { routeQuestion, routes } from "../../src/task/ask.ts";

const image = "scene.png";
const routed = (text: string, file: object = { image }) => {
  const found = routeQuestion({ text, ...file });
  return found && [found.route, found.record];
};

test.each([
  ["", "caption", { image }],
  ["Where is the red circle?", "find", { image, phrase: "the red circle" }],
  ["find the red circle in the image.", "find", { image, phrase: "the red circle" }],
  ["where's waldo", "find", { image, phrase: "waldo" }],
  ["find everything", "detect", { image }],
  ["What are the objects in the picture?", "detect", { image }],
  [
    "where in the image is the ring?",
    "image question",
    { image, question: "where in the image is the ring?" },
  ],
  ["draw conclusions", "image question", { image, question: "draw conclusions" }],
  ["finding nemo?", "image question", { image, question: "finding nemo?" }],
])("%j beside an image is %s", (text, route, record) => {
  expect(routed(text)).toEqual([route, record]);
});

test("sound and videos without words are transcribed and described", () => {
  expect(routed(" ", { audio: "a.wav" })).toEqual(["transcribe", { audio: "a.wav" }]);
  expect(routed("who speaks?", { audio: "a.wav" })).toEqual([
    "audio question",
    { audio: "a.wav", question: "who speaks?" },
  ]);
  expect(routed("", { video: "v.gif" })).toEqual(["describe", { video: "v.gif" }]);
});

test("words alone draw and animate, or are for a chat", () => {
  expect(routed("Draw a red circle.", {})).toEqual(["draw", { caption: "a red circle" }]);
  expect(routed("animate a person waves", {})).toEqual(["animate", { text: "a person waves" }]);
  expect(routed("drawing is fun", {})).toBeUndefined();
  expect(() => routeQuestion({ text: "" })).toThrow("the question is empty");
  expect(() => routeQuestion({ image, audio: "a.wav" })).toThrow(/one file, got image and audio/);
});

test("the page on tasks lists the routes in order", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/tasks.md"), "utf8");
  const [, table] = page.split("<!-- routes:");
  const rows = [...table.matchAll(/^\| (?:`--(\w+)`|nothing) \|.*\| `(.*)` \| (.*) \|$/gm)];
  expect(rows.map(([, file, instruction, name]) => ({ file, instruction, name }))).toEqual(
    routes.map(({ file, instruction, name }) => ({ file, instruction, name })),
  );
});
