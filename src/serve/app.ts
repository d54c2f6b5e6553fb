/** The routes of the server, without a socket. */

import { Hono } from "hono";
import { createAccess } from "./access.ts";
import { Call, CLIENT_GONE } from "./call.ts";
import { chatCompletions } from "./chat-completions.ts";
import { errorBody, HttpError, toHttpError } from "./errors.ts";
import type { Log } from "./log.ts";
import type { ModelPool } from "./model-pool.ts";

export interface AppOptions {
  /** Any of them opens the API; none: everybody may use it. */
  readonly apiKeys?: readonly string[];
  /** Web pages that may call the API, "*" for all (default: the server's own). */
  readonly corsOrigins?: readonly string[];
  /** Most bytes of a body (default 8 MiB). */
  readonly bodyLimit?: number;
  /** Most seconds of a request (default 600). */
  readonly timeLimit?: number;
  readonly log?: Log;
}

type Handler = (call: Call) => Promise<Response> | Response;

export interface App {
  fetch(request: Request): Promise<Response>;
  /** Requests that are being answered. */
  readonly active: ReadonlySet<Call>;
  /** From now on new requests get 503. */
  drain(): void;
}

const posts: Readonly<Record<string, Handler>> = {
  "/v1/chat/completions": chatCompletions,
};

export function createApp(pool: ModelPool, options: AppOptions = {}): App {
  const { log = () => {}, bodyLimit = 8 << 20, timeLimit = 600 } = options;
  const access = createAccess(options);
  const active = new Set<Call>();
  let isDraining = false;
  const onEnd = (call: Call, status: number): void => {
    active.delete(call);
    const { method, url } = call.request;
    log({
      level: status >= 500 ? "error" : "info",
      message: "request",
      id: call.id,
      method,
      path: new URL(url).pathname,
      status,
      ms: Math.round(performance.now() - call.started),
      ...call.notes,
    });
  };
  const settings = { pool, bodyLimit, timeLimit: timeLimit * 1000, onEnd };

  /** Runs a handler as a call: every failure is an error object, every end is logged. */
  const answer = async (request: Request, handler: Handler): Promise<Response> => {
    const call = new Call(request, settings);
    active.add(call);
    const response = await attempt(call, handler);
    const headers = { "x-request-id": call.id, ...access.headers(request) };
    for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
    if (!call.isStreaming) call.end(request.signal.aborted ? CLIENT_GONE : response.status);
    return response;
  };
  const attempt = async (call: Call, handler: Handler): Promise<Response> => {
    try {
      if (isDraining) throw shuttingDown();
      access.check(call.request);
      return await handler(call);
    } catch (error) {
      const failure = toHttpError(error, call.id);
      if (failure.status === 500) call.notes.error = describe(failure.cause);
      const { status, headers } = failure;
      return Response.json(errorBody(failure), { status, headers });
    }
  };

  const hono = new Hono();
  for (const [path, handler] of Object.entries(posts)) {
    hono.post(path, (c) => answer(c.req.raw, handler));
  }
  hono.notFound((c) => answer(c.req.raw, notFound));
  return {
    active,
    async fetch(request) {
      return access.preflight(request) ?? hono.fetch(request);
    },
    drain() {
      isDraining = true;
    },
  };
}

const notFound: Handler = ({ request }) => {
  const { pathname } = new URL(request.url);
  const message = `there is no ${request.method} ${pathname.slice(0, 100)}; see /openapi.json`;
  throw new HttpError(404, message, { code: "unknown_url" });
};

export const shuttingDown = (): HttpError =>
  new HttpError(503, "the server is shutting down", { headers: { "retry-after": "5" } });

const describe = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
