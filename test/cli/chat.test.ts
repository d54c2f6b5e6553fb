import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import type { Answerer, AnswerPiece, AnswerRequest, Message } from "../../src/cli/answer.ts";
import { describeEnd } from "../../src/cli/answer.ts";
import { answerLines, answerOnce, applyCommand, chat } from "../../src/cli/chat.ts";
import type { Io } from "../../src/cli/io.ts";

/** Streams in place of a process; `tty` makes both outputs claim to be a terminal. */
function fakeIo(tty = false) {
  const stdin = new PassThrough();
  const out = Object.assign(new PassThrough(), { isTTY: tty });
  const err = Object.assign(new PassThrough(), { isTTY: tty });
  const controller = new AbortController();
  const io = {
    stdin,
    stdout: out,
    stderr: err,
    env: { NO_COLOR: "1" },
    exitCode: 0,
    interruptible: () => controller.signal,
  } as unknown as Io; // the streams stand in for those of a terminal
  const read = (stream: PassThrough): string => stream.read()?.toString() ?? "";
  return { io, stdin, stdout: () => read(out), stderr: () => read(err) };
}

/** Answers with the number of messages it was given; keeps every request. */
function fakeModel(thinking = "hm") {
  const requests: AnswerRequest[] = [];
  const model: Answerer = {
    async *answer(request): AsyncGenerator<AnswerPiece> {
      requests.push(request);
      if (request.messages.at(-1)?.content === "fail") throw new Error("no answer");
      if (thinking) yield { kind: "thinking", text: thinking };
      yield { kind: "text", text: `${request.messages.length} ` };
      yield { kind: "text", text: "messages" };
      yield { kind: "end", finishReason: "stop", promptTokens: 5, tokens: 3, seconds: 0.5 };
    },
  };
  return { model, requests };
}

test("a pipe gets the text alone", async () => {
  const { io, stdout, stderr } = fakeIo();
  await answerOnce(io, fakeModel().model, "hi", { system: "Be terse." });
  expect(stdout()).toBe("2 messages\n");
  expect(stderr()).toBe("");
});

test("a terminal sees the thinking and the speed too", async () => {
  const { io, stdout, stderr } = fakeIo(true);
  await answerOnce(io, fakeModel().model, "hi");
  expect(stdout()).toBe("hm\n\n1 messages\n");
  expect(stderr()).toBe("3 tokens, 4.0 tokens/s\n");
});

test("json is one object a line", async () => {
  const { io, stdin, stdout } = fakeIo();
  stdin.end("one\ntwo\n");
  await answerLines(io, fakeModel().model, { json: true });
  const lines = stdout().trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { prompt: "one", thinking: "hm", text: "1 messages", finishReason: "stop", tokens: 3 },
    { prompt: "two", text: "3 messages" },
  ]);
});

test("piped lines are one conversation, with the thinking kept apart", async () => {
  const { io, stdin } = fakeIo();
  const { model, requests } = fakeModel();
  stdin.end("one\n\ntwo\n");
  await answerLines(io, model, { system: "s", thinking: false });
  expect(requests[1]).toMatchObject({
    thinking: false,
    messages: [
      { role: "system", content: "s" },
      { role: "user", content: "one" },
      { role: "assistant", content: "2 messages", reasoning_content: "hm" },
      { role: "user", content: "two" },
    ],
  });
});

test("a failure ends a pipe with its error", async () => {
  const { io, stdin } = fakeIo();
  stdin.end("fail\nnever\n");
  const { model, requests } = fakeModel();
  await expect(answerLines(io, model)).rejects.toThrow("no answer");
  expect(requests).toHaveLength(1);
});

test("a failed turn leaves the chat, and the conversation, as they were", async () => {
  const { io, stdin, stdout, stderr } = fakeIo();
  const { model, requests } = fakeModel("");
  const done = chat(io, model);
  stdin.end("one\n/no_think\nfail\ntwo\n/exit\nnever\n");
  await done;
  expect(stdout()).toBe("1 messages\n3 messages\n");
  expect(stderr()).toContain("onefold: no answer\n");
  expect(requests.map((request) => request.thinking)).toEqual([undefined, false, false]);
});

test("slash commands change the conversation", () => {
  const user: Message = { role: "user", content: "hi" };
  const system: Message = { role: "system", content: "s" };
  const conversation = { messages: [system, user], thinking: undefined };
  applyCommand(conversation, { kind: "clear" });
  expect(conversation.messages).toEqual([system]);
  applyCommand(conversation, { kind: "system", text: "t" });
  expect(conversation.messages).toEqual([{ role: "system", content: "t" }]);
  applyCommand(conversation, { kind: "system", text: "" });
  expect(conversation.messages).toEqual([]);
  applyCommand(conversation, { kind: "think", isOn: true });
  expect(conversation.thinking).toBe(true);
  const unknown = { kind: "unknown", command: "/clera", nearest: "/clear" } as const;
  expect(applyCommand(conversation, unknown)).toBe("There is no /clera; did you mean /clear?");
});

test("the end of an answer says why it ended", () => {
  const end = { kind: "end", promptTokens: 1, tokens: 1, seconds: 0 } as const;
  expect(describeEnd({ ...end, finishReason: "stop" })).toBe("1 token");
  expect(describeEnd({ ...end, finishReason: "length" })).toBe("1 token, cut at the token limit");
});
