/** A thousand clients that misbehave, and ten thousand bodies that make no sense. */

import { once } from "node:events";
import { connect } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom } from "../../src/nn/random.ts";
import { createApp, createModelPool } from "../../src/serve/index.ts";
import { fuzz, fuzzRuns } from "../fuzz.ts";
import { mini, scripted, startTest } from "./support.ts";

const ROUTES = [
  "/v1/chat/completions",
  "/v1/completions",
  "/v1/responses",
  "/v1/embeddings",
  "/v1/rerank",
  "/tokenize",
  "/detokenize",
];

test("1,000 abusive requests leave no slot taken, no answer mixed up, no memory behind", async () => {
  const server = await startTest([mini], { bodyLimit: 50_000 });
  const random = createRandom(3);
  const pick = (n: number): number => Math.floor(random.uniform() * n);
  const { hostname, port } = new URL(server.url);
  const headers = { "content-type": "application/json" };
  const chat = (extra: object): string => {
    const messages = [{ role: "user", content: `What is ${pick(90)} + ${pick(90)}?` }];
    return JSON.stringify({ messages, max_tokens: 1 + pick(24), ...extra });
  };
  const url = `${server.url}/v1/chat/completions`;
  const statuses = new Map<number, number>();
  const send = async (body: string, signal?: AbortSignal): Promise<void> => {
    const reply = await fetch(url, { method: "POST", headers, body, signal });
    statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
    const text = await reply.text();
    if (reply.status === 200) expect(text).toContain("onefold-mini");
  };
  const abuses: (() => Promise<void>)[] = [
    () => send(chat({ stream: random.uniform() < 0.5 })),
    () => send(chat({}).slice(0, pick(60))),
    () => send(chat({ n: pick(9) - 2, temperature: pick(5) - 1 })),
    () => send(chat({ messages: [{ role: "user", content: "long ".repeat(3000) }] })),
    () => send(JSON.stringify({ messages: [{ role: "user", content: "x".repeat(60_000) }] })),
    async () => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), pick(40));
      const body = chat({ stream: random.uniform() < 0.7, max_tokens: 200 });
      await send(body, controller.signal);
    },
    // A connection that dies in the middle of its own request, or before it read its answer.
    async () => {
      const socket = connect(Number(port), hostname).on("error", () => {});
      await once(socket, "connect");
      const body = chat({ stream: true });
      const length = Buffer.byteLength(body) + (random.uniform() < 0.5 ? 100 : 0);
      socket.write(
        `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n` +
          `content-length: ${length}\r\n\r\n${body}`,
      );
      await new Promise((done) => setTimeout(done, pick(30)));
      socket.destroy();
    },
    // A reader that takes its time.
    async () => {
      const reply = await fetch(url, { method: "POST", headers, body: chat({ stream: true }) });
      for await (const _ of reply.body ?? [])
        await new Promise((done) => setTimeout(done, pick(5)));
    },
  ];
  await send(chat({}));
  const used = (): number => process.memoryUsage().rss / 2 ** 20;
  let warm = 0;
  for (let i = 0; i < 1000; ) {
    const batch = Array.from({ length: 8 }, () => abuses[pick(abuses.length)]!());
    for (const outcome of await Promise.allSettled(batch)) {
      if (outcome.status === "fulfilled") continue;
      if (outcome.reason.name === "AssertionError") throw outcome.reason; // others are what was asked for
    }
    i += batch.length;
    if (i === 400) warm = used();
  }
  await expect.poll(() => server.app.active.size, { timeout: 20_000 }).toBe(0);
  const text = await (await fetch(`${server.url}/metrics`)).text();
  expect(text).toMatch(/^onefold_engine_running\{.*\} 0$/m);
  expect(text).toMatch(/^onefold_engine_waiting\{.*\} 0$/m);
  expect(statuses.get(500)).toBeUndefined();
  for (const status of [200, 400, 413]) expect(statuses.get(status)).toBeGreaterThan(0);
  expect(used() - warm).toBeLessThan(150);
  const { choices } = await server.client.chat.completions.create({
    model: "onefold-mini",
    messages: [{ role: "user", content: "What is 12 + 30?" }],
  });
  expect(choices[0]!.finish_reason).toBe("stop");
  await server.close();
}, 300_000);

test("answers that are computed together are those that each question gets alone", async () => {
  const server = await startTest();
  const ask = async (question: string): Promise<string> => {
    const { choices } = await server.client.chat.completions.create({
      model: "onefold-mini",
      messages: [{ role: "user", content: question }],
      temperature: 0,
      max_tokens: 40,
    });
    return JSON.stringify(choices[0]!.message);
  };
  const questions = [12, 25, 37, 48, 59, 61].map((n) => `What is ${n} + 30?`);
  const alone: string[] = [];
  for (const question of questions) alone.push(await ask(question));
  expect(new Set(alone).size).toBe(questions.length);
  expect(await Promise.all(questions.map(ask))).toEqual(alone);
  await server.close();
});

