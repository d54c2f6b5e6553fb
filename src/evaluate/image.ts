/** Images in prompts: parts of messages that are written down by digest and size alone. */

import { createHash } from "node:crypto";
import { isObject } from "../checkpoint/json.ts";
import type { ChatMessage, Image } from "../media/index.ts";
import { decodeImage, encodePng, sniffFormat } from "../media/index.ts";
import type { EvalImage } from "./types.ts";

/**
 * @param name what errors call it
 * @param file its bytes, in any format that `decodeImage` reads; read when a model is asked
 */
export const evalImage = (name: string, file: Uint8Array): EvalImage => ({
  name,
  sha256: createHash("sha256").update(file).digest("hex"),
  bytes: file.length,
  read: () => file,
});

type Part = Exclude<ChatMessage["content"], string | null | undefined>[number];

/** A part of a message, as chat templates of models that see know it. */
export const imagePart = (image: EvalImage): Part => ({ type: "image", image });

/** The image of a part, if it is one. */
export function imageOf({ type, image }: Part): EvalImage | undefined {
  const isImage = type === "image" && isObject(image) && typeof image.read === "function";
  return isImage ? (image as unknown as EvalImage) : undefined; // made by imagePart
}

export const hasImages = (prompt: string | readonly ChatMessage[]): boolean =>
  typeof prompt !== "string" &&
  prompt.some(({ content }) => Array.isArray(content) && content.some((part) => imageOf(part)));

/** @throws Error naming the image, where it is damaged or beyond the limits of `decodeImage` */
export const openImage = async ({ name, read }: EvalImage): Promise<Image> =>
  decodeImage(await read(), { name });

/** What chat endpoints take everywhere. */
const common = ["png", "jpeg", "webp"];

/**
 * The image as a data URL: the file as it is in a format that endpoints take, else as a PNG.
 *
 * @throws Error as `openImage`: what cannot be decoded is not sent
 */
export async function dataUrl(image: EvalImage): Promise<string> {
  const decoded = await openImage(image);
  const file = await image.read();
  const format = sniffFormat(file)!; // it was decoded
  const isCommon = common.includes(format);
  const bytes = isCommon ? file : await encodePng(decoded);
  const kind = isCommon ? format : "png";
  return `data:image/${kind};base64,${Buffer.from(bytes).toString("base64")}`;
}
