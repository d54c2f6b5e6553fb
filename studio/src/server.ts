/** The server that shows this page: its models, its numbers, streamed answers. */

import type { ServerStatus } from "./status.ts";
import { type AnswerPiece, events, readPiece, ServerError } from "./stream.ts";

/** The key is asked for once where the server wants one; it stays in this tab. */
const KEY = "onefold-key";
const headers = (): Record<string, string> => {
  const key = sessionStorage.getItem(KEY);
  return key ? { authorization: `Bearer ${key}` } : {};
};

export const rememberKey = (key: string): void => sessionStorage.setItem(KEY, key);

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(path, { ...init, headers: { ...headers(), ...init.headers } }).catch(
    (error: Error) => {
      if (error.name === "AbortError") throw error;
      throw new ServerError(0, "The server does not answer. Is it still running?");
    },
  );
  if (response.ok) return response;
  const body = (await response.json().catch(() => ({}))) as { error?: { message?: string } };
  const message = body.error?.message ?? `the server answered ${response.status}`;
  throw new ServerError(response.status, message);
}

export const readJson = async (path: string): Promise<unknown> => (await ask(path)).json();
export const readText = async (path: string): Promise<string> => (await ask(path)).text();
export const readStatus = (): Promise<ServerStatus> => readJson("status") as Promise<ServerStatus>;

export const postJson = async (path: string, body: unknown): Promise<unknown> => {
  const headers = { "content-type": "application/json" };
  return (await ask(path, { method: "POST", headers, body: JSON.stringify(body) })).json();
};

export const postForm = async (
  path: string,
  body: FormData,
  signal: AbortSignal,
): Promise<unknown> => (await ask(path, { method: "POST", body, signal })).json();

/** Streams an answer to a chat request. */
export async function* streamAnswer(
  request: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): AsyncGenerator<AnswerPiece> {
  const response = await ask("v1/chat/completions", {
    method: "POST",
    signal,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...request, stream: true, stream_options: { include_usage: true } }),
  });
  for await (const data of events(response.body!)) {
    if (data === "[DONE]") return;
    yield readPiece(JSON.parse(data));
  }
}
