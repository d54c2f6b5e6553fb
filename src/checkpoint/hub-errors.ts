/** Failures of the hub in one sentence with the nearest fix. */

/** Turns what fetch or the hub's client threw into a message about the model. */
export function hubError(error: unknown, id: string, endpoint: string, hasToken: boolean): Error {
  const status = statusOf(error);
  const page = `${endpoint}/${id}`;
  const say = (text: string) => new Error(text, { cause: error });
  if (status === 401) {
    return say(
      hasToken
        ? `${id}: ${endpoint} refused the token (401) or has no such model; check HF_TOKEN and the id`
        : `${id}: ${endpoint} asks for a token (401), which it also does for models that do not ` +
            "exist; check the id or set HF_TOKEN",
    );
  }
  if (status === 403) {
    return say(`${id}: access is not granted (403); accept the model's conditions at ${page}`);
  }
  if (status === 404) {
    return say(`${id}: ${endpoint} has no such model, revision or file (404); check the spelling`);
  }
  if (status === 429) {
    return say(`${id}: ${endpoint} limits the rate (429); wait a while or set HF_TOKEN`);
  }
  if (status !== undefined) return say(`${id}: ${endpoint} answered with status ${status}`);
  const code = networkCode(error);
  if (code !== undefined) {
    return say(
      `${id}: cannot reach ${endpoint} (${code}); check the connection, or HF_ENDPOINT for a ` +
        "mirror, or work from the cache with HF_HUB_OFFLINE=1",
    );
  }
  return error instanceof Error ? error : new Error(`${id}: ${String(error)}`);
}

/** Whether trying again may help: dropped connections, timeouts and the server's own faults. */
export function isTransient(error: unknown): boolean {
  const status = statusOf(error);
  if (status !== undefined) return status >= 500 || status === 429 || status === 408;
  if (isAbort(error)) return false;
  return networkCode(error) !== undefined || /connection ended/.test(messageOf(error));
}

const isAbort = (error: unknown): boolean =>
  error instanceof Error && (error.name === "AbortError" || error.name === "TimeoutError");

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

function statusOf(error: unknown): number | undefined {
  if (typeof error === "object" && error !== null && "statusCode" in error) {
    return Number(error.statusCode);
  }
  return undefined;
}

/** undici wraps the system's error: "fetch failed" or "terminated" with a cause that has a code. */
function networkCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const cause = error.cause;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
  if (error.message === "fetch failed" || error.message === "terminated") {
    return code ?? "connection lost";
  }
  return undefined;
}
