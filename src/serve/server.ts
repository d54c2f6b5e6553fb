/** The server on a socket: listens, and shuts down without cutting answers off. */

import type { Server } from "node:http";
import { serve } from "@hono/node-server";
import { isLoopback } from "./access.ts";
import { type App, type AppOptions, createApp, shuttingDown } from "./app.ts";
import type { ModelPool } from "./model-pool.ts";

export interface ServerOptions extends Omit<AppOptions, "isLocal"> {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0 takes any that is free (default 8000). */
  readonly port?: number;
  /** Binding beyond this machine without a key is refused unless this is set. */
  readonly isInsecure?: boolean;
  /** Seconds that answers get to end when the server shuts down (default 30). */
  readonly drainLimit?: number;
}

export interface RunningServer extends AsyncDisposable {
  readonly url: string;
  readonly app: App;
  /** Takes nothing new, lets the answers end, closes the models. Asked twice, it does not wait. */
  close(): Promise<void>;
}

/**
 * Listens.
 *
 * @param pool closed with the server
 * @throws Error where the port is taken, or the host is reachable from outside and no key is set
 */
export async function startServer(
  pool: ModelPool,
  options: ServerOptions = {},
): Promise<RunningServer> {
  const { host = "127.0.0.1", port = 8000, drainLimit = 30, isInsecure = false } = options;
  if (host === "") throw new Error("the host is empty: give an address, such as 127.0.0.1");
  if (!isLoopback(host) && !isInsecure && (options.apiKeys ?? []).length === 0) {
    throw new Error(
      `${host} can be reached from other machines: set an API key (ONEFOLD_API_KEY or ` +
        "--api-key-file), or allow everybody with --insecure",
    );
  }
  const app = createApp(pool, { ...options, isLocal: isLoopback(host) });
  const server = await listen(app, host, port);
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  let closing: Promise<void> | undefined;
  const cut = (): void => {
    for (const call of app.active) call.abort(shuttingDown());
  };
  const close = async (): Promise<void> => {
    app.drain();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const timer = setTimeout(cut, drainLimit * 1000);
    while (app.active.size > 0) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      server.closeIdleConnections();
    }
    clearTimeout(timer);
    // What is left only reads, or keeps a connection open that nobody uses.
    const last = setTimeout(() => server.closeAllConnections(), 1000);
    server.closeIdleConnections();
    await closed;
    clearTimeout(last);
    await pool[Symbol.asyncDispose]();
  };
  const shutDown = (): Promise<void> => {
    if (closing) cut();
    closing ??= close();
    return closing;
  };
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    app,
    close: shutDown,
    [Symbol.asyncDispose]: shutDown,
  };
}

function listen(app: App, hostname: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = serve(
      {
        fetch: (request) => app.fetch(request),
        hostname,
        port,
        overrideGlobalObjects: false,
        serverOptions: { requestTimeout: 60_000, headersTimeout: 15_000, keepAliveTimeout: 30_000 },
      },
      () => resolve(server as Server), // http/1 unless told otherwise
    );
    server.on("error", (error: NodeJS.ErrnoException) => {
      const message = listenErrors[error.code ?? ""]?.(hostname, port);
      reject(message === undefined ? error : new Error(message, { cause: error }));
    });
  });
}

const listenErrors: Readonly<Record<string, (host: string, port: number) => string>> = {
  EADDRINUSE: (host, port) => `port ${port} of ${host} is taken; choose another with --port`,
  EACCES: (host, port) => `port ${port} of ${host} is not open to this user; choose one above 1023`,
  EADDRNOTAVAIL: (host) => `${host} is no address of this machine; choose another with --host`,
  ENOTFOUND: (host) => `no machine is called ${host}; choose another address with --host`,
  EAI_AGAIN: (host) => `no machine is called ${host}; choose another address with --host`,
};
