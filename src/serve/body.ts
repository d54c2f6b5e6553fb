/** Request bodies: read up to a limit, parsed, checked against a schema. */

import type { z } from "zod";
import { HttpError, schemaError } from "./errors.ts";

/**
 * @param limit most bytes
 * @throws HttpError 400, 413 or 415
 */
export async function readBody<T extends z.ZodType>(
  request: Request,
  schema: T,
  limit: number,
): Promise<z.output<T>> {
  const type = request.headers.get("content-type");
  if (type !== null && !/^application\/([\w.-]+\+)?json\b/i.test(type)) {
    throw new HttpError(415, `the content type is ${type.slice(0, 100)}; send application/json`);
  }
  const parsed = schema.safeParse(parseJson(await readText(request, limit)));
  if (!parsed.success) throw schemaError(parsed.error);
  return parsed.data;
}

async function readText(request: Request, limit: number): Promise<string> {
  const tooLarge = (): HttpError =>
    new HttpError(413, `the body is larger than the ${limit} bytes that this server takes`);
  if (Number(request.headers.get("content-length") ?? 0) > limit) throw tooLarge();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let bytes = 0;
  try {
    for await (const chunk of request.body ?? []) {
      bytes += chunk.length;
      if (bytes > limit) throw tooLarge();
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  } catch (error) {
    if (error instanceof HttpError) throw error;
    const isEncoding = error instanceof TypeError && "code" in error;
    const message = isEncoding ? "the body is not UTF-8" : "the body ended early";
    throw new HttpError(400, message, { cause: error });
  }
}

function parseJson(text: string): unknown {
  if (text.trim() === "") throw new HttpError(400, "the body is empty; send a JSON object");
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : "";
    throw new HttpError(400, `the body is not JSON: ${reason.replaceAll(/\s+/g, " ")}`, {
      cause: error,
    });
  }
}
