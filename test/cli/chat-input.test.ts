import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { parseChatInput } from "../../src/cli/chat-input.ts";
import { type Io, processIo } from "../../src/cli/io.ts";
import { joinBlock, pipedPrompts } from "../../src/cli/prompts.ts";

test.each([
  ["What is 2 + 2?", { kind: "prompt", text: "What is 2 + 2?" }],
  ["  ", { kind: "empty" }],
  ["/think", { kind: "think", isOn: true }],
  ["/no_think ", { kind: "think", isOn: false }],
  ["/system You are terse.", { kind: "system", text: "You are terse." }],
  ["/system", { kind: "system", text: "" }],
  ["/clear", { kind: "clear" }],
  ["/exit", { kind: "exit" }],
  ["/quit", { kind: "exit" }],
  ["/clera", { kind: "unknown", command: "/clera", nearest: "/clear" }],
  // Soft switches inside a question belong to the model.
  ["What is 2 + 2? /no_think", { kind: "prompt", text: "What is 2 + 2? /no_think" }],
  ["/no_think What is 2 + 2?", { kind: "prompt", text: "/no_think What is 2 + 2?" }],
  ["/usr/bin/env", { kind: "prompt", text: "/usr/bin/env" }],
])("%j", (line, expected) => expect(parseChatInput(line)).toEqual(expected));

test("each non-empty piped line is one prompt", async () => {
  const stdin = new PassThrough();
  const io = { ...processIo(), stdin } as unknown as Io; // a stream stands in for the terminal
  using prompts = pipedPrompts(io);
  stdin.end("first\r\n\n  second  \n\nthird");
  const read: (string | undefined)[] = [];
  do read.push(await prompts.next());
  while (read.at(-1) !== undefined);
  expect(read).toEqual(["first", "second", "third", undefined]);
});

test('""" joins lines until it closes or the input ends', async () => {
  const from = (lines: string[]) => async () => lines.shift();
  expect(await joinBlock("one", from(["  two", 'three"""', "four"]))).toBe("one\n  two\nthree");
  expect(await joinBlock('one"""', from(["two"]))).toBe("one");
  expect(await joinBlock("", from(["two"]))).toBe("two");
});
