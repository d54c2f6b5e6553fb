/** Failures as clients see them: a status and an error object in OpenAI's form. */

import type { z } from "zod";
import { isEngineRefusal } from "../generate/engine/refusal.ts";
import type { EngineRefusal } from "../generate/engine/types.ts";

export type HttpStatus = 400 | 401 | 403 | 404 | 405 | 408 | 413 | 415 | 429 | 500 | 503;

interface Details {
  readonly code?: string;
  /** The key of the request that is wrong. */
  readonly param?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** An answer other than 200, in one sentence. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: HttpStatus;
  readonly code: string | undefined;
  readonly param: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: HttpStatus, message: string, details: Details = {}) {
    super(message, { cause: details.cause });
    this.status = status;
    this.code = details.code;
    this.param = details.param;
    this.headers = details.headers ?? {};
  }
}

export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}

export const errorBody = ({ status, message, param, code }: HttpError): ErrorBody => ({
  error: { message, type: typeOf(status), param: param ?? null, code: code ?? null },
});

function typeOf(status: HttpStatus): string {
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  if (status === 404) return "not_found_error";
  if (status === 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

/** Seconds after which a client may try a busy server again. */
const RETRY_AFTER = "1";

/** What any failure is to the client; the inside of unexpected ones stays in the log. */
export function toHttpError(error: unknown, requestId: string): HttpError {
  if (error instanceof HttpError) return error;
  if (isEngineRefusal(error)) return refusalError(error, "messages");
  return new HttpError(500, `the server failed; its log has the cause under ${requestId}`, {
    code: "internal_error",
    cause: error,
  });
}

function refusalError({ reason, message }: EngineRefusal, param?: string): HttpError {
  return reason === "busy"
    ? new HttpError(429, message, { code: "busy", headers: { "retry-after": RETRY_AFTER } })
    : new HttpError(400, message, { code: "context_length_exceeded", param });
}

/**
 * Runs what checks a request with the library's own rules: what it throws is the client's doing.
 *
 * @throws HttpError 400, or what tells its own status
 */
export function checked<T>(check: () => T, param?: string): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof HttpError || !(error instanceof Error)) throw error;
    if (isEngineRefusal(error)) throw refusalError(error, param);
    const message = error.message.replace(FOLDER, "");
    throw new HttpError(400, oneLine(message), { param, cause: error });
  }
}

/** Where a model's files lie is no client's business. */
const FOLDER = /^(?:\/|[A-Za-z]:\\)[^:\n]*[/\\](?=[^/\\:]+: )/;

/** zod's first complaint as one sentence. */
export function schemaError({ issues }: z.core.$ZodError): HttpError {
  const issue = deepest(issues[0]);
  if (!issue) return new HttpError(400, "the request is not valid");
  const param = issue.path.reduce<string>(
    (path, key) =>
      typeof key === "number"
        ? `${path}[${key}]`
        : path === ""
          ? String(key)
          : `${path}.${String(key)}`,
    "",
  );
  const where = param === "" ? "the body" : param;
  return new HttpError(400, oneLine(`${where}: ${asClause(issue.message)}`), { param });
}

/** Of a union's complaints, the one that came furthest: it is the form that was meant. */
function deepest(issue: z.core.$ZodIssue | undefined): z.core.$ZodIssue | undefined {
  if (issue?.code !== "invalid_union" || issue.errors.length === 0) return issue;
  const candidates = issue.errors.flatMap((issues) => (issues[0] ? [deepest(issues[0])!] : []));
  const furthest = Math.max(...candidates.map(({ path }) => path.length));
  const near = candidates.filter(({ path }) => path.length === furthest);
  // A form of the right type comes nearer than one of another type.
  const best = near.find(({ code }) => code !== "invalid_type") ?? near[0];
  if (!best) return issue;
  const isType = best.code === "invalid_type";
  const message = isType ? anyOf(near.map((each) => each.message)) : best.message;
  return { ...best, message, path: [...issue.path, ...best.path] };
}

/** "Invalid input: expected A, received C" of several A as one message. */
function anyOf(messages: readonly string[]): string {
  const [, received = ""] = /, received (\w+)$/.exec(messages[0]!) ?? [];
  const expected = messages.map((text) => /: expected (.*?),/.exec(text)?.[1] ?? text);
  return `expected ${[...new Set(expected)].join(" or ")}, received ${received}`;
}

/** zod's messages begin as sentences, and some are two. */
const asClause = (text: string): string =>
  (text.charAt(0).toLowerCase() + text.slice(1)).replaceAll(
    /\. (\w)/g,
    (_, first: string) => `: ${first.toLowerCase()}`,
  );
const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, " ");
