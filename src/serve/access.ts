/** Who may use the server: API keys, and the web pages that may call it. */

import { createHash, timingSafeEqual } from "node:crypto";
import { HttpError } from "./errors.ts";

export interface AccessOptions {
  readonly apiKeys?: readonly string[];
  readonly corsOrigins?: readonly string[];
  /**
   * The server listens on this machine alone: without keys, only requests by this machine's names
   * are answered. A web page whose own name is pointed at 127.0.0.1 later (DNS rebinding) would
   * otherwise pass for the server's page.
   */
  readonly isLocal?: boolean;
}

export interface Access {
  /** @throws HttpError 401 or 403 */
  check(request: Request): void;
  /** The answer to a browser's question before a request, if this is one. */
  preflight(request: Request): Response | undefined;
  /** What tells a browser that its page may read the answer. */
  headers(request: Request): Record<string, string>;
}

export function createAccess({
  apiKeys = [],
  corsOrigins = [],
  isLocal = false,
}: AccessOptions): Access {
  // Digests have one length, so that comparing takes the same time for every key.
  const digests = apiKeys.map(digest);
  const isAllowed = (origin: string): boolean =>
    corsOrigins.includes("*") || corsOrigins.includes(origin);
  const isKnownHost = (host: string): boolean =>
    isLoopback(nameOf(host)) || isAllowed(`https://${host}`) || isAllowed(`http://${host}`);
  const headers = (request: Request): Record<string, string> => {
    const origin = request.headers.get("origin");
    if (origin === null || !isAllowed(origin)) return {};
    return {
      "access-control-allow-origin": corsOrigins.includes("*") ? "*" : origin,
      "access-control-expose-headers": "x-request-id, retry-after",
      vary: "origin",
    };
  };
  return {
    headers,
    preflight(request) {
      if (request.method !== "OPTIONS") return undefined;
      if (!request.headers.has("access-control-request-method")) return undefined;
      const asked = request.headers.get("access-control-request-headers");
      const allowed = headers(request);
      const isKnown = "access-control-allow-origin" in allowed;
      return new Response(null, {
        status: isKnown ? 204 : 403,
        headers: {
          ...allowed,
          ...(isKnown ? { "access-control-allow-methods": "GET, POST, OPTIONS" } : {}),
          ...(isKnown && asked ? { "access-control-allow-headers": asked } : {}),
          "access-control-max-age": "600",
        },
      });
    },
    check(request) {
      const host = request.headers.get("host");
      if (isLocal && digests.length === 0 && host !== null && !isKnownHost(host)) {
        const message =
          `this server answers to 127.0.0.1 and localhost, not to ${host.slice(0, 100)}; ` +
          "set an API key, or allow the page with --cors";
        throw new HttpError(403, message, { code: "host_not_allowed" });
      }
      const origin = request.headers.get("origin");
      if (origin !== null && !isSameOrigin(origin, request) && !isAllowed(origin)) {
        const message = `pages of ${origin.slice(0, 100)} may not use this server; allow them with --cors`;
        throw new HttpError(403, message, { code: "origin_not_allowed" });
      }
      if (digests.length === 0) return;
      const given = /^Bearer (.+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
      const key = given ?? request.headers.get("x-api-key") ?? "";
      const own = digest(key);
      let isKnown = false;
      for (const each of digests) isKnown = timingSafeEqual(each, own) || isKnown;
      if (isKnown) return;
      const message =
        key === "" ? "an API key is needed: Authorization: Bearer KEY" : "the API key is wrong";
      throw new HttpError(401, message, {
        code: "invalid_api_key",
        headers: { "www-authenticate": "Bearer" },
      });
    },
  };
}

const digest = (key: string): Buffer => createHash("sha256").update(key).digest();

/** Names and addresses that lead to this machine alone. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);

/** A Host header without its port. */
const nameOf = (host: string): string => host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");

function isSameOrigin(origin: string, request: Request): boolean {
  return URL.canParse(origin) && new URL(origin).host === (request.headers.get("host") ?? "");
}