test("10,000 bodies of any JSON, and of nearly right requests, are answered or refused", async () => {
  const model = await scripted({ answers: ["ok <tool_call>\n{}"] });
  const pool = createModelPool([{ name: "scripted", load: async () => model }]);
  const failures: unknown[] = [];
  const app = createApp(pool, { log: ({ error }) => error && failures.push(error) });
  const text = fc.oneof(fc.string({ maxLength: 12 }), fc.constant("<|im_start|>"));
  const any = fc.oneof(fc.jsonValue({ maxDepth: 3 }), text, fc.integer(), fc.constant(null));
  const nearly = <T>(value: fc.Arbitrary<T>) =>
    fc.oneof({ arbitrary: value, weight: 6 }, { arbitrary: any, weight: 1 });
  const message = fc.record(
    {
      role: nearly(fc.constantFrom("user", "assistant", "system", "tool", "developer")),
      content: nearly(fc.oneof(text, fc.array(fc.record({ type: fc.constant("text"), text })))),
      tool_calls: nearly(
        fc.array(fc.record({ function: fc.record({ name: text, arguments: text }) }), {
          maxLength: 2,
        }),
      ),
      reasoning_content: nearly(text),
    },
    { requiredKeys: ["role", "content"] },
  );
  const request = fc.record(
    {
      model: fc.oneof(fc.constant(null), fc.constant("scripted"), text),
      messages: nearly(fc.array(message, { maxLength: 3 })),
      prompt: nearly(text),
      input: nearly(fc.oneof(text, fc.array(message, { maxLength: 2 }))),
      tokens: nearly(fc.array(fc.nat(3000), { maxLength: 4 })),
      query: nearly(text),
      documents: nearly(fc.array(text, { maxLength: 2 })),
      n: nearly(fc.integer({ min: -1, max: 3 })),
      stop: nearly(fc.oneof(text, fc.array(text, { maxLength: 3 }))),
      stream: nearly(fc.boolean()),
      logprobs: nearly(fc.boolean()),
      top_logprobs: nearly(fc.integer({ min: -1, max: 21 })),
      logit_bias: nearly(
        fc.dictionary(fc.nat(3000).map(String), fc.integer({ min: -100, max: 100 })),
      ),
      max_tokens: nearly(fc.integer({ min: -1, max: 50 })),
      thinking_budget: nearly(fc.integer({ min: -1, max: 60 })),
      reasoning_effort: nearly(fc.constantFrom("none", "low", "high")),
      tools: nearly(
        fc.array(
          fc.record({ type: fc.constant("function"), function: fc.record({ name: text }) }),
          { maxLength: 2 },
        ),
      ),
      tool_choice: nearly(fc.constantFrom("none", "auto")),
      chat_template_kwargs: any,
      stream_options: any,
      temperature: nearly(fc.double({ min: -1, max: 3, noNaN: true })),
    },
    { requiredKeys: ["messages", "prompt", "input", "tokens", "query", "documents"] },
  );
  const body = fc.oneof(
    { arbitrary: request.map((value) => JSON.stringify(value)), weight: 8 },
    { arbitrary: any.map((value) => JSON.stringify(value)), weight: 1 },
    { arbitrary: fc.string({ maxLength: 40 }), weight: 1 },
  );
  const seen = new Map<number, number>();
  const route = fc.constantFrom(...ROUTES.filter((path) => !/embed|rerank/.test(path)));
  await fuzz(
    10_000,
    fc.asyncProperty(
      fc.oneof(
        { arbitrary: route, weight: 9 },
        { arbitrary: fc.constantFrom(...ROUTES), weight: 1 },
      ),
      body,
      async (path, json) => {
        const init = {
          method: "POST",
          body: json,
          headers: { "content-type": "application/json" },
        };
        const reply = await app.fetch(new Request(`http://localhost${path}`, init));
        const answer = await reply.text();
        seen.set(reply.status, (seen.get(reply.status) ?? 0) + 1);
        expect([200, 400, 404], `${path} ${json} ${failures}`).toContain(reply.status);
        if (reply.status !== 200) {
          const { error } = JSON.parse(answer);
          expect(error.message).toMatch(/^[^\n]+$/);
        }
      },
    ),
  );
  expect(failures).toEqual([]);
  expect(app.active.size).toBe(0);
  for (const status of [200, 400, 404]) expect(seen.get(status)).toBeGreaterThan(fuzzRuns(100));
}, 1_800_000);
