/** One request on its way: its id, what ends it, and what has to be put back when it ends. */

import { randomUUID } from "node:crypto";
import type { Lease } from "../generate/engine/pool.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { HttpError, toHttpError } from "./errors.ts";
import { eventStream, type ServerEvent } from "./event-stream.ts";
import type { ModelPool } from "./model-pool.ts";
import type { TaskRunner } from "./tasks/task-runner.ts";

/** What the log says of a request beyond its status and time. */
export interface CallNotes {
  model?: string;
  promptTokens?: number;
  completionTokens?: number;
  /** Milliseconds until the first part of the answer. */
  firstTokenMs?: number;
  /** Of a failure inside the server. */
  error?: string;
}

export interface CallOptions {
  readonly pool: ModelPool;
  /** Most milliseconds. */
  readonly timeLimit: number;
  readonly bodyLimit: number;
  /** Most bytes of a body that holds files. */
  readonly fileLimit: number;
  readonly onEnd: (call: Call, status: number) => void;
}

export class Call {
  readonly request: Request;
  readonly id: string;
  readonly started = performance.now();
  readonly notes: CallNotes = {};
  readonly options: CallOptions;
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #leases: Disposable[] = [];
  #isStreaming = false;
  #isEnded = false;

  constructor(request: Request, options: CallOptions) {
    this.request = request;
    this.options = options;
    const given = request.headers.get("x-request-id");
    this.id = given && /^[\w.-]{1,100}$/.test(given) ? given : `req_${randomUUID()}`;
    const seconds = options.timeLimit / 1000;
    this.#timer = setTimeout(
      () => this.abort(new HttpError(408, `the answer took longer than ${seconds} s`)),
      options.timeLimit,
    );
    this.#timer.unref();
    if (request.signal.aborted) this.#leave();
    else request.signal.addEventListener("abort", this.#leave, { once: true });
  }

  /** Ends the work when the client goes away, the time is up, or the server shuts down. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isStreaming(): boolean {
    return this.#isStreaming;
  }

  abort(reason: HttpError): void {
    this.#controller.abort(reason);
  }

  /** Why a "cancelled" answer was: what the client is told. */
  get reason(): HttpError {
    const { reason } = this.signal;
    return reason instanceof HttpError ? reason : clientGone();
  }

  /** The model that a request names (default: the first), held until the request ends. */
  async acquire(name: string | undefined): Promise<LanguageModel> {
    return this.#hold(await this.options.pool.acquire(this.#named(name)));
  }

  /** What that model does besides text, or what does it in its place; undefined where nothing does. */
  async acquireTasks(
    name: string | undefined,
  ): Promise<{ readonly name: string; readonly runner: TaskRunner | undefined }> {
    const lease = await this.options.pool.acquireTasks(this.#named(name));
    return { name: lease.name, runner: this.#hold(lease) };
  }

  /** Answers with events; the request ends with the last of them. */
  stream(events: AsyncGenerator<ServerEvent, void>): Response {
    this.#isStreaming = true;
    const all = this.#untilEnd(events);
    return eventStream(all, () => this.#leave());
  }

  /** What a failure is to the client; one of the server's own is noted for the log. */
  failure(error: unknown): HttpError {
    const failure = toHttpError(error, this.id);
    const { cause } = failure;
    if (failure.status === 500) {
      this.notes.error = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    }
    return failure;
  }

  /** The answer is complete, or given up. */
  end(status: number): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearTimeout(this.#timer);
    this.request.signal.removeEventListener("abort", this.#leave);
    for (const lease of this.#leases) lease[Symbol.dispose]();
    this.options.onEnd(this, status);
  }

  #named(name: string | undefined): string {
    const { names } = this.options.pool;
    const asked = name ?? names[0] ?? "";
    if (!names.includes(asked)) {
      const message = `no model is called "${asked.slice(0, 100)}"; there is ${names.join(", ")}`;
      throw new HttpError(404, message, { code: "model_not_found", param: "model" });
    }
    this.notes.model = asked;
    return asked;
  }

  #hold<T>(lease: Lease<T>): T {
    if (this.#isEnded) {
      lease[Symbol.dispose]();
      throw clientGone();
    }
    this.#leases.push(lease);
    return lease.value;
  }

  async *#untilEnd(events: AsyncGenerator<ServerEvent, void>): AsyncGenerator<ServerEvent, void> {
    try {
      yield* events;
    } finally {
      this.end(this.signal.aborted ? this.reason.status : 200);
    }
  }

  readonly #leave = (): void => {
    this.abort(clientGone());
    // Nobody may ever read the body: then its generator does not get to its end.
    if (this.#isStreaming) this.end(CLIENT_GONE);
  };
}

/** nginx's status for a client that went away; it only reaches the log. */
export const CLIENT_GONE = 499;

const clientGone = (): HttpError => new HttpError(408, "the client went away");
