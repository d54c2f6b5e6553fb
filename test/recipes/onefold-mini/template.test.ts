import { beforeAll, describe, expect, it } from "vitest";
import { generate } from "../../../recipes/onefold-mini/data.ts";
import { loadRender, type Render, toSegments } from "../../../recipes/onefold-mini/render.ts";
import type { Message } from "../../../recipes/onefold-mini/types.ts";

let render: Render;
beforeAll(async () => {
  render = await loadRender();
});

const user = (content: string): Message => ({ role: "user", content });
const reply = (content: string, reasoning_content?: string): Message => ({
  role: "assistant",
  content,
  ...(reasoning_content === undefined ? {} : { reasoning_content }),
});

describe("chat template", () => {
  it("writes a prompt in ChatML, with no default system message", () => {
    expect(render([user("hi")], { addGenerationPrompt: true })).toBe(
      "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n",
    );
  });

  it("puts an empty block where thinking is off", () => {
    expect(render([user("hi")], { addGenerationPrompt: true, enableThinking: false })).toBe(
      "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
    );
  });

  it("keeps system messages", () => {
    const system: Message = { role: "system", content: "Answer in Chinese." };
    expect(render([system, user("hi")])).toBe(
      "<|im_start|>system\nAnswer in Chinese.<|im_end|>\n<|im_start|>user\nhi<|im_end|>\n",
    );
  });

  it("keeps the last thinking and drops earlier thinking", () => {
    const text = render([user("a"), reply("1", "old"), user("b"), reply("2", "new")]);
    expect(text).toBe(
      "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n1<|im_end|>\n" +
        "<|im_start|>user\nb<|im_end|>\n" +
        "<|im_start|>assistant\n<think>\nnew\n</think>\n\n2<|im_end|>\n",
    );
  });

  it("reads thinking out of the content as well", () => {
    const inline = render([user("a"), reply("<think>\nsteps\n</think>\n\n1")]);
    expect(inline).toBe(render([user("a"), reply("1", "steps")]));
    const earlier = render([user("a"), reply("<think>\nsteps\n</think>\n\n1"), user("b")]);
    expect(earlier).toBe(render([user("a"), reply("1"), user("b")]));
  });

  it("refuses tools and unknown roles in a sentence", () => {
    expect(() => render([user("a")], { tools: [{}] })).toThrow("onefold-mini has no tools");
    const tool = { role: "tool", content: "x" } as unknown as Message; // from outside: any role
    expect(() => render([tool])).toThrow("knows the roles system, user and assistant, not tool");
  });

  it("makes every prompt a prefix of its conversation", () => {
    for (const example of generate({ seed: 2, split: "train", n: 1500 })) {
      const segments = toSegments(example, render);
      const prompt = render(example.messages.slice(0, -1), {
        addGenerationPrompt: true,
        enableThinking: example.enableThinking,
      });
      expect(segments[0]!.text).toBe(prompt);
      const whole = render(example.messages);
      expect(`${segments.map((s) => s.text).join("")}\n`).toBe(whole);
      expect(segments.slice(1).every((s) => s.isLearned)).toBe(true);
      const block = segments.find((s) => s.text.startsWith("<think>"));
      const thinking = example.messages.at(-1)!.reasoning_content ?? "";
      expect(block?.text).toBe(
        example.enableThinking ? `<think>\n${thinking}\n</think>\n\n` : undefined,
      );
    }
  });
});
