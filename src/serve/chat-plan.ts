/** From the body of a chat request to what the engine is asked. */

import type { AnswerPlan } from "../generate/engine-answer.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { planConversation } from "../generate/plan.ts";
import type { ChatMessage } from "../media/text/index.ts";
import type { Call } from "./call.ts";
import { checked, HttpError } from "./errors.ts";
import { constraintOf } from "./response-format.ts";
import { givenSampling } from "./sampling.ts";
import type { ChatBody } from "./schemas/chat.ts";

/** @throws HttpError 400 naming the key that does not fit */
export function planChat(call: Call, model: LanguageModel, body: ChatBody): AnswerPlan {
  if (body.top_logprobs !== undefined && !body.logprobs) {
    throw new HttpError(400, "top_logprobs needs logprobs: true", { param: "top_logprobs" });
  }
  const isOffered = body.tools !== undefined && body.tools.length > 0;
  const tools = isOffered && body.tool_choice !== "none" ? body.tools : undefined;
  const given = body.thinking_budget ?? body.thinking_token_budget;
  const plan = (): AnswerPlan =>
    planConversation(model, {
      messages: body.messages.map(toMessage),
      tools,
      variables: ownVariables(body.chat_template_kwargs),
      thinking: thinkingOf(body),
      thinkingBudget: given ?? ((room) => effortBudget(body, room)),
      sampling: givenSampling(body),
      maxTokens: body.max_completion_tokens ?? body.max_tokens,
      stop: body.stop,
      seed: body.seed,
      logprobs: body.logprobs ? (body.top_logprobs ?? 0) : undefined,
      logitBias: body.logit_bias,
      constraint: (start) => constraintOf(model, body, start),
      client: body.user,
      signal: call.signal,
    });
  return checked(plan, "messages");
}

/**
 * A message as templates know it.
 *
 * @throws Error where files lie beside the text
 */
export function toMessage(message: ChatBody["messages"][number]): ChatMessage {
  if (message.role === "user") {
    const { content } = message;
    if (typeof content === "string") return { role: "user", content };
    throw new Error("a message with a file is no text; /v1/chat/completions takes those");
  }
  if (message.role === "developer") return { role: "system", content: message.content };
  if (message.role !== "assistant") return { ...message };
  const { content = "", reasoning_content, reasoning = reasoning_content, tool_calls } = message;
  return {
    role: "assistant",
    content,
    ...(reasoning ? { reasoning_content: reasoning } : {}),
    ...(tool_calls && tool_calls.length > 0 ? { tool_calls } : {}),
  };
}

function thinkingOf({
  enable_thinking,
  chat_template_kwargs,
  reasoning_effort,
}: ChatBody): boolean | undefined {
  const wanted = chat_template_kwargs?.enable_thinking ?? enable_thinking;
  if (wanted !== undefined && typeof wanted !== "boolean") {
    const param = "chat_template_kwargs.enable_thinking";
    throw new HttpError(400, `${param}: must be true or false`, { param });
  }
  if (wanted !== undefined || reasoning_effort === undefined) return wanted;
  return reasoning_effort !== "none" && reasoning_effort !== "minimal";
}

/** "low" thinks in at most a quarter of the answer's tokens, "medium" in half. */
function effortBudget({ reasoning_effort }: ChatBody, room: number): number | undefined {
  if (reasoning_effort !== "low" && reasoning_effort !== "medium") return undefined;
  const budget = Math.floor(room / (reasoning_effort === "low" ? 4 : 2));
  return Number.isFinite(budget) && budget >= MIN_EFFORT ? budget : undefined;
}

/** In less, a block cannot be closed by the words that close it. */
const MIN_EFFORT = 64;

/** Variables of the template that are not the conversation's own. */
function ownVariables(given: ChatBody["chat_template_kwargs"] = {}): Record<string, unknown> {
  const { messages, tools, enable_thinking, ...variables } = given;
  return variables;
}
