import { afterAll, beforeAll, expect, test } from "vitest";
import { startScripted, startTest } from "./support.ts";

let server: Awaited<ReturnType<typeof startTest>>;
beforeAll(async () => {
  server = await startTest();
});
afterAll(() => server.close());

const question = [{ role: "user", content: "What is 12 + 30?" }] as const;

test("the openai SDK gets an answer with its thinking apart, and the tokens counted", async () => {
  const reply = await server.client.chat.completions.create({
    model: "onefold-mini",
    messages: [...question],
  });
  expect(reply).toMatchObject({ object: "chat.completion", model: "onefold-mini" });
  const [choice] = reply.choices;
  expect(choice!.finish_reason).toBe("stop");
  expect(choice!.message.content).not.toContain("<think>");
  expect(choice!.message).toHaveProperty("reasoning_content");
  const usage = reply.usage!;
  expect(usage.total_tokens).toBe(usage.prompt_tokens + usage.completion_tokens);
  expect(usage.completion_tokens).toBeGreaterThan(1);
  expect(usage.completion_tokens_details!.reasoning_tokens).toBeGreaterThan(0);
});

test("a stream adds up to the whole answer, with usage at its end", async () => {
  const settings = { model: "onefold-mini", messages: [...question], temperature: 0 };
  const whole = await server.client.chat.completions.create(settings);
  const stream = await server.client.chat.completions.create({
    ...settings,
    stream: true,
    stream_options: { include_usage: true },
  });
  let content = "";
  let reasoning = "";
  let usage: unknown;
  const reasons: unknown[] = [];
  for await (const chunk of stream) {
    expect(chunk.object).toBe("chat.completion.chunk");
    usage = chunk.usage ?? usage;
    for (const { delta, finish_reason } of chunk.choices) {
      content += delta.content ?? "";
      if ("reasoning_content" in delta) reasoning += delta.reasoning_content;
      if (finish_reason) reasons.push(finish_reason);
    }
  }
  const { message } = whole.choices[0]!;
  expect(content).toBe(message.content);
  expect(reasoning).toBe("reasoning_content" in message && message.reasoning_content);
  expect(reasons).toEqual(["stop"]);
  const counts = ({ prompt_tokens, completion_tokens }: typeof whole.usage & object) => [
    prompt_tokens,
    completion_tokens,
  ];
  expect(counts(usage as typeof whole.usage & object)).toEqual(counts(whole.usage!));
});

test("n answers with one seed are those that the same request gives again", async () => {
  const ask = async () => {
    const { choices, usage } = await server.client.chat.completions.create({
      model: "onefold-mini",
      messages: [...question],
      n: 3,
      seed: 7,
      temperature: 5,
      max_tokens: 12,
    });
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(usage!.completion_tokens).toBeLessThanOrEqual(36);
    return choices.map(({ message }) => JSON.stringify(message));
  };
  const first = await ask();
  expect(new Set(first).size).toBeGreaterThan(1);
  expect(await ask()).toEqual(first);
});

test("log-probabilities name each visible token, in a stream too", async () => {
  const settings = {
    model: "onefold-mini",
    messages: [...question],
    temperature: 0,
    logprobs: true,
    top_logprobs: 3,
    reasoning_effort: "none" as const,
  };
  const { choices } = await server.client.chat.completions.create(settings);
  const entries = choices[0]!.logprobs!.content!;
  expect(entries.map(({ token }) => token).join("")).toBe(choices[0]!.message.content);
  for (const { bytes, token, logprob, top_logprobs } of entries) {
    expect(Buffer.from(bytes!).toString()).toBe(token);
    expect(top_logprobs).toHaveLength(3);
    expect(top_logprobs[0]).toMatchObject({ token, logprob }); // greedy
  }
  const stream = await server.client.chat.completions.create({ ...settings, stream: true });
  const streamed: unknown[] = [];
  for await (const chunk of stream) {
    for (const choice of chunk.choices) streamed.push(...(choice.logprobs?.content ?? []));
  }
  // The prompt was computed the first time and taken from the cache the second.
  expect(streamed).toHaveLength(entries.length);
});

test("logit_bias forbids and forces tokens; max_tokens ends with length", async () => {
  const model = { model: "onefold-mini", messages: [...question], max_tokens: 3 };
  const forced = await server.client.chat.completions.create({ ...model, logit_bias: { 33: 100 } });
  expect(forced.choices[0]!.finish_reason).toBe("length");
  expect(forced.choices[0]!.message.content).toMatch(/^(.)\1\1$/s);
});

test("a stop string ends the content and is not part of it", async () => {
  await using scripted = await startScripted({
    answers: ["<think>\nSTOP\n</think>\n\nab STOP cd"],
  });
  const { choices } = await scripted.client.chat.completions.create({
    model: "scripted",
    messages: [...question],
    stop: ["STOP"],
  });
  expect(choices[0]).toMatchObject({ finish_reason: "stop", message: { content: "ab " } });
});

test("earlier messages reach the template with their reasoning and texts of parts", async () => {
  await using scripted = await startScripted({ answers: ["ok"] });
  await scripted.client.chat.completions.create({
    model: "scripted",
    messages: [
      { role: "developer", content: "be brief" },
      {
        role: "user",
        content: [
          { type: "text", text: "one" },
          { type: "text", text: "two" },
        ],
      },
    ],
  });
  expect(scripted.prompts).toEqual([
    "<|im_start|>system\nbe brief<|im_end|>\n<|im_start|>user\none\ntwo<|im_end|>\n" +
      "<|im_start|>assistant\n",
  ]);
});

test("a thinking budget closes the block and the answer follows", async () => {
  const { choices, usage } = await server.client.chat.completions.create({
    model: "onefold-mini",
    messages: [...question],
    temperature: 0,
    // @ts-expect-error OpenAI has no such key
    thinking_budget: 4,
  });
  expect(choices[0]!.message).toHaveProperty(
    "reasoning_content",
    expect.stringContaining("I have to give the solution"),
  );
  expect(choices[0]!.message.content).toBeTruthy();
  expect(usage!.completion_tokens).toBeGreaterThan(4);
});
