/** What a message of a chat says: text, and in a user's message files beside it. */

import { z } from "zod";
import { optional, text } from "./common.ts";

const textPart = z
  .object({ type: z.string(), text: optional(text), refusal: optional(text) })
  .transform((part, context) => {
    const said = part.type === "text" ? part.text : part.type === "refusal" ? part.refusal : null;
    if (typeof said === "string") return said;
    const message = `a part of type "${part.type.slice(0, 40)}" is not text; this message takes text`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });

/** Text, or parts of text: those become paragraphs. */
export const content = z.union([text, z.array(textPart).transform((parts) => parts.join("\n"))]);

/** A file as a data: URL. */
export interface AttachedFile {
  readonly kind: "image" | "audio" | "video";
  readonly url: string;
}

/** Text with files. */
export interface Attached {
  readonly text: string;
  readonly files: readonly AttachedFile[];
}

/** An address, alone or as OpenAI wraps it (with how closely to look, which nothing here heeds). */
const address = z.union([text, z.object({ url: text }).transform(({ url }) => url)]);

/** OpenAI's parts of a user's message, and vLLM's for videos. */
const filePart = z.discriminatedUnion("type", [
  z.object({ type: z.literal("image_url"), image_url: address }),
  z.object({ type: z.literal("video_url"), video_url: address }),
  z.object({
    type: z.literal("input_audio"),
    input_audio: z.object({ data: text, format: z.string().regex(/^\w{1,10}$/) }),
  }),
]);

function toFile(part: z.output<typeof filePart>): AttachedFile {
  if (part.type === "image_url") return { kind: "image", url: part.image_url };
  if (part.type === "video_url") return { kind: "video", url: part.video_url };
  const { data, format } = part.input_audio;
  return { kind: "audio", url: `data:audio/${format};base64,${data}` };
}

export const userContent = z.union([
  text,
  z.array(z.union([filePart.transform(toFile), textPart])).transform((parts): string | Attached => {
    const words = parts.filter((part) => typeof part === "string").join("\n");
    const files = parts.filter((part) => typeof part !== "string");
    return files.length === 0 ? words : { text: words, files };
  }),
]);
