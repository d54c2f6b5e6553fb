/** The clients that people have, as they are published, against a real server. */

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { HumanMessage } from "@langchain/core/messages";
import { tool as langchainTool } from "@langchain/core/tools";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { embed, generateObject, generateText, stepCountIs, streamText, tool } from "ai";
import type OpenAI from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { loadLanguageModel } from "../../src/generate/language-model.ts";
import { miniFolder, startScripted, startTest } from "./support.ts";

let server: Awaited<ReturnType<typeof startTest>>;
beforeAll(async () => {
  server = await startTest();
});
afterAll(() => server.close());

const call =
  'Let me see.\n<tool_call>\n{"name": "add", "arguments": {"a": 12, "b": 30}}\n</tool_call>';
const rounds = { answers: [call, "It is 42."] };
const addition = z.object({ a: z.number(), b: z.number() });
const openaiTool: OpenAI.ChatCompletionTool = {
  type: "function",
  function: {
    name: "add",
    description: "adds",
    parameters: z.toJSONSchema(addition, { io: "input" }),
  },
};
const provider = (url: string) =>
  createOpenAICompatible({ name: "onefold", baseURL: `${url}/v1`, includeUsage: true });
const langchain = (url: string, model: string, more: object = {}) =>
  new ChatOpenAI({
    model,
    apiKey: "none",
    configuration: { baseURL: `${url}/v1` },
    maxRetries: 0,
    ...more,
  });

test("openai: a call of a function, its result, and the answer", async () => {
  await using scripted = await startScripted(rounds);
  const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: "12 + 30?" }];
  const create = () =>
    scripted.client.chat.completions.create({ model: "scripted", messages, tools: [openaiTool] });
  const first = (await create()).choices[0]!;
  expect(first.finish_reason).toBe("tool_calls");
  expect(first.message.content?.trim()).toBe("Let me see.");
  const [made] = first.message.tool_calls!;
  expect(made).toMatchObject({ type: "function", id: expect.stringMatching(/^call_/) });
  if (made?.type !== "function") throw new Error("the call is no function's");
  expect(made.function.name).toBe("add");
  const { a, b } = addition.parse(JSON.parse(made.function.arguments));
  messages.push(first.message, { role: "tool", tool_call_id: made.id, content: String(a + b) });
  const second = (await create()).choices[0]!;
  expect(second).toMatchObject({ finish_reason: "stop", message: { content: "It is 42." } });
  expect(scripted.prompts[0]).toContain('"name": "add"');
  expect(scripted.prompts[1]).toContain("<|im_start|>tool\n42<|im_end|>");
});

test("openai: a streamed call comes in pieces that the SDK joins", async () => {
  await using scripted = await startScripted(rounds);
  const messages = [{ role: "user" as const, content: "12 + 30?" }];
  const runner = scripted.client.chat.completions.stream({
    model: "scripted",
    messages,
    tools: [openaiTool],
  });
  let pieces = 0;
  for await (const chunk of runner) pieces += chunk.choices[0]?.delta.tool_calls?.length ?? 0;
  const { message, finish_reason } = (await runner.finalChatCompletion()).choices[0]!;
  expect(finish_reason).toBe("tool_calls");
  expect(pieces).toBeGreaterThan(2);
  const [made] = message.tool_calls!;
  expect(made?.type === "function" && JSON.parse(made.function.arguments)).toEqual({
    a: 12,
    b: 30,
  });
});

test("openai: responses tell of a call by item and events", async () => {
  await using scripted = await startScripted(rounds);
  const {
    name,
    description,
    parameters = {},
  } = openaiTool.type === "function" ? openaiTool.function : { name: "" };
  const stream = await scripted.client.responses.create({
    model: "scripted",
    input: "12 + 30?",
    tools: [{ type: "function", name, description, parameters, strict: false }],
    stream: true,
  });
  let text = "";
  let response: OpenAI.Responses.Response | undefined;
  for await (const event of stream) {
    if (event.type === "response.function_call_arguments.delta") text += event.delta;
    if (event.type === "response.completed") response = event.response;
  }
  expect(JSON.parse(text)).toEqual({ a: 12, b: 30 });
  expect(response!.output.at(-1)).toMatchObject({
    type: "function_call",
    name: "add",
    arguments: text,
    status: "completed",
  });
});

test("openai: tool_choice none leaves the tools out", async () => {
  await using scripted = await startScripted(rounds);
  const { choices } = await scripted.client.chat.completions.create({
    model: "scripted",
    messages: [{ role: "user", content: "12 + 30?" }],
    tools: [openaiTool],
    tool_choice: "none",
  });
  expect(scripted.prompts[0]).not.toContain("<tools>");
  expect(choices[0]!.message.content).toContain("<tool_call>");
});

