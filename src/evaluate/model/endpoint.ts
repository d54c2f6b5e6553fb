/** Any OpenAI-compatible endpoint as a model under test. */

import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { ChatMessage } from "../../media/text/index.ts";
import { dataUrl, imageOf } from "../image.ts";
import { createLimiter } from "../limiter.ts";
import type { EvalModel, GenerateRequest, LogLikelihoodRequest, Sense } from "../types.ts";
import { echoFields, NoEchoError, readEchoed } from "./echoed-likelihood.ts";
import { NotJsonError, readGeneration, readJsonBody, tokenCounts } from "./read-answer.ts";
import { PromptTooLongError, saysTooLong } from "./too-long.ts";

export interface EndpointOptions {
  /** As far as `/v1`. */
  readonly url: string;
  readonly model: string;
  /** What the model takes beside text, which no endpoint tells (default: nothing). */
  readonly sees?: readonly Sense[];
  /** Sent as a bearer token; never written down or shown. */
  readonly apiKey?: string;
  /** Requests at a time (default 8). */
  readonly concurrency?: number;
  /** Times that a request is sent again (default 5). */
  readonly retries?: number;
  /** First wait before a retry; doubles each time, up to a minute (default 500). */
  readonly backoffMs?: number;
  /** Most time of one request (default 120,000). */
  readonly timeoutMs?: number;
  /** For a million tokens, in any currency. */
  readonly prices?: { readonly prompt: number; readonly completion: number };
}

const LONGEST_WAIT = 60_000;
const isTransient = (status: number): boolean =>
  status === 408 || status === 409 || status === 429 || status >= 500;

/**
 * after what `Retry-After` says. Likelihoods of given texts need a server whose completions take
 * `echo` with `logprobs`; one that refuses the first such request is not asked again.
 */
