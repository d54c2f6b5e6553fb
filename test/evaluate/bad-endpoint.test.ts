/** Endpoints that fail in the middle of a run: every item is accounted for, and the run ends. */

import { mkdtemp } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  createEndpointModel,
  defineTask,
  type EndpointOptions,
  evaluate,
} from "../../src/evaluate/index.ts";
import { PromptTooLongError } from "../../src/evaluate/model/too-long.ts";
import { answerOf, serveAnswers } from "./serve-answers.ts";

const folder = () => mkdtemp(join(tmpdir(), "onefold-bad-endpoint-"));

const words = (all: readonly string[]) =>
  defineTask({
    name: "words",
    kind: "generate_until",
    items: () => all.map((word) => ({ id: word, doc: { word } })),
    text: (doc) => String(doc.word),
    target: () => "yes",
    maxTokens: 4,
  });

const open = (url: string, options: Partial<EndpointOptions> = {}) =>
  createEndpointModel({ url, model: "m", retries: 1, backoffMs: 1, timeoutMs: 30_000, ...options });

/** Sends a byte now and then, and never ends. */
function trickle(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const timer = setInterval(() => response.write(": keep-alive\n"), 20);
  response.on("close", () => clearInterval(timer));
}

const failures: Record<string, [(response: ServerResponse) => void, string]> = {
  "five hundred": [
    (r) => r.writeHead(500).end("out of memory"),
    "m answered 500: out of memory, 2 times",
  ],
  cut: [
    (r) => {
      r.writeHead(200).write('{"choices": [{"te');
      setTimeout(() => r.destroy(), 10);
    },
    "the endpoint of m cannot be reached, 2 times",
  ],
  half: [
    (r) => r.end('{"choices": [{"te'),
    'm answered 200 with no JSON but "{\\"choices\\": [{\\"te" (17 characters), 2 times',
  ],
  page: [
    (r) => r.end("<html>\n<h1>Bad gateway</h1>"),
    'm answered 200 with no JSON but "<html> <h1>Bad gateway</h1>" (27 characters), 2 times',
  ],
  nothing: [(r) => r.end(), "m answered 200 with no JSON but nothing, 2 times"],
  fields: [(r) => r.end("{}"), "m answered without a text in choices[0]"],
  inside: [
    (r) => r.end('{"error": {"message": "no such model"}}'),
    "m answered without a text in choices[0]: no such model",
  ],
  null: [(r) => r.end(answerOf(null)), "m answered without a text in choices[0]"],
  endless: [
    (r) => {
      r.writeHead(200);
      const more = () => {
        while (!r.destroyed && r.write(Buffer.alloc(1 << 20, 32)));
      };
      r.on("drain", more);
      more();
    },
    "m answered with more than 32 MiB, 2 times",
  ],
  refused: [(r) => r.writeHead(403).end("no"), "m answered 403: no"],
};

test("each failure is an item of its own with its reason; the others are scored", async () => {
  const names = ["first", ...Object.keys(failures), "last"];
  using endpoint = await serveAnswers(({ text }, response) => {
    const failure = failures[text];
    if (failure) failure[0](response);
    else response.end(answerOf("yes"));
  });
  const out = await folder();
  using model = open(endpoint.url);
  const { results, isComplete } = await evaluate({ model, tasks: [words(names)], out });
  const [result] = results;
  expect(isComplete).toBe(false);
  expect(result).toMatchObject({ requested: names.length, scored: 2, failed: names.length - 2 });
  expect(Object.fromEntries(result!.failures.map(({ id, error }) => [id, error]))).toEqual(
    Object.fromEntries(Object.entries(failures).map(([name, [, error]]) => [name, error])),
  );
  expect(result!.metrics[0]).toMatchObject({ value: 2 / names.length, scoredValue: 1 });
});

test("an answer that trickles without end is given up in time", async () => {
  using endpoint = await serveAnswers((_, response) => trickle(response));
  using model = open(endpoint.url, { timeoutMs: 100 });
  await expect(model.generate([{ prompt: "?" }])).rejects.toThrow("no answer in 100 ms, 2 times");
});

test("500s from the fourth request on: what was answered stays, the rest is asked again later", async () => {
  let isUp = false;
  using endpoint = await serveAnswers(({ index }, response) => {
    if (isUp || index < 3) response.end(answerOf("yes"));
    else response.writeHead(500).end();
  });
  const task = words(["a", "b", "c", "d", "e", "f"]);
  const out = await folder();
  using model = open(endpoint.url, { concurrency: 1 });
  const first = await evaluate({ model, tasks: [task], out });
  expect(first.results[0]).toMatchObject({ requested: 6, scored: 3, failed: 3 });
  isUp = true;
  const second = await evaluate({ model, tasks: [task], out });
  expect(second.results[0]).toMatchObject({ requested: 6, scored: 6, failed: 0, resumed: 3 });
  expect(second.isComplete).toBe(true);
});

test("a model that thinks until its tokens are used up has said nothing, and is cut off", async () => {
  using endpoint = await serveAnswers(({ body }, response) => {
    expect(body.max_tokens).toBe(4);
    const message = { content: null, reasoning_content: "hm, well" };
    response.end(JSON.stringify({ choices: [{ message, finish_reason: "length" }] }));
  });
  using model = open(endpoint.url);
  const prompt = [{ role: "user" as const, content: "?" }];
  const [answer] = await model.generate([{ prompt, maxTokens: 4 }]);
  expect(answer).toMatchObject({ text: "", reasoning: "hm, well", finishReason: "length" });
});

test("a prompt that is too long is told from other refusals", async () => {
  const says = [
    { error: { code: "context_length_exceeded", message: "too many tokens" } },
    { message: "This model's maximum context length is 4096 tokens.", code: 400 },
    { error: { message: "the request exceeds the available context size" } },
    { error: { message: "unknown parameter" } },
  ];
  using endpoint = await serveAnswers(({ index }, response) => {
    response.writeHead(400).end(JSON.stringify(says[index]));
  });
  using model = open(endpoint.url, { retries: 0 });
  const kinds: boolean[] = [];
  for (const _ of says) {
    const asked = model.generate([{ prompt: "?" }]);
    kinds.push(
      await asked.then(
        () => false,
        (error) => error instanceof PromptTooLongError,
      ),
    );
  }
  expect(kinds).toEqual([true, true, true, false]);
});
