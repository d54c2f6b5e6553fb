/** Server-sent events: written as the reader takes them. */

const encoder = new TextEncoder();

export interface ServerEvent {
  /** `event:` line; OpenAI's responses have one, its chunks none. */
  readonly event?: string;
  /** A value, sent as JSON, or text sent as it is (`[DONE]`). */
  readonly data: unknown;
}

/**
 * A response whose body asks for the next event when the connection has taken the last one.
 *
 * @param giveUp called when the reader goes away, before the generator is ended
 */
export function eventStream(
  events: AsyncGenerator<ServerEvent, void>,
  giveUp: () => void,
): Response {
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await events.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(formatEvent(value)));
      },
      async cancel() {
        giveUp();
        await events.return();
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, {
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no", // proxies pass events on at once
    },
  });
}

function formatEvent({ event, data }: ServerEvent): string {
  const text = typeof data === "string" ? data : JSON.stringify(data);
  return `${event ? `event: ${event}\n` : ""}data: ${text}\n\n`;
}
