/** The routes of the server, without a socket. */

import { Hono } from "hono";
import { createAccess } from "./access.ts";
import { Call, CLIENT_GONE } from "./call.ts";
import { chatCompletions } from "./chat-completions.ts";
import { completions } from "./completions.ts";
import { embeddings, rerank } from "./embeddings.ts";
import { errorBody, HttpError } from "./errors.ts";
import { labelRoutes } from "./labels/routes.ts";
import type { Log } from "./log.ts";
import { createMetrics } from "./metrics.ts";
import type { ModelPool } from "./model-pool.ts";
import { describeModel, listModels } from "./models.ts";
import { openApi } from "./openapi.ts";
import { listGames, playGame } from "./play/routes.ts";
import { reportRoutes } from "./reports/routes.ts";
import { responses } from "./responses.ts";
import { runRoutes } from "./runs/routes.ts";
import { serverStatus } from "./status.ts";
import type { Studio } from "./studio.ts";
import { explainTask, inferTask, listTasks } from "./tasks/routes.ts";
import { detokenize, tokenize } from "./tokens.ts";

export interface AppOptions {
  /** Any of them opens the API; none: everybody may use it. */
  readonly apiKeys?: readonly string[];
  /** Web pages that may call the API, "*" for all (default: the server's own). */
  readonly corsOrigins?: readonly string[];
  /** The server listens on this machine alone: requests by other names are refused. */
  readonly isLocal?: boolean;
  /** Most bytes of a body (default 8 MiB). */
  readonly bodyLimit?: number;
  /** Most bytes of a body that holds files, of /tasks/infer (default 64 MiB). */
  readonly fileLimit?: number;
  /** Most seconds of a request (default 600). */
  readonly timeLimit?: number;
  readonly log?: Log;
  /** The page at `/`; it needs no key, what it asks the API for does. */
  readonly studio?: Studio;
  /** Folder of training runs, shown under `/runs`; it may appear later. */
  readonly runs?: string;
  /**
   * Folder whose evaluations are shown under `/reports`, and whose variants can be labelled under
   * `/labels`: labels are written beside them.
   */
  readonly work?: string;
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
  "/v1/completions": completions,
  "/v1/embeddings": embeddings,
  "/v1/rerank": rerank,
  "/v1/responses": responses,
  "/tokenize": tokenize,
  "/detokenize": detokenize,
  "/tasks/explain": explainTask,
  "/tasks/infer": inferTask,
  "/play": playGame,
};
const gets: Readonly<Record<string, Handler>> = {
  "/v1/models": listModels,
  "/tasks": listTasks,
  "/play": listGames,
  "/openapi.json": () => Response.json(openApi()),
};

export function createApp(pool: ModelPool, options: AppOptions = {}): App {
  const { log = () => {}, bodyLimit = 8 << 20, fileLimit = 64 << 20, timeLimit = 600 } = options;
  const access = createAccess(options);
  const active = new Set<Call>();
  let isDraining = false;
  const metrics = createMetrics();
  const runs = runRoutes(options.runs);
  const reports = reportRoutes(options.work);
  const labels = labelRoutes(options.work);
  const allPosts = { ...posts, "/labels": labels.save };
  const allGets = {
    ...gets,
    "/runs": runs.list,
    "/reports": reports.list,
    "/reports/page": reports.page,
    "/labels": labels.list,
    "/labels/file": labels.file,
    "/labels/variant": labels.variant,
  };
  const onEnd = (call: Call, status: number): void => {
    active.delete(call);
    const { method, url } = call.request;
    const { pathname } = new URL(url);
    // Paths that clients made up would be so many series.
    const isFixed = Object.hasOwn(allPosts, pathname) || Object.hasOwn(allGets, pathname);
    metrics.count(call, isFixed ? pathname : "other", status);
    if (isPoll(pathname) && status < 400) return; // the studio asks every second
    log({
      level: status >= 500 ? "error" : "info",
      message: "request",
      id: call.id,
      method,
      path: pathname,
      status,
      ms: Math.round(performance.now() - call.started),
      ...call.notes,
    });
  };
  const settings = { pool, bodyLimit, fileLimit, timeLimit: timeLimit * 1000, onEnd };

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
      const failure = call.failure(error);
      const { status, headers } = failure;
      return Response.json(errorBody(failure), { status, headers });
    }
  };

  const pageFor = ({ method, url }: Request): Response | undefined =>
    method === "GET" ? options.studio?.(new URL(url).pathname) : undefined;

  const hono = new Hono();
  for (const [path, handler] of Object.entries(allPosts)) {
    hono.post(path, (c) => answer(c.req.raw, handler));
  }
  for (const [path, handler] of Object.entries(allGets)) {
    hono.get(path, (c) => answer(c.req.raw, handler));
  }
  hono.get("/v1/models/*", (c) => answer(c.req.raw, describeModel));
  // Asked all the time, by programs without a key: no call, no line in the log.
  hono.get("/health", () =>
    Response.json({ status: isDraining ? "draining" : "ok" }, { status: isDraining ? 503 : 200 }),
  );
  hono.get("/metrics", (c) =>
    answer(c.req.raw, () => {
      const headers = { "content-type": "text/plain; version=0.0.4; charset=utf-8" };
      return new Response(metrics.render(pool, active.size), { headers });
    }),
  );
  hono.get("/runs/*", (c) => answer(c.req.raw, runs.one));
  hono.get("/status", (c) => answer(c.req.raw, (call) => serverStatus(call, active.size - 1)));
  hono.notFound((c) => answer(c.req.raw, notFound));
  return {
    active,
    async fetch(request) {
      return access.preflight(request) ?? pageFor(request) ?? hono.fetch(request);
    },
    drain() {
      isDraining = true;
    },
  };
}

/** Paths that programs ask again and again. */
const isPoll = (path: string): boolean => /^\/(status|metrics|runs(\/.*)?)$/.test(path);

const notFound: Handler = ({ request }) => {
  const { pathname } = new URL(request.url);
  const message = `there is no ${request.method} ${pathname.slice(0, 100)}; see /openapi.json`;
  throw new HttpError(404, message, { code: "unknown_url" });
};

export const shuttingDown = (): HttpError =>
  new HttpError(503, "the server is shutting down", { headers: { "retry-after": "5" } });
