/** The body of /v1/chat/completions. */

import { z } from "zod";
import {
  answerShape,
  functionTool,
  jsonSchema,
  maxTokens,
  modelName,
  optional,
  samplingShape,
  text,
} from "./common.ts";
import { content, userContent } from "./content.ts";

const toolCall = z.object({
  id: optional(text),
  type: optional(z.literal("function")),
  function: z.object({ name: text, arguments: text }),
});

const message = z.discriminatedUnion("role", [
  z.object({ role: z.literal("system"), content }),
  z.object({ role: z.literal("developer"), content }),
  z.object({ role: z.literal("user"), content: userContent }),
  z.object({ role: z.literal("tool"), content, tool_call_id: optional(text) }),
  z.object({
    role: z.literal("assistant"),
    content: optional(content),
    reasoning_content: optional(text),
    /** The name that newer servers give it. */
    reasoning: optional(text),
    tool_calls: optional(z.array(toolCall)),
  }),
]);

const responseFormat = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text") }),
  z.object({ type: z.literal("json_object") }),
  z.object({
    type: z.literal("json_schema"),
    json_schema: z.object({
      name: optional(text),
      description: optional(text),
      schema: optional(jsonSchema),
      strict: optional(z.boolean()),
    }),
  }),
  z.object({ type: z.literal("regex"), pattern: text }),
  z.object({ type: z.literal("grammar"), grammar: text }),
]);

const toolChoice = z.union([
  z.enum(["none", "auto", "required"]),
  z.object({ type: z.literal("function"), function: z.object({ name: text }) }),
]);

export const chatBody = z.object({
  model: modelName,
  messages: z.array(message).min(1),
  ...samplingShape,
  ...answerShape,
  max_tokens: maxTokens,
  max_completion_tokens: maxTokens,
  logprobs: optional(z.boolean()),
  top_logprobs: optional(z.int().min(0).max(20)),
  tools: optional(z.array(functionTool)),
  tool_choice: optional(toolChoice),
  functions: optional(
    z.array(z.unknown()).refine(() => false, "is the form before tools; send tools instead"),
  ),
  parallel_tool_calls: optional(z.boolean()),
  response_format: optional(responseFormat),
  reasoning_effort: optional(z.enum(["none", "minimal", "low", "medium", "high", "xhigh"])),
  enable_thinking: optional(z.boolean()),
  chat_template_kwargs: optional(z.record(z.string(), z.unknown())),
  /** Most tokens of thinking; both names are in use. */
  thinking_budget: optional(z.int().min(0)),
  thinking_token_budget: optional(z.int().min(0)),
});

export type ChatBody = z.output<typeof chatBody>;
