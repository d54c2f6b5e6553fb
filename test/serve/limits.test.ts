import { spawn } from "node:child_process";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { refusal } from "../../src/generate/engine/refusal.ts";
import { checked } from "../../src/serve/errors.ts";
import { createModelPool, type LogRecord, startServer } from "../../src/serve/index.ts";
import { json, mini, startScripted, startTest } from "./support.ts";

interface Failure {
  readonly error: { message: string; type: string; param: string | null; code: string | null };
}

let server: Awaited<ReturnType<typeof startTest>>;
beforeAll(async () => {
  server = await startTest([mini], { bodyLimit: 10_000 });
});
afterAll(() => server.close());

const send = (body: string, headers: Record<string, string> = {}, url = server.url) =>
  fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  });
const hi = { messages: [{ role: "user", content: "hi" }] };

test.each([
  ["{", 400, /not JSON/],
  ["", 400, /empty/],
  ["[]", 400, /the body/],
  ['{"messages": []}', 400, /^messages: /],
  ['{"messages": [{"role": "user", "content": 3}]}', 400, /^messages\[0\]\.content: /],
  [
    '{"messages": [{"role": "robot", "content": "x"}]}',
    400,
    /^messages\[0\]\.role: invalid discriminator value: expected 'system' \| /,
  ],
  [
    '{"messages": [{"role": "user"}]}',
    400,
    /content: expected string or array, received undefined$/,
  ],
  [JSON.stringify({ ...hi, functions: [{ name: "f" }] }), 400, /^functions: .*send tools instead$/],
  [JSON.stringify({ ...hi, n: 128 }), 400, /^generate: n is 128, but at most 20 answers can be/],
  [JSON.stringify({ ...hi, temperature: "hot" }), 400, /^temperature: /],
  [JSON.stringify({ ...hi, top_logprobs: 3 }), 400, /needs logprobs/],
  [JSON.stringify({ ...hi, n: 1000 }), 400, /^n: /],
  [JSON.stringify({ ...hi, logit_bias: { x: 1 } }), 400, /^logit_bias/],
  [JSON.stringify({ ...hi, logit_bias: { 999999: 1 } }), 400, /999999/],
  [
    JSON.stringify({
      messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "x" } }] }],
    }),
    400,
    /onefold-mini takes text alone/,
  ],
  [
    JSON.stringify({ ...hi, tools: [{ type: "function", function: { name: "f" } }] }),
    400,
    /onefold-mini has no tools/,
  ],
  [
    JSON.stringify({ messages: [{ role: "user", content: "word ".repeat(1900) }] }),
    400,
    /context|tokens/,
  ],
  [
    JSON.stringify({ messages: [{ role: "user", content: "x".repeat(20_000) }] }),
    413,
    /10000 bytes/,
  ],
  [
    JSON.stringify({
      ...hi,
      response_format: { type: "json_schema", json_schema: { schema: { type: "banana" } } },
    }),
    400,
    /^response_format: .*must be one or more of/,
  ],
])("bad request %# is refused in one sentence", async (body, status, message) => {
  const reply = await send(body);
  const { error } = await json<Failure>(reply);
  expect(error.message).toMatch(message);
  expect(reply.status).toBe(status);
  expect(error.type).toBe("invalid_request_error");
  expect(error.message).not.toContain("\n");
  expect(reply.headers.get("x-request-id")).toMatch(/^req_/);
});

