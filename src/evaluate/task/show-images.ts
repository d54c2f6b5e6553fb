/** Images where their marks stand in a conversation. */

import type { ChatMessage } from "../../media/text/index.ts";
import { imagePart } from "../image.ts";
import type { EvalImage } from "../types.ts";

/**
 * Messages of users with each mark replaced by its image, in its place; blanks around it stay.
 *
 * @param images by the marks that stand for them in the text
 */
export function showImages(
  messages: readonly ChatMessage[],
  images: Readonly<Record<string, EvalImage>>,
): ChatMessage[] {
  const marks = Object.keys(images).map((mark) => mark.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  const anyMark = new RegExp(`(${marks.join("|")})`);
  return messages.map((message) => {
    const { role, content } = message;
    if (role !== "user" || typeof content !== "string") return message;
    const pieces = content.split(anyMark);
    if (pieces.length === 1) return message;
    const parts = pieces
      .map((text, i) => (i % 2 ? imagePart(images[text]!) : { type: "text", text }))
      .filter((part) => part.text !== "");
    return { ...message, content: parts };
  });
}
