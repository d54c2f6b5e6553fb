/** Rules of conversations that types cannot say: who may speak when, and what must not be blank. */

import type { ChatMessage } from "../../media/text/index.ts";
import type { RowProblem } from "./problem.ts";

/** Kinds of media in a conversation. */
export type Media = "image" | "video" | "audio";

const mediaOf = (type: string): Media =>
  type.startsWith("image") ? "image" : type.startsWith("video") ? "video" : "audio";

/** Columns beside the messages that hold what the parts refer to. */
const mediaColumns: readonly (readonly [string, Media])[] = [
  ["image", "image"],
  ["images", "image"],
  ["video", "video"],
  ["videos", "video"],
  ["audio", "audio"],
  ["audios", "audio"],
];

/** Media that a row brings in columns of its own, where the model takes none of the kind. */
export function checkColumns(
  row: Readonly<Record<string, unknown>>,
  media: readonly Media[],
): RowProblem | undefined {
  for (const [key, kind] of mediaColumns) {
    const value = row[key];
    const isEmpty = value === undefined || value === null || value === "";
    if (isEmpty || (Array.isArray(value) && value.length === 0) || media.includes(kind)) continue;
    return noMedia(key, kind);
  }
  return undefined;
}

const noMedia = (field: string, kind: Media): RowProblem => ({
  field,
  rule: "media",
  found: `holds ${kind}, and the model takes no ${kind}`,
  fix: `leave the row out, or train a model with ${kind} input`,
});

/**
 * The first broken rule of a conversation.
 *
 * @param path of the list in the row
 * @param media what the model takes; undefined: not known, so not checked
 */
export function checkMessages(
  messages: readonly ChatMessage[],
  path: string,
  media: readonly Media[] | undefined,
): RowProblem | undefined {
  let open: OpenCalls | undefined;
  for (const [i, message] of messages.entries()) {
    const field = `${path}[${i}]`;
    const problem = checkContent(message, field, media);
    if (problem) return problem;
    if (message.role === "tool") {
      const wrong = answerCall(message, field, open);
      if (wrong) return wrong;
      continue;
    }
    const calls = message.tool_calls ?? [];
    open = calls.length > 0 ? { left: calls.length, ids: idsOf(calls) } : undefined;
    if (calls.length > 0 && message.role !== "assistant") {
      return {
        field: `${field}.tool_calls`,
        rule: "tool",
        found: `belongs to a message of the ${message.role}`,
        fix: "only the assistant calls tools",
      };
    }
    const wrong = badArguments(calls, field);
    if (wrong) return wrong;
  }
  return undefined;
}

interface OpenCalls {
  left: number;
  readonly ids: Set<string>;
}

const idsOf = (calls: readonly Readonly<Record<string, unknown>>[]): Set<string> =>
  new Set(calls.flatMap(({ id }) => (typeof id === "string" ? [id] : [])));

/** A tool message uses up one call of the assistant message before it. */
function answerCall(
  message: ChatMessage,
  field: string,
  open: OpenCalls | undefined,
): RowProblem | undefined {
  const id = message.tool_call_id;
  const none = { field, rule: "tool", fix: "put the assistant's tool_calls before it" } as const;
  if (!open) return { ...none, found: "answers no call: no tool_calls stand before it" };
  if (open.left-- === 0) return { ...none, found: "is one tool message more than there are calls" };
  if (typeof id !== "string" || open.ids.size === 0 || open.ids.delete(id)) return undefined;
  return {
    field: `${field}.tool_call_id`,
    rule: "tool",
    found: `${JSON.stringify(id)} is not the id of an open call (${[...open.ids].join(", ")})`,
    fix: "use the id of the call that it answers",
  };
}

function badArguments(
  calls: readonly Readonly<Record<string, unknown>>[],
  field: string,
): RowProblem | undefined {
  for (const [j, call] of calls.entries()) {
    const target = (call.function ?? call) as { arguments?: unknown }; // the schema checked it
    if (typeof target.arguments !== "string") continue;
    const nested = call.function === undefined ? "" : ".function";
    try {
      const value: unknown = JSON.parse(target.arguments);
      if (typeof value === "object" && value !== null && !Array.isArray(value)) continue;
    } catch {
      // told below
    }
    return {
      field: `${field}.tool_calls[${j}]${nested}.arguments`,
      rule: "tool",
      found: "is text that is not a JSON object",
      fix: "write the arguments as an object, or as its JSON text",
    };
  }
  return undefined;
}

function checkContent(
  { role, content, tool_calls: calls }: ChatMessage,
  field: string,
  media: readonly Media[] | undefined,
): RowProblem | undefined {
  if (Array.isArray(content)) {
    for (const [j, part] of content.entries()) {
      if (part.type === "text") continue;
      const kind = mediaOf(String(part.type));
      if (media && !media.includes(kind)) return noMedia(`${field}.content[${j}]`, kind);
    }
  }
  if ((calls?.length ?? 0) > 0) return undefined;
  if (content === undefined) {
    return {
      field: `${field}.content`,
      rule: "type",
      found: "must be text or a list of parts, found nothing",
      fix: "only an assistant message with tool_calls may leave it out",
    };
  }
  if (role !== "assistant") return undefined;
  const isBlank = typeof content === "string" ? content.trim() === "" : !content?.length;
  if (!isBlank) return undefined;
  return {
    field: `${field}.content`,
    rule: "empty",
    found: "is blank, so the assistant would learn to say nothing",
    fix: "give the answer, or leave the row out",
  };
}