test.each([
  [{}, /^prompt: expected string or array, received undefined$/],
  [
    { prompt: "a", best_of: 3 },
    /^best_of is 3, but answers are not chosen among more than n \(1\)$/,
  ],
  [{ prompt: "a", echo: true, logprobs: 1 }, /^echo: log-probabilities of the prompt are not/],
  [{ prompt: Array(21).fill("a") }, /^prompt: 21 answers are asked for, but at most 20 can be/],
])("a completion that would be another one is refused %#", async (body, message) => {
  const reply = await fetch(`${server.url}/v1/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(reply.status).toBe(400);
  expect((await json<Failure>(reply)).error.message).toMatch(message);
});

test("addresses that cannot be listened on say so", async () => {
  const at = (host: string) =>
    startServer(createModelPool([mini]), { host, port: 0, isInsecure: true });
  await expect(at("")).rejects.toThrow("the host is empty: give an address, such as 127.0.0.1");
  await expect(at("203.0.113.7")).rejects.toThrow(/^203\.0\.113\.7 is no address of this machine/);
});

test("a conversation that cannot fit is refused before its template is rendered", async () => {
  await using own = await startScripted({ answers: ["ok"] });
  const messages = Array(5000).fill({ role: "user", content: "" });
  for (const [path, param] of [
    ["/v1/chat/completions", "messages"],
    ["/tokenize", "messages"],
  ]) {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ messages });
    const reply = await fetch(`${own.url}${path}`, { method: "POST", headers, body });
    const { error } = await json<Failure>(reply);
    expect(error).toMatchObject({ param, code: "context_length_exceeded" });
    expect(error.message).toMatch(
      /^the conversation's 5000 messages cannot fit into the 4096 tokens/,
    );
  }
});

test.each([
  ["/srv/my models/mini/tokenizer_config.json: the template fails", "tokenizer_config.json: the"],
  ["C:\\models\\mini.gguf: no such thing", "mini.gguf: no such thing"],
  ["messages[0]: a path, /srv/x: y, was said", "messages[0]: a path, /srv/x: y, was said"],
])("clients are not told where a model's files lie: %s", (message, told) => {
  const fail = () => {
    throw new Error(message);
  };
  expect(() => checked(fail)).toThrow(told);
  expect(() => checked(fail)).not.toThrow(/^\/srv|^C:/);
});

test("a body without end is cut off at the limit", async () => {
  const body = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(1000).fill(32)),
  });
  const headers = { "content-type": "application/json" };
  const init = { method: "POST", headers, body, duplex: "half" };
  const reply = fetch(`${server.url}/v1/chat/completions`, init as RequestInit);
  await reply.then(
    ({ status }) => expect(status).toBe(413),
    (error) => expect(error).toBeInstanceOf(TypeError), // the connection was closed under it
  );
});

test("request ids are kept, and every request leaves one line in the log", async () => {
  const records: LogRecord[] = [];
  await using own = await startScripted(
    { answers: ["ok"] },
    { log: (record) => records.push(record) },
  );
  const reply = await send(JSON.stringify(hi), { "x-request-id": "my-id.1" }, own.url);
  expect(reply.headers.get("x-request-id")).toBe("my-id.1");
  await send("{", { "x-request-id": "bad id\t" }, own.url);
  expect(records).toMatchObject([
    { level: "info", id: "my-id.1", status: 200, model: "scripted", completionTokens: 1 },
    { level: "info", id: expect.stringMatching(/^req_/), status: 400 },
  ]);
});

test("keys: none, wrong and right; the wider network needs one", async () => {
  await using own = await startScripted({ answers: ["ok"] }, { apiKeys: ["one", "two"] });
  const ask = async (authorization?: string) => {
    const reply = await send(JSON.stringify(hi), authorization ? { authorization } : {}, own.url);
    return [reply.status, reply.ok ? null : (await json<Failure>(reply)).error.code];
  };
  expect(await ask()).toEqual([401, "invalid_api_key"]);
  expect(await ask("Bearer three")).toEqual([401, "invalid_api_key"]);
  expect(await ask("Bearer one")).toEqual([200, null]);
  expect(await ask("Bearer two")).toEqual([200, null]);
  expect((await fetch(`${own.url}/metrics`)).status).toBe(401);
  expect((await fetch(`${own.url}/health`)).status).toBe(200);
  const open = startServer(createModelPool([mini]), { host: "0.0.0.0", port: 0 });
  await expect(open).rejects.toThrow(/set an API key .* --insecure/);
});

test("a page whose name was pointed at this machine is refused without a key", async () => {
  // fetch sets the header itself, so this is said by hand.
  const statusFor = async (host: string, url: string): Promise<number> => {
    const reply = await new Promise<IncomingMessage>((resolve) =>
      get(`${url}/v1/models`, { headers: { host, authorization: "Bearer one" } }, resolve),
    );
    reply.resume();
    return reply.statusCode!;
  };
  expect(await statusFor("evil.example:80", server.url)).toBe(403);
  for (const host of ["localhost:1", "127.0.0.1", "[::1]:8000"]) {
    expect(await statusFor(host, server.url), host).toBe(200);
  }
  await using keyed = await startScripted({ answers: ["ok"] }, { apiKeys: ["one"] });
  expect(await statusFor("proxy.example", keyed.url)).toBe(200);
  await using open = await startScripted(
    { answers: ["ok"] },
    { corsOrigins: ["https://proxy.example"] },
  );
  expect(await statusFor("proxy.example", open.url)).toBe(200);
});

test("web pages of others are refused unless they are allowed", async () => {
  const origin = "https://page.example";
  const ask = (url: string) => send(JSON.stringify(hi), { origin }, url);
  expect((await ask(server.url)).status).toBe(403);
  expect((await send(JSON.stringify(hi), { origin: server.url })).status).toBe(200);
  await using own = await startScripted({ answers: ["ok"] }, { corsOrigins: [origin] });
  const reply = await ask(own.url);
  expect([reply.status, reply.headers.get("access-control-allow-origin")]).toEqual([200, origin]);
  const preflight = await fetch(`${own.url}/v1/chat/completions`, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization",
    },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get("access-control-allow-headers")).toBe("authorization");
});

test("a busy engine is 429 with Retry-After; a failing one hides its inside", async () => {
  await using busy = await startScripted({
    answers: [],
    refusal: refusal("busy", "64 answers wait already"),
  });
  const reply = await send(JSON.stringify(hi), {}, busy.url);
  expect([reply.status, reply.headers.get("retry-after")]).toEqual([429, "1"]);
  expect((await json<Failure>(reply)).error).toMatchObject({ type: "rate_limit_error" });
  const records: LogRecord[] = [];
  await using broken = await startTest(
    [
      {
        name: "broken",
        load: () => Promise.reject(new Error("secret path")),
      },
    ],
    { log: (record) => records.push(record) },
  );
  const failed = await send(JSON.stringify(hi), {}, broken.url);
  expect(failed.status).toBe(500);
  expect((await json<Failure>(failed)).error.message).not.toContain("secret");
  expect(records[0]!.error).toContain("secret path");
});

test("a request that takes too long ends with 408, in a stream with an error event", async () => {
  const answers = ["word ".repeat(1000)];
  await using slow = await startScripted({ answers, pace: 20 }, { timeLimit: 0.2 });
  const reply = await send(JSON.stringify(hi), {}, slow.url);
  expect(reply.status).toBe(408);
  const streamed = await send(JSON.stringify({ ...hi, stream: true }), {}, slow.url);
  const text = await streamed.text();
  expect(text).toContain("took longer than 0.2 s");
  expect(text).not.toContain("[DONE]");
});

test("a client that goes away ends the engine's work", async () => {
  const answers = ["word ".repeat(1000)];
  await using slow = await startScripted({ answers, pace: 10 });
  const gone = async (stream: boolean) => {
    const controller = new AbortController();
    const init = { method: "POST", body: JSON.stringify({ ...hi, stream }) };
    const headers = { "content-type": "application/json" };
    const { signal } = controller;
    const reply = fetch(`${slow.url}/v1/chat/completions`, { ...init, headers, signal });
    if (stream) await (await reply).body!.getReader().read();
    else await expect.poll(() => slow.app.active.size).toBe(1);
    controller.abort();
    await reply.catch(() => {});
  };
  for (const stream of [true, false]) {
    await gone(stream);
    await expect.poll(() => slow.app.active.size, { timeout: 5000 }).toBe(0);
  }
});

test("a reader that stops reading holds no slot, and gets the rest when it reads on", async () => {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  const body = JSON.stringify({
    ...hi,
    stream: true,
    max_tokens: 250,
    logprobs: true,
    top_logprobs: 20,
    logit_bias: { 40: 100 },
  });
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
  socket.pause();
  await expect.poll(async () => running(), { timeout: 20_000 }).toBe(1);
  await expect.poll(async () => running(), { timeout: 60_000 }).toBe(0);
  let text = "";
  socket.setEncoding("utf8").on("data", (data: string) => {
    text += data;
  });
  socket.resume();
  await once(socket, "close");
  expect(text.match(/"finish_reason":"length"/g)).toHaveLength(1);
  expect(text).toContain("[DONE]");
}, 90_000);
const running = async (): Promise<number> => {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return Number(/^onefold_engine_running\{.*\} (\d+)$/m.exec(text)?.[1] ?? 0);
};

test("shutting down refuses what is new, lets answers end, and closes the model", async () => {
  const own = await startScripted({ answers: ["one two three four five six"], pace: 50 });
  const answer = own.client.chat.completions.create({
    model: "scripted",
    messages: [{ role: "user", content: "hi" }],
  });
  await expect.poll(() => own.app.active.size).toBe(1);
  const closed = own.close();
  expect((await own.app.fetch(new Request(`${own.url}/health`))).status).toBe(503);
  expect((await own.app.fetch(new Request(`${own.url}/v1/models`))).status).toBe(503);
  expect((await answer).choices[0]!.message.content).toBe("one two three four five six");
  await closed;
  await expect(fetch(`${own.url}/health`)).rejects.toThrow();
});

test("SIGTERM ends the command when its answers are given", async () => {
  const bin = join(resolve(import.meta.dirname, "../.."), "src/cli/main.ts");
  const start = `const { main } = await import(${JSON.stringify(bin)}); process.exitCode = await main(["serve", "--port", "0", "--json"]);`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", start], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (data: string) => {
    errors += data;
  });
  const [line] = await once(child.stdout.setEncoding("utf8"), "data");
  const { url, models }: { url: string; models: string[] } = JSON.parse(line);
  expect(models).toEqual(["onefold-generalist"]);
  const answer = send(JSON.stringify({ ...hi, logit_bias: { 40: 100 }, max_tokens: 100 }), {}, url);
  await new Promise((done) => setTimeout(done, 100));
  child.kill("SIGTERM");
  const [code] = await once(child, "exit");
  expect((await answer).status).toBe(200);
  expect(code).toBe(0);
  expect(JSON.parse(errors.trim().split("\n").at(-1)!)).toMatchObject({ status: 200 });
}, 60_000);
