/** The server that shows this page: its models, its numbers, streamed answers. */

import {
  type AnswerPiece,
  events,
  type Metric,
  parseMetrics,
  readPiece,
  ServerError,
} from "./stream.ts";

export interface Sampling {
  readonly temperature: number;
  readonly top_p: number;
  readonly max_tokens: number;
  readonly seed: number | undefined;
}

export interface AnswerRequest extends Sampling {
  readonly model: string;
  readonly messages: readonly object[];
  readonly thinking: boolean;
  readonly probabilities: boolean;
}

/** The key is asked for once where the server wants one; it stays in this tab. */
const KEY = "onefold-key";
const headers = (): Record<string, string> => {
  const key = sessionStorage.getItem(KEY);
  return key ? { authorization: `Bearer ${key}` } : {};
};

export const rememberKey = (key: string): void => sessionStorage.setItem(KEY, key);

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(path, { ...init, headers: { ...headers(), ...init.headers } });
  if (response.ok) return response;
  const body = (await response.json().catch(() => ({}))) as { error?: { message?: string } };
  const message = body.error?.message ?? `the server answered ${response.status}`;
  throw new ServerError(response.status, message);
}

export async function listModels(): Promise<string[]> {
  const { data } = (await (await ask("v1/models")).json()) as { data: { id: string }[] };
  return data.map(({ id }) => id);
}

export const readMetrics = async (): Promise<Metric[]> =>
  parseMetrics(await (await ask("metrics")).text());

/** Streams an answer; ends early, without an error, when the signal aborts. */
export async function* streamAnswer(
  { thinking, probabilities, ...request }: AnswerRequest,
  signal: AbortSignal,
): AsyncGenerator<AnswerPiece> {
  const response = await ask("v1/chat/completions", {
    method: "POST",
    signal,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      ...request,
      stream: true,
      stream_options: { include_usage: true },
      chat_template_kwargs: { enable_thinking: thinking },
      ...(probabilities ? { logprobs: true, top_logprobs: 5 } : {}),
    }),
  });
  for await (const data of events(response.body!)) {
    if (data === "[DONE]") return;
    yield readPiece(JSON.parse(data));
  }
}