test("ai: text with its reasoning, streamed, with usage", async () => {
  const result = streamText({
    model: provider(server.url)("onefold-mini"),
    prompt: "What is 12 + 30?",
    temperature: 0,
  });
  let text = "";
  for await (const piece of result.textStream) text += piece;
  expect(text).toBe(await result.text);
  expect((await result.reasoningText)?.length).toBeGreaterThan(0);
  expect(await result.finishReason).toBe("stop");
  expect((await result.usage).outputTokens).toBeGreaterThan(1);
});

test("ai: the SDK runs a tool and goes on with its result", async () => {
  await using scripted = await startScripted(rounds);
  const { text, steps } = await generateText({
    model: provider(scripted.url)("scripted"),
    prompt: "12 + 30?",
    stopWhen: stepCountIs(3),
    tools: {
      add: tool({ inputSchema: addition, execute: async ({ a, b }) => ({ sum: a + b }) }),
    },
  });
  expect(text).toBe("It is 42.");
  expect(steps[0]!.toolResults[0]).toMatchObject({ output: { sum: 42 } });
});

test("ai: objects of a zod schema, and embeddings", async () => {
  const onefold = createOpenAICompatible({
    name: "onefold",
    baseURL: `${server.url}/v1`,
    supportsStructuredOutputs: true,
  });
  const schema = z.object({ sum: z.number().int(), unit: z.enum(["m", "km"]) });
  const model = onefold("onefold-mini");
  const { object } = await generateObject({ model, schema, prompt: "What is 12 + 30?" });
  expect(schema.safeParse(object).success).toBe(true);
  const { embedding } = await embed({
    model: onefold.embeddingModel("onefold-mini"),
    value: "one",
  });
  expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
});

test("langchain: chat, stream, tools, structured output, embeddings", async () => {
  const chat = langchain(server.url, "onefold-mini", { temperature: 0 });
  const reply = await chat.invoke([new HumanMessage("What is 12 + 30?")]);
  expect(reply.text.length).toBeGreaterThan(0);
  expect(reply.usage_metadata!.output_tokens).toBeGreaterThan(1);
  let streamed = "";
  for await (const chunk of await chat.stream("What is 12 + 30?")) streamed += chunk.text;
  expect(streamed).toBe(reply.text);
  const schema = z.object({ sum: z.number().int() });
  const structured = chat.withStructuredOutput(schema, { method: "jsonSchema" });
  expect(schema.safeParse(await structured.invoke("What is 12 + 30?")).success).toBe(true);
  await using scripted = await startScripted(rounds);
  const add = langchainTool(({ a, b }) => a + b, {
    name: "add",
    description: "adds",
    schema: addition,
  });
  const bound = langchain(scripted.url, "scripted").bindTools([add]);
  const asked = await bound.invoke("12 + 30?");
  expect(asked.tool_calls).toMatchObject([{ name: "add", args: { a: 12, b: 30 } }]);
  const embeddings = new OpenAIEmbeddings({
    model: "onefold-mini",
    apiKey: "none",
    configuration: { baseURL: `${server.url}/v1` },
  });
  expect(Math.hypot(...(await embeddings.embedQuery("one")))).toBeCloseTo(1, 5);
});

test("tool_choice required makes even a model without tools call one, with valid arguments", async () => {
  const template =
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}" +
    "<|im_start|>assistant\n{# <tool_call> #}";
  const load = () => loadLanguageModel(miniFolder, { name: "forced", template, slots: 1 });
  await using forced = await startTest([{ name: "forced", load }]);
  const unit = z.object({ unit: z.enum(["m", "km"]) });
  const parameters = z.toJSONSchema(unit, { io: "input" });
  const { choices } = await forced.client.chat.completions.create({
    model: "forced",
    messages: [{ role: "user", content: "How long?" }],
    tools: [{ type: "function", function: { name: "measure", parameters } }, openaiTool],
    tool_choice: { type: "function", function: { name: "measure" } },
    parallel_tool_calls: false,
  });
  expect(choices[0]!.finish_reason).toBe("tool_calls");
  const [made] = choices[0]!.message.tool_calls!;
  if (made?.type !== "function") throw new Error("the call is no function's");
  expect(made.function.name).toBe("measure");
  expect(unit.safeParse(JSON.parse(made.function.arguments)).success).toBe(true);
});
