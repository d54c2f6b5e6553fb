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
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  try {
    for await (const chunk of chunks(request, limit))
      text += decoder.decode(chunk, { stream: true });
    return text + decoder.decode();
  } catch (error) {
    if (error instanceof HttpError) throw error;
    throw new HttpError(400, "the body is not UTF-8", { cause: error });
  }
}

/**
 * A form with files, held in memory.
 *
 * @param limit most bytes of all fields together
 * @throws HttpError 400 or 413
 */
export async function readForm(request: Request, limit: number): Promise<FormData> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of chunks(request, limit)) parts.push(chunk);
  const headers = { "content-type": request.headers.get("content-type") ?? "" };
  return new Response(new Blob(parts), { headers }).formData().catch((error: unknown) => {
    throw new HttpError(400, "the body is no multipart/form-data as its content type says", {
      cause: error,
    });
  });
}

/** A body as it comes in, no more of it than allowed. */
async function* chunks(request: Request, limit: number) {
  const tooLarge = (): HttpError =>
    new HttpError(413, `the body is larger than the ${limit} bytes that this server takes`);
  if (Number(request.headers.get("content-length") ?? 0) > limit) throw tooLarge();
  let bytes = 0;
  try {
    for await (const chunk of request.body ?? []) {
      bytes += chunk.length;
      if (bytes > limit) throw tooLarge();
      yield chunk;
    }
  } catch (error) {
    if (error instanceof HttpError) throw error;
    throw new HttpError(400, "the body ended early", { cause: error });
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
