/** From a conversation to the prompt that the model continues, and what that says of thinking. */

import type { ChatMessage, ChatTemplate, Conversation } from "../media/text/index.ts";
import { EMPTY_BLOCK_END, THINK_OPEN, type ThinkingStart, thinkingStart } from "./thinking.ts";

export interface PromptOptions {
  /** `enable_thinking` of the chat template (default: the template's own). */
  readonly thinking?: boolean;
  /** 0 switches thinking off. */
  readonly thinkingBudget?: number;
  /** Functions the model may call, for the chat template. */
  readonly tools?: Conversation["tools"];
  /** Further variables of the template (`chat_template_kwargs`). */
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** The prompt that the template makes of a conversation. */
export function renderPrompt(
  template: ChatTemplate,
  messages: readonly ChatMessage[],
  { thinking: wanted, thinkingBudget, tools, variables }: PromptOptions = {},
): string {
  if (messages.length === 0) throw new Error("the conversation is empty: give at least a message");
  const thinking = thinkingBudget === 0 ? false : wanted;
  const prompt = template.render({
    ...variables,
    messages,
    ...(tools ? { tools } : {}),
    ...(thinking === undefined ? {} : { enable_thinking: thinking }),
  });
  // A template without the switch that opens the block itself: the block is closed, empty.
  const isForcedOpen = thinking === false && thinkingStart(prompt) === "open";
  return isForcedOpen ? prompt.trimEnd() + EMPTY_BLOCK_END : prompt;
}

/** Whether the answer to a prompt may begin with a thinking block. */
export function mayThink(template: ChatTemplate, start: ThinkingStart): boolean {
  return (
    start !== "closed" && [...template.sources.values()].some((text) => text.includes(THINK_OPEN))
  );
}
