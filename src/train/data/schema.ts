/** The record type of training data, in the forms that rows may have. `onefold data schema`. */

import { z } from "zod";

/** Null is read as absent: columns of Parquet files have a value in every row. */
const optional = <T extends z.ZodType>(schema: T) => schema.nullish();

const textPart = z.looseObject({
  type: z.literal("text", "text"),
  text: z.string("text"),
});
const mediaPart = z.looseObject({
  type: z.enum(
    ["image", "image_url", "video", "video_url", "audio", "input_audio"],
    "a known type",
  ),
});

const content = z
  .union([z.string(), z.array(z.union([textPart, mediaPart]))], "text or a list of parts")
  .describe("text, or parts such as {type: text, text} and {type: image, ...}");

const callTarget = {
  name: z.string("text").min(1, "the name of a function"),
  arguments: z
    .union([z.string(), z.record(z.string(), z.unknown())], "an object, or JSON text of one")
    .describe("object of arguments, or its JSON text"),
};
const toolCall = z.union(
  [
    z.looseObject({
      id: optional(z.string("text")),
      type: optional(z.literal("function", "function")),
      function: z.looseObject(callTarget, "an object with name and arguments"),
    }),
    z.looseObject({ id: optional(z.string("text")), ...callTarget }),
  ],
  "an object {id, type, function: {name, arguments}}, or {name, arguments}",
);

const roles = ["system", "user", "assistant", "tool"] as const;
const message = z
  .looseObject(
    {
      role: z.enum(roles, `one of ${roles.join(", ")}`).describe("who speaks"),
      content: optional(content),
      reasoning_content: optional(z.string("text")).describe("thinking before the answer"),
      tool_calls: optional(z.array(toolCall, "a list of calls")).describe("of the assistant"),
      tool_call_id: optional(z.string("text")).describe("of a tool message: the call it answers"),
      name: optional(z.string("text")),
    },
    "an object with role and content",
  )
  .describe("a turn of a conversation, as in OpenAI's API");

const messages = z.array(message, "a list of messages").min(1, "a list of at least one message");
const side = z
  .union([z.string(), messages], "text or a list of messages")
  .describe("text, or messages");

const common = {
  id: optional(z.union([z.string(), z.number()], "text or a number")).describe("names the row"),
  channel: optional(z.string("text")).describe("source of the row: data check counts each"),
};
const weighted = {
  ...common,
  weight: optional(z.number("a number above 0").positive("a number above 0")).describe(
    "of the row's tokens in the loss (default 1)",
  ),
};
const chat = {
  tools: optional(z.array(z.looseObject({}, "a JSON schema"), "a list of functions")).describe(
    "functions that the assistant may call, in OpenAI's form",
  ),
  chat_template_kwargs: optional(
    z.record(z.string(), z.unknown(), "an object of variables"),
  ).describe("variables of the chat template"),
  enable_thinking: optional(z.boolean("true or false")).describe("variable of the chat template"),
};

/** One schema a kind. Further columns are allowed, and left out of the record. */
export const recordSchemas = {
  messages: z
    .looseObject({ messages, ...chat, ...weighted })
    .describe("a conversation, whose assistant turns are learned"),
  completion: z
    .looseObject({ prompt: side, completion: side, ...chat, ...weighted })
    .describe("what follows a prompt is learned"),
  preference: z
    .looseObject({ prompt: optional(side), chosen: side, rejected: side, ...chat, ...common })
    .describe("two answers; without prompt, both hold it as their first messages"),
  unpaired: z
    .looseObject({
      prompt: side,
      completion: side,
      label: z.boolean("true or false").describe("whether the answer is a good one"),
      ...chat,
      ...common,
    })
    .describe("an answer that is good or bad by itself"),
  text: z
    .looseObject({ text: z.string("text"), ...weighted })
    .describe("raw text, all of which is learned"),
  repository: z
    .looseObject({
      repo: z.string("text").min(1, "the name of a repository").describe("name of the repository"),
      files: z
        .array(
          z.looseObject(
            {
              path: z.string("text").min(1, "a path").describe("with forward slashes"),
              content: z.string("text"),
            },
            "an object {path, content}",
          ),
          "a list of files",
        )
        .min(1, "a list of at least one file"),
      ...weighted,
    })
    .describe("the text files of a repository, all of which are learned, in their order"),
  reward: z
    .looseObject({ prompt: side, ...chat, ...common })
    .describe("a prompt; the further columns go to the reward functions"),
} as const;

export type RecordKind = keyof typeof recordSchemas;

/** The JSON Schema of a row (draft 2020-12), of one kind or of any. */
export function recordJsonSchema(kind?: RecordKind): Record<string, unknown> {
  const write = (schema: z.ZodType) => z.toJSONSchema(schema, { io: "input" });
  if (kind) return write(recordSchemas[kind]) as Record<string, unknown>;
  const kinds = Object.entries(recordSchemas).map(([name, schema]) => {
    const { $schema: _, ...rest } = write(schema);
    return { title: name, ...rest };
  });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "onefold training record",
    description: "One row of JSONL or Parquet. A row is of exactly one kind; null means absent.",
    anyOf: kinds,
  };
}