export function createEndpointModel(options: EndpointOptions): EvalModel {
  const { model, sees, apiKey, concurrency = 8, retries = 5, backoffMs = 500 } = options;
  const { timeoutMs = 120_000, prices } = options;
  const url = options.url.replace(/\/+$/, "");
  const limit = createLimiter(concurrency);
  const usage = { requests: 0, promptTokens: 0, completionTokens: 0, retries: 0 };
  const headers = {
    "content-type": "application/json",
    ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}),
  };

  /** One try: the answer, or how long to wait before the next one. */
  const send = async (path: string, body: string, signal?: AbortSignal) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    const stop = signal ? AbortSignal.any([signal, timeout]) : timeout;
    usage.requests++;
    try {
      const response = await fetch(url + path, { method: "POST", headers, body, signal: stop });
      const { status, ok } = response;
      if (ok) return { answer: await readJsonBody(response) };
      const reason = await reasonOf(response);
      const problem = `${model} answered ${status}: ${reason}`;
      if (saysTooLong(status, reason)) throw new PromptTooLongError(problem);
      if (!isTransient(status)) throw new RefusedError(problem);
      return { problem, waitMs: retryAfter(response.headers.get("retry-after")) };
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof RefusedError || error instanceof PromptTooLongError) throw error;
      if (error instanceof NotJsonError) return { problem: `${model} ${error.message}` };
      const isLate = timeout.aborted;
      return { problem: isLate ? `${model} gave no answer in ${timeoutMs} ms` : reached(model) };
    }
  };

  const post = async (path: string, body: string, signal?: AbortSignal): Promise<unknown> => {
    for (let attempt = 0; ; attempt++) {
      const result = await send(path, body, signal);
      if ("answer" in result) return result.answer;
      if (attempt >= retries) throw new Error(`${result.problem}, ${attempt + 1} times`);
      usage.retries++;
      const most = Math.min(LONGEST_WAIT, backoffMs * 2 ** attempt);
      const wait = result.waitMs ?? most * (0.5 + Math.random() / 2); // jitter: not all at once
      await sleep(wait, undefined, { signal });
    }
  };

  /** Servers that know nothing of templates refuse its variables: they are not sent again. */
  let takesVariables = true;
  const postVariables = async (
    path: string,
    body: Readonly<Record<string, unknown>>,
    variables: Readonly<Record<string, unknown>>,
    signal?: AbortSignal,
  ): Promise<unknown> => {
    const plain = JSON.stringify(body);
    if (!takesVariables) return post(path, plain, signal);
    try {
      return await post(path, JSON.stringify({ ...body, ...variables }), signal);
    } catch (error) {
      const isRefused = error instanceof RefusedError && /chat_template_kwargs/.test(error.message);
      if (!isRefused) throw error;
      takesVariables = false;
      return post(path, plain, signal);
    }
  };

  const generateOne = async (request: GenerateRequest, signal?: AbortSignal) => {
    const { prompt, until = [], maxTokens = 256, temperature = 0, topP, topK, seed = 0 } = request;
    const isChat = typeof prompt !== "string";
    const body = {
      model,
      ...(isChat ? { messages: await Promise.all(prompt.map(toWire)) } : { prompt }),
      max_tokens: maxTokens,
      temperature,
      seed,
      // The API takes four stop texts; all of them are cut off below.
      ...(until.length > 0 ? { stop: until.slice(0, 4) } : {}),
      ...(topP === undefined ? {} : { top_p: topP }),
      ...(topK === undefined ? {} : { top_k: topK }),
    };
    const variables =
      request.thinking === undefined
        ? {}
        : { chat_template_kwargs: { enable_thinking: request.thinking } };
    const path = isChat ? "/chat/completions" : "/completions";
    const answer = await postVariables(path, body, variables, signal);
    const generation = readGeneration(answer, model, until);
    usage.promptTokens += generation.promptTokens;
    usage.completionTokens += generation.completionTokens;
    return generation;
  };

  let echoes: "untried" | "works" | Error = "untried";
  const likelihoodOf = async (request: LogLikelihoodRequest, signal?: AbortSignal) => {
    if (echoes instanceof Error) throw echoes;
    try {
      const body = JSON.stringify({ model, ...echoFields(request) });
      const answer = await post("/completions", body, signal);
      usage.promptTokens += tokenCounts(answer).promptTokens;
      const score = readEchoed(answer, model, request);
      echoes = "works";
      return score;
    } catch (error) {
      const isRefused = error instanceof RefusedError || error instanceof NoEchoError;
      if (isRefused && echoes === "untried") echoes = error;
      throw error;
    }
  };

  return {
    name: model,
    identity: createHash("sha256")
      .update(JSON.stringify([withoutSecrets(url), model]))
      .digest("hex"),
    sees,
    concurrency: concurrency + 2, // some are scored or written down while all requests are out
    logLikelihoods: (requests, { signal } = {}) =>
      Promise.all(requests.map((request) => limit(() => likelihoodOf(request, signal)))),
    generate: (requests, { signal } = {}) =>
      Promise.all(requests.map((request) => limit(() => generateOne(request, signal)))),
    usage() {
      const { promptTokens, completionTokens } = usage;
      const cost =
        prices && (promptTokens * prices.prompt + completionTokens * prices.completion) / 1e6;
      return { ...usage, ...(cost === undefined ? {} : { cost }) };
    },
    [Symbol.dispose]() {},
  };
}

/** A message in the API's form. */
async function toWire(message: ChatMessage): Promise<ChatMessage> {
  const { content } = message;
  if (!Array.isArray(content)) return message;
  const parts = content.map(async (part: Parameters<typeof imageOf>[0]) => {
    const image = imageOf(part);
    return image ? { type: "image_url", image_url: { url: await dataUrl(image) } } : part;
  });
  return { ...message, content: await Promise.all(parts) };
}

/** The endpoint will not answer this, however often it is asked. */
export class RefusedError extends Error {}

const reached = (model: string): string => `the endpoint of ${model} cannot be reached`;

function withoutSecrets(text: string): string {
  const url = new URL(text);
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/** Seconds, or a date. */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? 1000 * seconds : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.min(LONGEST_WAIT, Math.max(0, ms)) : undefined;
}

async function reasonOf(response: Response): Promise<string> {
  const text = await response.text().catch(() => "");
  return text.replace(/\s+/g, " ").slice(0, 200) || "no reason given";
}
