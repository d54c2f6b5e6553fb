/** From the body of a chat request to what the engine is asked. */

import type { AnswerPlan } from "../generate/engine-answer.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { answerFormatOf } from "../generate/parse/answer-parser.ts";
import type { AnswerFormat } from "../generate/parse/types.ts";
import { mayThink, renderPrompt } from "../generate/prompt.ts";
import { thinkingStart } from "../generate/thinking.ts";
import { type ChatMessage, type ChatTemplate, parseToolArguments } from "../media/text/index.ts";
import type { Call } from "./call.ts";
import { checked, HttpError } from "./errors.ts";
import { constraintOf } from "./response-format.ts";
import { samplingOf, stopTokensOf } from "./sampling.ts";
import type { ChatBody } from "./schemas/chat.ts";

/** @throws HttpError 400 naming the key that does not fit */
export function planChat(call: Call, model: LanguageModel, body: ChatBody): AnswerPlan {
  const { tokenizer, template } = model;
  if (!template) {
    const message = `${model.name} has no chat template; use /v1/completions`;
    throw new HttpError(400, message, { param: "model" });
  }
  if (body.top_logprobs !== undefined && !body.logprobs) {
    throw new HttpError(400, "top_logprobs needs logprobs: true", { param: "top_logprobs" });
  }
  const messages = body.messages.map(toMessage);
  const isOffered = body.tools !== undefined && body.tools.length > 0;
  const tools = isOffered && body.tool_choice !== "none" ? body.tools : undefined;
  const text = checked(() => {
    const conversation = parseToolArguments({ messages });
    return renderPrompt(template, conversation.messages, {
      thinking: thinkingOf(body),
      thinkingBudget: budgetOf(body),
      tools,
      variables: ownVariables(body.chat_template_kwargs),
    });
  }, "messages");
  const start = thinkingStart(text);
  const thinks = mayThink(template, start);
  const prompt = tokenizer.encode(text);
  const maxTokens = body.max_completion_tokens ?? body.max_tokens ?? model.defaults.maxTokens;
  const room = Math.min(maxTokens ?? Infinity, model.engine.contextLimit - prompt.length);
  return {
    tokenizer,
    prompt,
    start,
    sampling: samplingOf(model, body, thinks),
    stopTokens: stopTokensOf(model),
    stop: body.stop,
    thinkingBudget: thinks ? (budgetOf(body) ?? effortBudget(body, room)) : undefined,
    seed: body.seed,
    maxTokens,
    logprobs: body.logprobs ? (body.top_logprobs ?? 0) : undefined,
    logitBias: body.logit_bias,
    constraint: constraintOf(model, body.response_format, start),
    client: body.user,
    tools: tools?.map((tool) => tool.function),
    format: tools && formatOf(template),
    signal: call.signal,
  };
}

/** Templates that show calls nowhere are taken to write them as most models do. */
function formatOf({ sources }: ChatTemplate): AnswerFormat {
  const { toolCalls = "json" } = answerFormatOf([...sources.values()].join("\n"));
  return { toolCalls };
}

/** A message as templates know it. */
export function toMessage(message: ChatBody["messages"][number]): ChatMessage {
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

const budgetOf = (body: ChatBody): number | undefined =>
  body.thinking_budget ?? body.thinking_token_budget;

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
