import {
  tool as aiTool,
  generateText,
  type LanguageModel,
  Output,
  stepCountIs,
  streamText,
} from "ai";
import { afterAll, beforeAll, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { aiModel } from "../../src/generate/ai-sdk.ts";
import { type LoadedModel, load, type ModelPart, tool } from "../../src/generate/load.ts";
import { mockModel } from "../../src/generate/testing.ts";

let model: LoadedModel;
beforeAll(async () => {
  model = await load("models/onefold-mini", { slots: 2 });
});
afterAll(() => model[Symbol.dispose]());

const addition = z.object({ a: z.number(), b: z.number() });
const round = [{ toolCalls: [{ name: "add", input: { a: 12, b: 30 } }] }, "It is 42."];

test("a loaded model streams its thinking and its answer", async () => {
  const stream = model.stream("What is 12 + 30?", { temperature: 0 });
  const parts: ModelPart[] = [];
  for await (const part of stream) parts.push(part);
  const { content, reasoning, messages, finishReason } = await stream.result();
  const join = (type: string): string =>
    parts.map((part) => (part.type === type && "text" in part ? part.text : "")).join("");
  expect([join("content"), join("reasoning")]).toEqual([content, reasoning]);
  expect(reasoning.length * content.length).toBeGreaterThan(0);
  expect(finishReason).toBe("stop");
  expect(messages.map(({ role }) => role)).toEqual(["user", "assistant"]);
});

test("a value of a zod schema is typed, and valid", async () => {
  const schema = z.object({ sum: z.int(), unit: z.enum(["m", "km"]) });
  const value = await model.object("What is 12 + 30?", schema, { thinking: false });
  expectTypeOf(value).toEqualTypeOf<{ sum: number; unit: "m" | "km" }>();
  expect(schema.parse(value)).toEqual(value);
});

test("a tool runs with typed input, and the model goes on with its result", async () => {
  const mock = mockModel(round);
  const add = tool({
    description: "adds",
    parameters: addition,
    run: ({ a, b }) => {
      expectTypeOf(a).toBeNumber();
      return a + b;
    },
  });
  const stream = mock.stream("12 + 30?", { tools: { add } });
  const types: string[] = [];
  for await (const part of stream) types.push(part.type);
  expect(types).toEqual(["toolCall", "toolResult", "content", "content", "content"]);
  expect((await stream.result()).content).toBe("It is 42.");
  expect(mock.requests[0]!.tools).toMatchObject([{ function: { name: "add" } }]);
  expect(mock.requests[1]!.messages.slice(1)).toMatchObject([
    {
      role: "assistant",
      tool_calls: [{ function: { name: "add", arguments: '{"a":12,"b":30}' } }],
    },
    { role: "tool", content: "42" },
  ]);
});

test("arguments that do not fit are the model's to read; a call without run is the caller's", async () => {
  const wrong = mockModel([{ toolCalls: [{ name: "add", input: { a: "x" } }] }, "sorry"]);
  await wrong.generate("?", { tools: { add: tool({ parameters: addition, run: () => 1 }) } });
  expect(wrong.requests[1]!.messages.at(-1)!.content).toContain("error");
  const open = await mockModel(round).generate("?", {
    tools: { add: tool({ parameters: addition }) },
  });
  expect(open.toolCalls).toMatchObject([{ name: "add", input: '{"a":12,"b":30}' }]);
  await expect(mockModel([]).generate("?")).rejects.toThrow(/was asked once more/);
});

test("the AI SDK takes the model: text, stream, tools, objects", async () => {
  expectTypeOf(aiModel(model)).toExtend<LanguageModel>();
  const own = aiModel(model);
  const { text, reasoningText, usage } = await generateText({
    model: own,
    prompt: "What is 12 + 30?",
  });
  expect(text.length * reasoningText!.length * usage.outputTokens!).toBeGreaterThan(0);
  const streamed = streamText({ model: own, prompt: "What is 12 + 30?" });
  let joined = "";
  for await (const piece of streamed.textStream) joined += piece;
  expect(joined).toBe(text); // onefold-mini decodes greedily
  const schema = z.object({ sum: z.number().int() });
  const { output } = await generateText({
    model: own,
    output: Output.object({ schema }),
    prompt: "What is 12 + 30?",
  });
  expect(schema.safeParse(output).success).toBe(true);
  const called = await generateText({
    model: aiModel(mockModel(round)),
    prompt: "12 + 30?",
    stopWhen: stepCountIs(3),
    tools: { add: aiTool({ inputSchema: addition, execute: async ({ a, b }) => a + b }) },
  });
  expect(called.text).toBe("It is 42.");
  expect(called.steps[0]!.toolResults[0]).toMatchObject({ output: 42 });
});
