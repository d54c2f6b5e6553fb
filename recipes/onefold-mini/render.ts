// Examples as text for training, through the chat template that ships with the model.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../src/cli/package-root.ts";
import type { Example, Message } from "./types.ts";

export interface RenderOptions {
  addGenerationPrompt?: boolean;
  enableThinking?: boolean;
  tools?: unknown[];
}
export type Render = (messages: readonly Message[], options?: RenderOptions) => string;

// By the package: compiled code lies elsewhere.
const FILE = join(packageRoot(), "recipes/onefold-mini/chat-template.jinja");
export const CHAT_TEMPLATE = readFileSync(FILE, "utf8");

/** Compiles the chat template. */
export async function loadRender(): Promise<Render> {
  const { Template } = await import("@huggingface/jinja");
  const template = new Template(CHAT_TEMPLATE);
  return (messages, { addGenerationPrompt = false, enableThinking = true, tools } = {}) =>
    template.render({
      messages: [...messages],
      add_generation_prompt: addGenerationPrompt,
      enable_thinking: enableThinking,
      ...(tools ? { tools } : {}),
    });
}

/** A stretch of text to be encoded on its own. */
export interface Segment {
  text: string;
  /** Counts in the loss. */
  isLearned: boolean;
  /**
   * Encode one character at a time. An edited word ("tac") has no meaning of its own, and merged
   * tokens would hide the letters that the thinking trace has just written out.
   */
  isSpelled: boolean;
}

/**
 * Cuts an example into prompt (as at inference), answer and end. Joined, the texts are the rendered
 * conversation, so what is trained is what is later generated. The newline after the end token is
 * left out: it belongs to the next turn's prompt.
 * @throws if the template's prompt is not a prefix of its whole conversation
 */
export function toSegments(example: Example, render: Render): Segment[] {
  const prompt = render(example.messages.slice(0, -1), {
    addGenerationPrompt: true,
    enableThinking: example.enableThinking,
  });
  const whole = render(example.messages);
  const answer = example.messages.at(-1)!.content;
  const end = "<|im_end|>";
  const tail = `${answer}${end}\n`;
  if (!whole.startsWith(prompt) || !whole.endsWith(tail))
    throw new Error(`chat-template.jinja: expected ${JSON.stringify(prompt)} to begin the text`);
  const thinking = whole.slice(prompt.length, whole.length - tail.length);
  return [
    { text: prompt, isLearned: false, isSpelled: false },
    { text: thinking, isLearned: true, isSpelled: false },
    { text: answer, isLearned: true, isSpelled: example.spelled },
    { text: end, isLearned: true, isSpelled: false },
  ].filter((segment) => segment.text !== "");
}
