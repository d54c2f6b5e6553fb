import { describe, expect, test } from "vitest";
import {
  type ChatPart,
  createChat,
  createDecoderSession,
  generate,
} from "../../src/generate/index.ts";
import { loadModel } from "../../src/models/index.ts";
import { createTinyChat } from "./tiny-chat.ts";

/** Thinks `abcd`, answers `wxyz`; without thinking the answer follows the empty block. */
const chains = [
  [
    "<|im_start|>",
    "<think>",
    "a",
    "b",
    "c",
    "d",
    "</think>",
    "\n\n",
    "w",
    "x",
    "y",
    "z",
    "<|im_end|>",
  ],
];

async function collect(parts: AsyncIterable<ChatPart>): Promise<ChatPart[]> {
  const all: ChatPart[] = [];
  for await (const part of parts) all.push(part);
  return all;
}

test("thinking and content come apart, token by token, and the result has both", async () => {
  using tiny = await createTinyChat({ chains });
  using chat = await createChat(tiny.folder, { temperature: 0 });
  const stream = chat.send("hi");
  const parts = await collect(stream);
  expect(parts.map(({ type, text }) => `${type}:${text}`)).toEqual([
    ...["a", "b", "c", "d"].map((text) => `reasoning:${text}`),
    ...["w", "x", "y", "z"].map((text) => `content:${text}`),
  ]);
  const result = await stream.result();
  expect(result).toMatchObject({ reasoning: "abcd", content: "wxyz", finishReason: "stop" });
  const prompt = tiny.tokenizer.encode("<|im_start|>user:hi<|im_end|><|im_start|>");
  expect(result.usage).toEqual({
    promptTokens: prompt.length,
    cachedTokens: 0,
    completionTokens: 12,
  });
  expect(result.tokensPerSecond).toBeGreaterThan(0);
  expect(chat.messages).toEqual([
    { role: "user", content: "hi" },
    { role: "assistant", content: "wxyz", reasoning_content: "abcd" },
  ]);
});

test("without thinking the answer is all content", async () => {
  using tiny = await createTinyChat({ chains });
  using chat = await createChat(tiny.folder, { temperature: 0, thinking: false });
  expect(await chat.send("hi").result()).toMatchObject({ reasoning: "", content: "wxyz" });
  const thoughtful = await chat.send("hi", { thinking: true }).result();
  expect(thoughtful.reasoning).toBe("abcd");
});

describe("a thinking budget", () => {
  test("closes the block with the stop text and goes on with the answer", async () => {
    using tiny = await createTinyChat({ chains });
    using chat = await createChat(tiny.folder, { temperature: 0, thinkingBudget: 2 });
    const result = await chat.send("hi", { logprobs: 0 }).result();
    expect(result.reasoning).toBe(
      "ab\n\nConsidering the limited time by the user, I have to give the solution based on the " +
        "thinking directly now.",
    );
    expect(result.content).toBe("wxyz");
    const forced = result.tokens!.filter(({ isForced }) => isForced).map(({ token }) => token);
    expect(tiny.tokenizer.decode(forced)).toMatch(/^\n\nConsidering .* now\.\n<\/think>\n\n$/);
    // The forced tokens are in the cache like any other.
    const held = tiny.tokenizer.decode(chat.session.tokens());
    expect(held).toContain("<think>ab\n\nConsidering");
    expect(held.endsWith("now.\n</think>\n\nwxyz")).toBe(true);
  });

  test("that is not reached changes nothing", async () => {
    using tiny = await createTinyChat({ chains });
    using chat = await createChat(tiny.folder, { temperature: 0, thinkingBudget: 5 });
    expect(await chat.send("hi").result()).toMatchObject({ reasoning: "abcd", content: "wxyz" });
  });

  test("of exactly the length lets the model close the block itself only one token later", async () => {
    using tiny = await createTinyChat({ chains });
    using chat = await createChat(tiny.folder, { temperature: 0, thinkingBudget: 4 });
    expect((await chat.send("hi").result()).reasoning).toMatch(/^abcd\n\nConsidering/);
  });

  test("of 0 is an empty block, by the template or by the tokens", async () => {
    using tiny = await createTinyChat({ chains });
    using chat = await createChat(tiny.folder, { temperature: 0, thinkingBudget: 0 });
    expect(await chat.send("hi").result()).toMatchObject({ reasoning: "", content: "wxyz" });
    const template = "<|im_start|>{{ messages[0].content }}<think>\n";
    using fixed = await createChat(tiny.folder, { temperature: 0, thinkingBudget: 0, template });
    expect(await fixed.send("hi").result()).toMatchObject({ reasoning: "", content: "wxyz" });
    expect(tiny.tokenizer.decode(fixed.session.tokens())).toContain(
      "hi<think>\n\n</think>\n\nwxyz",
    );
    // A template that ignores the switch: the model opens the block, and it is closed at once.
    const deaf = "{# <think> #}{{ messages[0].content }}<|im_start|>";
    using model = await createChat(tiny.folder, {
      temperature: 0,
      thinkingBudget: 0,
      template: deaf,
    });
    expect(await model.send("hi").result()).toMatchObject({ reasoning: "", content: "wxyz" });
    expect(tiny.tokenizer.decode(model.session.tokens())).toContain("<think>\n\n</think>\n\nwxyz");
  });

  test("that leaves nothing for the answer is refused with the numbers", async () => {
    using tiny = await createTinyChat({ chains });
    using chat = await createChat(tiny.folder, { thinkingBudget: 40, maxTokens: 60 });
    await expect(chat.send("hi").result()).rejects.toThrow(
      /budget of 40 tokens and \d+ that end the thinking leave none of 60 for the answer/,
    );
  });
});

