import * as fc from "fast-check";
import { expect, it } from "vitest";
import { addToolCalls, events, readPiece, ServerError } from "../../studio/src/stream.ts";

const bodyOf = (pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });

it("reads the same events wherever the network cuts them", async () => {
  const said = ['{"a":"é你"}', "two", "[DONE]"];
  const bytes = new TextEncoder().encode(
    `: comment\n${said.map((data) => `event: x\r\ndata: ${data}\r\n\r\n`).join("")}`,
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length)), async (cuts) => {
      const ends = [...cuts.sort((a, b) => a - b), bytes.length];
      const pieces = ends.map((end, i) => bytes.slice(ends[i - 1] ?? 0, end));
      const got: string[] = [];
      for await (const data of events(bodyOf(pieces))) got.push(data);
      expect(got).toEqual(said);
    }),
  );
});

it("takes content, reasoning, probabilities, tool calls and usage out of chunks", () => {
  const top_logprobs = [{ token: "b", logprob: -2 }];
  expect(
    readPiece({
      choices: [
        {
          delta: { content: "a", reasoning_content: "hm" },
          logprobs: { content: [{ token: "a", logprob: -0.1, top_logprobs }] },
          finish_reason: "stop",
        },
      ],
    }),
  ).toEqual({
    content: "a",
    reasoning: "hm",
    tokens: [{ text: "a", logprob: -0.1, top: [{ text: "b", logprob: -2 }] }],
    finish: "stop",
  });
  const usage = { prompt_tokens: 1, completion_tokens: 2 };
  expect(readPiece({ choices: [], usage })).toEqual({ usage });
  expect(() => readPiece({ error: { message: "no" } })).toThrow(ServerError);
});

it("puts tool calls together from pieces of their arguments", () => {
  let calls = addToolCalls([], [{ index: 0, id: "c1", name: "add", arguments: "" }]);
  calls = addToolCalls(calls, [{ index: 0, arguments: '{"a":' }]);
  calls = addToolCalls(calls, [
    { index: 0, arguments: "1}" },
    { index: 1, id: "c2", name: "now", arguments: "{}" },
  ]);
  expect(calls).toEqual([
    { id: "c1", name: "add", arguments: '{"a":1}' },
    { id: "c2", name: "now", arguments: "{}" },
  ]);
});
