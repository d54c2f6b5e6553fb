/** An endpoint whose every answer the test writes. */

import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked {
  /** Of requests, from 0. */
  readonly index: number;
  /** The last text of the request: prompt, or last message. */
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface TestEndpoint extends Disposable {
  /** As far as /v1. */
  readonly url: string;
}

/** A completion or message as OpenAI's API has it. */
export const answerOf = (text: string | null, more: object = {}): string =>
  JSON.stringify({
    choices: [{ text, message: { content: text, ...more }, finish_reason: "stop" }],
    usage: { prompt_tokens: 1, completion_tokens: 1 },
  });

export async function serveAnswers(
  answer: (asked: Asked, response: ServerResponse) => void,
): Promise<TestEndpoint> {
  let index = 0;
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const piece of request) text += String(piece);
    const body = JSON.parse(text) as Record<string, unknown>;
    const messages = body.messages as { content: string }[] | undefined;
    answer(
      { index: index++, text: messages?.at(-1)?.content ?? String(body.prompt), body },
      response,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