test("a stop string ends the content, not the thinking, and is never shown", async () => {
  using tiny = await createTinyChat({ chains });
  using chat = await createChat(tiny.folder, { temperature: 0, stop: ["bc", "xy"] });
  const stream = chat.send("hi");
  const parts = await collect(stream);
  expect(parts.map(({ text }) => text).join("")).toBe("abcdw");
  expect(await stream.result()).toMatchObject({
    reasoning: "abcd",
    content: "w",
    finishReason: "stop",
  });
});

test("a stop string that begins and never ends is shown at the end", async () => {
  using tiny = await createTinyChat({ chains });
  using chat = await createChat(tiny.folder, { temperature: 0, stop: ["yz!"] });
  expect((await chat.send("hi").result()).content).toBe("wxyz");
  expect(await chat.send("hi", { maxTokens: 11 }).result()).toMatchObject({
    content: "wxyz",
    finishReason: "length",
  });
});

test("the limit of tokens cuts the answer", async () => {
  using tiny = await createTinyChat({ chains });
  using chat = await createChat(tiny.folder, { temperature: 0, maxTokens: 3 });
  expect(await chat.send("hi").result()).toMatchObject({
    reasoning: "ab",
    content: "",
    finishReason: "length",
    usage: { completionTokens: 3 },
  });
});

test("later turns take the shared prefix from the cache and answer as a fresh chat does", async () => {
  using tiny = await createTinyChat(); // random weights
  const settings = { temperature: 0, thinking: false, maxTokens: 12 };
  using chat = await createChat(tiny.folder, settings);
  await chat.send("one two").result();
  const second = await chat.send("three").result();
  const third = await chat.send("four").result();
  expect(second.usage.cachedTokens).toBeGreaterThan(10);
  expect(third.usage.cachedTokens).toBeGreaterThan(second.usage.promptTokens - 10);
  using fresh = await createChat(tiny.folder, settings);
  const alone = await fresh.send(chat.messages.slice(0, -1)).result();
  expect(alone.usage.cachedTokens).toBe(0);
  expect(alone.content).toBe(third.content);
  expect(fresh.messages).toEqual([]);
});

test("cancelling ends the answer within a step; the chat goes on", async () => {
  using tiny = await createTinyChat({ chains });
  using chat = await createChat(tiny.folder, { temperature: 0 });
  const stop = new AbortController();
  const stream = chat.send("hi", { signal: stop.signal });
  let seen = "";
  for await (const { text } of stream) {
    seen += text;
    if (text === "b") stop.abort();
  }
  expect(seen).toBe("ab");
  expect(await stream.result()).toMatchObject({ reasoning: "ab", finishReason: "cancelled" });
  expect((await chat.send("again").result()).content).toBe("wxyz");
});

test("a signal aborted before the start gives an empty, cancelled answer", async () => {
  using tiny = await createTinyChat({ chains });
  using chat = await createChat(tiny.folder);
  const result = await chat.send("hi", { signal: AbortSignal.abort() }).result();
  expect(result).toMatchObject({ content: "", finishReason: "cancelled" });
  expect(result.usage.completionTokens).toBe(0);
});

