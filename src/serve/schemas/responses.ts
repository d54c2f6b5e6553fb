/** The body of /v1/responses. */

import { z } from "zod";
import { jsonSchema, maxTokens, modelName, optional, samplingShape, text } from "./common.ts";

const part = z
  .object({ type: z.string(), text: optional(text), refusal: optional(text) })
  .transform((value, context) => {
    const said = value.type === "refusal" ? value.refusal : value.text;
    if (/^((input|output)_text|text|refusal)$/.test(value.type) && said !== undefined) return said;
    const message = `a part of type "${value.type.slice(0, 40)}" is not text; this server takes text`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });
const content = z.union([text, z.array(part).transform((parts) => parts.join("\n"))]);

const message = z.object({
  type: optional(z.literal("message")),
  role: z.enum(["user", "assistant", "system", "developer"]),
  content,
});
const item = z.union([
  z.object({ type: z.literal("function_call"), call_id: text, name: text, arguments: text }),
  z.object({ type: z.literal("function_call_output"), call_id: text, output: content }),
  z.object({
    type: z.literal("reasoning"),
    content: optional(z.array(z.object({ text }))),
    summary: optional(z.array(z.object({ text }))),
  }),
  message,
]);

const format = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text") }),
  z.object({ type: z.literal("json_object") }),
  z.object({
    type: z.literal("json_schema"),
    name: optional(text),
    schema: jsonSchema,
    strict: optional(z.boolean()),
  }),
]);

export const responseTool = z.object({
  type: z.literal("function", "this server runs no tools of its own: functions only"),
  name: z.string().regex(/^[\w.-]{1,128}$/, "a function's name has letters, digits, _ . and -"),
  description: optional(text),
  parameters: optional(z.record(z.string(), z.unknown())),
  strict: optional(z.boolean()),
});

export const responseBody = z.object({
  model: modelName,
  input: z.union([text, z.array(item).min(1)]),
  instructions: optional(text),
  max_output_tokens: maxTokens,
  temperature: samplingShape.temperature,
  top_p: samplingShape.top_p,
  tools: optional(z.array(responseTool)),
  tool_choice: optional(
    z.union([
      z.enum(["none", "auto", "required"]),
      z.object({ type: z.literal("function"), name: text }),
    ]),
  ),
  parallel_tool_calls: optional(z.boolean()),
  text: optional(z.object({ format: optional(format) })),
  reasoning: optional(
    z.object({
      effort: optional(z.enum(["none", "minimal", "low", "medium", "high", "xhigh"])),
    }),
  ),
  metadata: optional(z.record(z.string(), z.string())),
  stream: optional(z.boolean()),
  /** Nothing is stored here, whatever is asked; a conversation is sent whole. */
  previous_response_id: optional(
    z.string().refine(() => false, "nothing is stored here; send the whole conversation as input"),
  ),
  background: optional(z.literal(false, "answers are not computed in the background")),
  user: optional(text),
});

export type ResponseBody = z.output<typeof responseBody>;
