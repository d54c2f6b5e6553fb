import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadTokenizer } from "../../src/media/text/index.ts";
import { jsonLines, variantRow } from "../evaluate/sage/variants.ts";
import { json, mini, miniFolder, startScripted, startTest } from "./support.ts";

const runs = mkdtempSync(join(tmpdir(), "onefold-runs-"));
let server: Awaited<ReturnType<typeof startTest>>;
beforeAll(async () => {
  server = await startTest([mini], { runs, work: runs });
});
afterAll(async () => {
  await server.close();
  rmSync(runs, { recursive: true });
});

const post = (path: string, body: unknown): Promise<Response> =>
  fetch(`${server.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

interface Tokens {
  readonly tokens: number[];
  readonly count: number;
}

interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
}

interface Operation {
  readonly operationId: string;
  readonly requestBody?: RequestBody;
  readonly responses: { readonly 200: { readonly content: object } };
}

interface RequestBody {
  readonly content: Record<string, { readonly schema: { readonly required: string[] } }>;
}

interface Reranked {
  readonly error?: { readonly message: string };
  readonly results: { readonly relevance_score: number }[];
}

test("completions continue texts and token ids alike, and a stream adds up to the whole", async () => {
  const tokenizer = await loadTokenizer(miniFolder);
  const prompt = "<|im_start|>user\nWhat is 12 + 30?<|im_end|>\n<|im_start|>assistant\n";
  const settings = { model: "onefold-mini", temperature: 0, max_tokens: 20 };
  const whole = await server.client.completions.create({ ...settings, prompt });
  const ids = Array.from(tokenizer.encode(prompt));
  const byIds = await server.client.completions.create({ ...settings, prompt: [ids, ids] });
  expect(byIds.choices.map(({ text }) => text)).toEqual(Array(2).fill(whole.choices[0]!.text));
  expect(byIds.usage!.prompt_tokens).toBe(2 * whole.usage!.prompt_tokens);
  const stream = await server.client.completions.create({ ...settings, prompt, stream: true });
  let text = "";
  for await (const { choices } of stream) text += choices[0]?.text ?? "";
  expect(text).toBe(whole.choices[0]!.text);
  expect(text).toContain("<think>"); // no template, no parser: all of it
});

test("completions echo prompts, or report log-probabilities in the old form", async () => {
  const asked = {
    model: "onefold-mini",
    prompt: "3 + 4",
    max_tokens: 2,
    logit_bias: { "40": 100 },
  };
  const echoed = await server.client.completions.create({ ...asked, echo: true });
  expect(echoed.choices[0]!.text).toMatch(/^3 \+ 4(.)\1$/s);
  const { choices } = await server.client.completions.create({ ...asked, logprobs: 2 });
  const { tokens, token_logprobs, top_logprobs, text_offset } = choices[0]!.logprobs!;
  expect(text_offset).toEqual([0, tokens![0]!.length]);
  const offsets: number[] = [];
  const stream = await server.client.completions.create({ ...asked, logprobs: 2, stream: true });
  for await (const chunk of stream)
    offsets.push(...(chunk.choices[0]?.logprobs?.text_offset ?? []));
  expect(offsets).toEqual(text_offset);
  expect(tokens).toHaveLength(2);
  expect(token_logprobs!.every((logprob) => logprob <= 0)).toBe(true);
  expect(Object.keys(top_logprobs![0]!)).toHaveLength(2);
});

test("models are listed with the one that is loaded, and unknown ones refused by name", async () => {
  await post("/tokenize", { prompt: "a" });
  const { data } = await server.client.models.list();
  expect(data).toMatchObject([{ id: "onefold-mini", object: "model", loaded: true }]);
  await expect(server.client.models.retrieve("nothing")).rejects.toMatchObject({ status: 404 });
  const reply = await post("/v1/chat/completions", {
    model: "gpt-5",
    messages: [{ role: "user", content: "hi" }],
  });
  expect(reply.status).toBe(404);
  expect(await reply.json()).toEqual({
    error: {
      message: 'no model is called "gpt-5"; there is onefold-mini',
      type: "not_found_error",
      param: "model",
      code: "model_not_found",
    },
  });
});

test("tokenize and detokenize undo each other, and a conversation becomes its prompt", async () => {
  const { tokens, count } = await json<Tokens>(post("/tokenize", { prompt: "naïve 12 👍" }));
  expect(count).toBe(tokens.length);
  expect(await json(post("/detokenize", { tokens }))).toEqual({ prompt: "naïve 12 👍" });
  const chat = await post("/tokenize", { messages: [{ role: "user", content: "hi" }] });
  const prompt = await post("/detokenize", { tokens: (await json<Tokens>(chat)).tokens });
  expect(await prompt.json()).toEqual({
    prompt: "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n",
  });
  expect((await post("/detokenize", { tokens: [1e9] })).status).toBe(400);
});

test("metrics count what was answered, in Prometheus' format", async () => {
  const before = Number(/completion"} (\d+)/.exec(await metrics())?.[1] ?? 0);
  const { usage } = await server.client.chat.completions.create({
    model: "onefold-mini",
    messages: [{ role: "user", content: "hi" }],
    max_tokens: 5,
  });
  const text = await metrics();
  expect(Number(/completion"} (\d+)/.exec(text)![1])).toBe(before + usage!.completion_tokens);
  expect(text).toMatch(
    /^onefold_requests_total\{path="\/v1\/chat\/completions",status="200"\} \d+$/m,
  );
  expect(text).toMatch(/^onefold_model_loaded\{model="onefold-mini"\} 1$/m);
  expect(text).toMatch(/^onefold_engine_running\{model="onefold-mini"\} 0$/m);
  for (const line of text.trim().split("\n")) {
    expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)+\})? [\d.e+-]+)$/);
  }
});
const metrics = async (): Promise<string> => (await fetch(`${server.url}/metrics`)).text();

test("the OpenAPI document describes the routes that exist", async () => {
  const document = await json<Document>(fetch(`${server.url}/openapi.json`));
  expect(document.openapi).toBe("3.1.0");
  mkdirSync(join(runs, "one/journal"), { recursive: true });
  writeFileSync(join(runs, "one/metrics.jsonl"), "");
  writeFileSync(join(runs, "one/journal/words.jsonl"), '{"journal":1,"key":{}}\n');
  writeFileSync(join(runs, "one.jsonl"), jsonLines([variantRow(0)]));
  const queries: Readonly<Record<string, string>> = {
    "/reports/page": "?run=one",
    "/labels/file": "?file=one.jsonl",
    "/labels/variant": "?file=one.jsonl&id=v0",
  };
  for (const [described, methods] of Object.entries(document.paths)) {
    const path = described.replace("{name}", "one");
    const method = Object.keys(methods)[0]!.toUpperCase();
    const init =
      method === "POST"
        ? { method, body: "{", headers: { "content-type": "application/json" } }
        : { method };
    const query = queries[path] ?? "";
    const url = `${server.url}${path.replace("{model}", "onefold-mini")}${query}`;
    const { status, headers } = await fetch(url, init);
    const types = Object.keys(methods[method.toLowerCase()]!.responses[200].content);
    const type = headers.get("content-type")?.split(";")[0];
    if (method === "GET") expect(types, path).toEqual([type]);
    expect(status, path).toBe(method === "POST" ? 400 : 200); // 404 were there no such route
  }
  const { operationId, requestBody } = document.paths["/v1/chat/completions"]!.post!;
  expect(operationId).toBe("postV1ChatCompletions");
  expect(requestBody!.content["application/json"]!.schema.required).toEqual(["messages"]);
});

test("an answer in the form of a JSON schema is valid, with thinking before it and without", async () => {
  const schema = {
    type: "object",
    properties: { sum: { type: "integer" }, unit: { enum: ["m", "km"] } },
    required: ["sum", "unit"],
    additionalProperties: false,
  };
  for (const enable_thinking of [true, false]) {
    const { choices } = await server.client.chat.completions.create({
      model: "onefold-mini",
      messages: [{ role: "user", content: "What is 12 + 30?" }],
      response_format: { type: "json_schema", json_schema: { name: "sum", schema, strict: true } },
      max_tokens: 250,
      // @ts-expect-error Qwen's switch, which OpenAI does not have
      chat_template_kwargs: { enable_thinking },
    });
    expect(choices[0]!.finish_reason).toBe("stop");
    expect(JSON.parse(choices[0]!.message.content!)).toEqual({
      sum: expect.any(Number),
      unit: expect.stringMatching(/^k?m$/),
    });
    expect("reasoning_content" in choices[0]!.message).toBe(enable_thinking);
  }
});

test("embeddings have length 1, are the same in both encodings, and cut to dimensions", async () => {
  const input = ["one", "two"];
  const settings = { model: "onefold-mini", input };
  const floats = await server.client.embeddings.create({ ...settings, encoding_format: "float" });
  const plain = await server.client.embeddings.create(settings); // the SDK asks for base64
  expect(floats.data.map(({ embedding }) => embedding)).toEqual(
    plain.data.map(({ embedding }) => embedding),
  );
  const length = (vector: readonly number[]): number => Math.hypot(...vector);
  for (const { embedding } of floats.data) expect(length(embedding)).toBeCloseTo(1, 5);
  expect(floats.data[0]!.embedding).not.toEqual(floats.data[1]!.embedding);
  const short = await server.client.embeddings.create({ ...settings, dimensions: 8 });
  expect(short.data[0]!.embedding).toHaveLength(8);
  expect(length(short.data[0]!.embedding)).toBeCloseTo(1, 5);
  const wrong = server.client.embeddings.create({ ...settings, dimensions: 999 });
  await expect(wrong).rejects.toMatchObject({ status: 400, param: "dimensions" });
});

test("rerank orders documents by score, and says so where the model has no yes and no", async () => {
  const reply = await post("/v1/rerank", { query: "sums", documents: ["a", { text: "b" }, "c"] });
  const body = await json<Reranked>(reply);
  if (reply.status === 400) {
    expect(body.error?.message).toMatch(/has no token "(yes|no)": not a reranker/);
    return;
  }
  const scores: number[] = body.results.map((each) => each.relevance_score);
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  expect(scores.every((score) => score > 0 && score < 1)).toBe(true);
});

test("responses answer with typed items, and their stream ends in the same response", async () => {
  const settings = { model: "onefold-mini", input: "What is 12 + 30?", temperature: 0 };
  const whole = await server.client.responses.create(settings);
  expect(whole.status).toBe("completed");
  expect(whole.output.map(({ type }) => type)).toEqual(["reasoning", "message"]);
  expect(whole.output_text.length).toBeGreaterThan(0);
  const stream = await server.client.responses.create({ ...settings, stream: true });
  let text = "";
  let last: unknown;
  let sequence = 0;
  for await (const event of stream) {
    expect(event.sequence_number).toBe(sequence++);
    if (event.type === "response.output_text.delta") text += event.delta;
    if (event.type === "response.completed") last = event.response.output.at(-1);
  }
  expect(text).toBe(whole.output_text);
  expect(sequence).toBeGreaterThan(8);
  expect(last).toMatchObject({ content: [{ type: "output_text", text }] });
});

test("responses take a conversation of items, with structured output", async () => {
  await using scripted = await startScripted({ answers: ["done"] });
  await scripted.client.responses.create({
    model: "scripted",
    instructions: "be brief",
    input: [
      { role: "user", content: [{ type: "input_text", text: "one" }] },
      { type: "function_call", call_id: "c1", name: "add", arguments: '{"a":1}' },
      { type: "function_call_output", call_id: "c1", output: "2" },
    ],
  });
  expect(scripted.prompts[0]).toBe(
    "<|im_start|>system\nbe brief<|im_end|>\n<|im_start|>user\none<|im_end|>\n" +
      '<|im_start|>assistant\n<tool_call>\n{"name": "add", "arguments": {"a": 1}}\n</tool_call>' +
      "<|im_end|>\n<|im_start|>tool\n2<|im_end|>\n<|im_start|>assistant\n",
  );
  const structured = await server.client.responses.create({
    model: "onefold-mini",
    input: "What is 12 + 30?",
    reasoning: { effort: "none" },
    text: {
      format: {
        type: "json_schema",
        name: "sum",
        schema: {
          type: "object",
          properties: { sum: { type: "integer" } },
          required: ["sum"],
          additionalProperties: false,
        },
        strict: true,
      },
    },
  });
  expect(JSON.parse(structured.output_text)).toEqual({ sum: expect.any(Number) });
});