test("one answer at a time", async () => {
  using tiny = await createTinyChat({ chains });
  using chat = await createChat(tiny.folder, { temperature: 0 });
  const first = chat.send("hi")[Symbol.asyncIterator]();
  await first.next();
  await expect(chat.send("too early").result()).rejects.toThrow("this chat is answering");
  await first.return?.();
  expect((await chat.send("now").result()).content).toBe("wxyz");
});

test("characters of several tokens are never split", async () => {
  const emoji = Array.from(new TextEncoder().encode("😀"));
  using tiny = await createTinyChat({ chains: [["<|im_start|>", "😀", "é", "答", "<|im_end|>"]] });
  expect(tiny.tokenizer.encode("😀")).toHaveLength(emoji.length);
  using chat = await createChat(tiny.folder, { temperature: 0 });
  const parts = await collect(chat.send("hi"));
  expect(parts.map(({ text }) => text)).toEqual(["😀", "é", "答"]);
});

test("the settings of the checkpoint apply until others are given", async () => {
  const generationConfig = { do_sample: true, temperature: 5, eos_token_id: [259, 257] };
  using tiny = await createTinyChat({ generationConfig });
  const ask = async (settings: object): Promise<string> => {
    using chat = await createChat(tiny.folder, { maxTokens: 20, thinking: false, ...settings });
    return (await chat.send("hi").result()).content;
  };
  expect(await ask({ seed: 1 })).toBe(await ask({ seed: 1 }));
  expect(await ask({ seed: 1 })).not.toBe(await ask({ seed: 2 }));
  expect(await ask({ seed: 1, temperature: 0 })).toBe(await ask({ seed: 2, temperature: 0 }));
});

test("a prompt longer than the context is refused with the numbers", async () => {
  using tiny = await createTinyChat({ maxPositions: 40 });
  using chat = await createChat(tiny.folder);
  await expect(chat.send("x".repeat(100)).result()).rejects.toThrow(
    /^\d+ tokens do not fit into the model's context of 40; leave out at least \d+/,
  );
  expect(chat.messages).toEqual([]);
  await expect(chat.send([]).result()).rejects.toThrow("the conversation is empty");
});

test("completion continues the text as it is", async () => {
  using tiny = await createTinyChat({ chains });
  using chat = await createChat(tiny.folder, { temperature: 0 });
  const { content, reasoning } = await chat.complete("ab", { maxTokens: 4 }).result();
  expect([content, reasoning]).toEqual(["cd</think>\n\n", ""]);
  await expect(chat.complete("").result()).rejects.toThrow("the prompt is empty");
});

test("generate: log-probabilities, stop tokens and the end", async () => {
  using tiny = await createTinyChat({ chains });
  using model = await loadModel(tiny.folder);
  using session = await createDecoderSession(model);
  const { tokenizer } = tiny;
  const [z] = tokenizer.encode("z");
  const run = generate(session, tokenizer.encode("w"), {
    tokenizer,
    logprobs: 2,
    stopTokens: [z!],
  });
  const texts: string[] = [];
  let next = await run.next();
  for (; !next.done; next = await run.next()) {
    const { token, text, logprob, topLogprobs } = next.value;
    texts.push(text);
    expect(topLogprobs![0]).toEqual({ token, logprob });
    expect(logprob!).toBeGreaterThan(-0.01);
    expect(topLogprobs![1]!.logprob).toBeLessThan(-3);
  }
  expect(texts).toEqual(["x", "y", ""]);
  expect(next.value).toMatchObject({ finishReason: "stop", completionTokens: 3, promptTokens: 1 });
});

test("generate: a stop string over several tokens ends it", async () => {
  using tiny = await createTinyChat({ chains });
  using model = await loadModel(tiny.folder);
  using session = await createDecoderSession(model);
  const { tokenizer } = tiny;
  const run = generate(session, tokenizer.encode("a"), { tokenizer, stop: ["d</think>"] });
  let text = "";
  let next = await run.next();
  for (; !next.done; next = await run.next()) text += next.value.text;
  expect(text).toBe("bc");
  expect(next.value).toMatchObject({ finishReason: "stop", stop: "d</think>" });
});

test("the event loop stays free while a model answers", async () => {
  using tiny = await createTinyChat();
  using chat = await createChat(tiny.folder, { temperature: 0, maxTokens: 60, thinking: false });
  let turns = 0;
  let isDone = false;
  const spin = (): void => {
    turns++;
    if (!isDone) setImmediate(spin);
  };
  spin();
  const { usage } = await chat.send("hi").result();
  isDone = true;
  expect(turns).toBeGreaterThan(usage.completionTokens / 2);
});
