/** The server that shows this page: its models, its numbers, streamed answers. */

import { type AnswerPiece, events, readPiece, ServerError } from "./stream.ts";

/** GET /status, as src/serve/status.ts writes it; a model that is not loaded has an id alone. */
export interface ServerStatus {
  readonly uptime_seconds: number;
  readonly active_requests: number;
  readonly memory: {
    readonly resident_bytes: number;
    readonly free_bytes: number;
    readonly total_bytes: number;
  };
  readonly models: readonly ModelStatus[];
}

export interface ModelStatus {
  readonly id: string;
  readonly loaded: boolean;
  readonly context_length?: number;
  readonly running?: number;
  readonly waiting?: number;
  readonly slots?: number;
  readonly cache?: {
    readonly tokens: number;
    readonly capacity_tokens: number;
    readonly bytes: number;
  };
  readonly tokens?: {
    readonly prompt: number;
    readonly reused: number;
    readonly generated: number;
  };
  readonly sampling?: {
    readonly temperature: number;
    readonly top_p: number;
    readonly top_k: number;
    readonly min_p: number;
    readonly max_tokens: number | null;
  };
  readonly can_chat?: boolean;
  readonly can_think?: boolean;
  readonly can_call_tools?: boolean;
  readonly model_type?: string;
  readonly layers?: number;
  readonly hidden_size?: number;
  readonly vocabulary?: number;
  readonly parameters?: number;
  readonly weights?: readonly {
    readonly dtype: string;
    readonly parameters: number;
    readonly bytes: number;
  }[];
  readonly examples?: readonly string[];
}

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

export const readStatus = async (): Promise<ServerStatus> => (await ask("status")).json();

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
