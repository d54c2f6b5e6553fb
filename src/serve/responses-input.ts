/** A request to /v1/responses as the chat request that it amounts to. */

import { HttpError, schemaError } from "./errors.ts";
import { type ChatBody, chatBody } from "./schemas/chat.ts";
import type { ResponseBody } from "./schemas/responses.ts";

/** @throws HttpError 400 where the items are no conversation */
export function toChatBody(body: ResponseBody): ChatBody {
  const { tools, tool_choice: choice, text } = body;
  const parsed = chatBody.safeParse({
    model: body.model,
    messages: messagesOf(body),
    temperature: body.temperature,
    top_p: body.top_p,
    max_completion_tokens: body.max_output_tokens,
    tools: tools?.map(({ type, ...own }) => ({ type, function: own })),
    tool_choice:
      typeof choice === "object" ? { type: "function", function: { name: choice.name } } : choice,
    parallel_tool_calls: body.parallel_tool_calls,
    response_format: formatOf(text?.format),
    reasoning_effort: body.reasoning?.effort,
    user: body.user,
  });
  if (!parsed.success) throw schemaError(parsed.error);
  return parsed.data;
}

function formatOf(format: NonNullable<ResponseBody["text"]>["format"]): unknown {
  if (format?.type !== "json_schema") return format;
  const { type, ...schema } = format;
  return { type, json_schema: schema };
}

interface Spoken {
  role: string;
  content?: string;
  reasoning_content?: string;
  tool_calls?: object[];
  tool_call_id?: string;
}

/** Reasoning, text and calls that follow one another are one message of the assistant. */
function messagesOf({ input, instructions }: ResponseBody): Spoken[] {
  const messages: Spoken[] = instructions ? [{ role: "system", content: instructions }] : [];
  if (typeof input === "string") return [...messages, { role: "user", content: input }];
  let open: Spoken | undefined;
  const assistant = (): Spoken => {
    if (!open) {
      open = { role: "assistant" };
      messages.push(open);
    }
    return open;
  };
  for (const item of input) {
    if (item.type === "reasoning") {
      const texts = (item.content ?? item.summary ?? []).map((part) => part.text);
      if (texts.length > 0) assistant().reasoning_content = texts.join("\n");
    } else if (item.type === "function_call") {
      const call = { name: item.name, arguments: item.arguments };
      const message = assistant();
      message.tool_calls = [
        ...(message.tool_calls ?? []),
        { id: item.call_id, type: "function", function: call },
      ];
    } else if (item.type === "function_call_output") {
      open = undefined;
      messages.push({ role: "tool", tool_call_id: item.call_id, content: item.output });
    } else if (item.role === "assistant") {
      if (open?.content !== undefined || open?.tool_calls) open = undefined;
      assistant().content = item.content;
    } else {
      open = undefined;
      messages.push({ role: item.role, content: item.content });
    }
  }
  if (messages.length === 0)
    throw new HttpError(400, "input: holds no message", { param: "input" });
  return messages;
}
