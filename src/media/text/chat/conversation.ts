/** A conversation as templates take it, checked. */

import { describe, type JsonObject, Place } from "../check-json.ts";

/** One message; templates may read further keys. */
export interface ChatMessage {
  role: string;
  content?: string | readonly JsonObject[] | null;
  reasoning_content?: string | null;
  tool_calls?: readonly JsonObject[] | null;
  [key: string]: unknown;
}

/** What a template renders; further keys reach the template as variables. */
export interface Conversation {
  messages: readonly ChatMessage[];
  /** JSON schemas of functions, in OpenAI's form. */
  tools?: readonly JsonObject[] | null;
  /** Qwen3: let the model think before it answers (the template's default is true). */
  enable_thinking?: boolean;
  /** Let the prompt end where the assistant begins to speak (default true). */
  add_generation_prompt?: boolean;
  [key: string]: unknown;
}

/**
 * Checks a conversation that comes from outside. An assistant message with tool calls may leave
 * its content out or null, as OpenAI's clients do; templates get "" for it.
 *
 * @param file name used in messages
 * @throws one sentence naming the file and the key
 */
export function parseConversation(value: unknown, file = "conversation"): Conversation {
  const root = new Place(file);
  const conversation = root.object(value);
  const messagesPlace = root.at("messages");
  const messages = messagesPlace.array(conversation.messages);
  if (messages.length === 0) throw messagesPlace.error("must hold at least one message");
  const tools = conversation.tools;
  if (tools !== undefined && tools !== null) {
    root
      .at("tools")
      .array(tools)
      .forEach((tool, i) => {
        root.at("tools").at(i).object(tool);
      });
  }
  for (const key of ["enable_thinking", "add_generation_prompt"] as const) {
    if (conversation[key] !== undefined && typeof conversation[key] !== "boolean") {
      throw root.at(key).error(`must be true or false, but is ${describe(conversation[key])}`);
    }
  }
  return {
    ...conversation,
    messages: messages.map((message, i) => parseMessage(message, messagesPlace.at(i))),
  };
}

function parseMessage(value: unknown, place: Place): ChatMessage {
  const message = place.object(value);
  const role = place.at("role").string(message.role);
  const toolCalls = message.tool_calls ?? [];
  const calls = place.at("tool_calls").array(toolCalls);
  calls.forEach((call, i) => {
    checkToolCall(call, place.at("tool_calls").at(i));
  });
  const { content, reasoning_content: reasoning } = message;
  if (reasoning !== undefined && reasoning !== null)
    place.at("reasoning_content").string(reasoning);
  if (content === undefined || content === null) {
    if (calls.length > 0) return { ...message, role, content: "" };
    throw place.at("content").error(`must be text or a list of parts, but is ${describe(content)}`);
  }
  if (Array.isArray(content)) {
    content.forEach((part, i) => {
      const partPlace = place.at("content").at(i);
      partPlace.at("type").string(partPlace.object(part).type);
    });
  } else if (typeof content !== "string") {
    throw place.at("content").error(`must be text or a list of parts, but is ${describe(content)}`);
  }
  return message as ChatMessage; // every declared key has been checked
}

function checkToolCall(value: unknown, place: Place): void {
  const call = place.object(value);
  const isNested = call.function !== undefined;
  const target = isNested ? place.at("function").object(call.function) : call;
  (isNested ? place.at("function") : place).at("name").string(target.name);
}

/**
 * The conversation with tool-call arguments given as JSON text (OpenAI's form) turned into
 * objects, which most templates expect; text that is not a JSON object stays as it is.
 */
export function parseToolArguments(conversation: Conversation): Conversation {
  const parse = (holder: JsonObject): JsonObject => {
    if (typeof holder.arguments !== "string") return holder;
    try {
      const parsed: unknown = JSON.parse(holder.arguments);
      const isObject = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
      return isObject ? { ...holder, arguments: parsed } : holder;
    } catch {
      return holder; // a model may write broken JSON; the template shows it as it was
    }
  };
  const messages = conversation.messages.map((message) => {
    if (!Array.isArray(message.tool_calls)) return message;
    const calls = message.tool_calls.map((call: JsonObject) =>
      call.function === undefined
        ? parse(call)
        : { ...call, function: parse(call.function as JsonObject) },
    );
    return { ...message, tool_calls: calls };
  });
  return { ...conversation, messages };
}
