/** What the server sends, read: server-sent events, chunks of an answer. No DOM here. */

import type { TokenInfo, ToolCall } from "./conversation.ts";

export interface AnswerPiece {
  readonly content?: string;
  readonly reasoning?: string;
  readonly toolCalls?: readonly ToolCallPiece[];
  readonly tokens?: readonly TokenInfo[];
  readonly finish?: string;
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number };
}

export interface ToolCallPiece {
  readonly index: number;
  readonly id?: string;
  readonly name?: string;
  readonly arguments?: string;
}

export class ServerError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface Chunk {
  readonly error?: { readonly message: string };
  readonly choices?: readonly {
    readonly finish_reason?: string | null;
    readonly delta?: {
      readonly content?: string | null;
      readonly reasoning_content?: string | null;
      readonly tool_calls?: readonly {
        readonly index: number;
        readonly id?: string;
        readonly function?: { readonly name?: string; readonly arguments?: string };
      }[];
    };
    readonly logprobs?: {
      readonly content?: readonly (TokenScore & { readonly top_logprobs?: TokenScore[] })[] | null;
    } | null;
  }[];
  readonly usage?: AnswerPiece["usage"] | null;
}

interface TokenScore {
  readonly token: string;
  readonly logprob: number;
}

/** One chunk of OpenAI's stream. @throws ServerError where the server reports one in the stream */
export function readPiece(chunk: Chunk): AnswerPiece {
  if (chunk.error) throw new ServerError(500, chunk.error.message);
  const choice = chunk.choices?.[0];
  const { content, reasoning_content, tool_calls } = choice?.delta ?? {};
  const scores = choice?.logprobs?.content;
  return {
    ...(content ? { content } : {}),
    ...(reasoning_content ? { reasoning: reasoning_content } : {}),
    ...(tool_calls
      ? {
          toolCalls: tool_calls.map(({ index, id, function: call }) => ({ index, id, ...call })),
        }
      : {}),
    ...(scores
      ? {
          tokens: scores.map(({ token, logprob, top_logprobs = [] }) => ({
            text: token,
            logprob,
            top: top_logprobs.map((t) => ({ text: t.token, logprob: t.logprob })),
          })),
        }
      : {}),
    ...(choice?.finish_reason ? { finish: choice.finish_reason } : {}),
    ...(chunk.usage ? { usage: chunk.usage } : {}),
  };
}

/** Puts pieces of calls together by their index. */
export function addToolCalls(
  calls: readonly ToolCall[],
  pieces: readonly ToolCallPiece[],
): ToolCall[] {
  const all = [...calls];
  for (const { index, id, name, arguments: text } of pieces) {
    const known = all[index] ?? { id: "", name: "", arguments: "" };
    all[index] = {
      id: id ?? known.id,
      name: name ?? known.name,
      arguments: known.arguments + (text ?? ""),
    };
  }
  return all;
}

/** The `data` of server-sent events, cut anywhere by the network. */
export async function* events(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let held = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      held += decoder.decode(value, { stream: true });
      const lines = held.split(/\r?\n/);
      held = lines.pop()!;
      for (const line of lines) if (line.startsWith("data:")) yield line.slice(5).trimStart();
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
