/** POST /v1/completions: texts continued as they are, without a template. */

import { resolveSampling } from "../generate/chat-options.ts";
import { encodePrompt } from "../generate/encode-prompt.ts";
import {
  type AnswerEnd,
  type AnswerPlan,
  type PlannedAnswer,
  startAnswers,
} from "../generate/engine-answer.ts";
import { fimPrompt } from "../generate/fim.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { stopTokensOf } from "../generate/plan.ts";
import { readBody } from "./body.ts";
import type { Call } from "./call.ts";
import { checked, errorBody, HttpError, toHttpError } from "./errors.ts";
import type { ServerEvent } from "./event-stream.ts";
import { createId, now } from "./ids.ts";
import { type LogprobEntry, logprobEntry } from "./logprobs.ts";
import { readAnswers } from "./read-answers.ts";
import { givenSampling } from "./sampling.ts";
import { type CompletionBody, completionBody } from "./schemas/completions.ts";
import { sumUsage, type Usage, usageOf } from "./usage.ts";

/** OpenAI's own default. */
const DEFAULT_TOKENS = 16;

export async function completions(call: Call): Promise<Response> {
  const body = await readBody(call.request, completionBody, call.options.bodyLimit);
  const model = await call.acquire(body.model);
  const n = body.n ?? 1;
  checkAsked(body, n, model);
  const answers: PlannedAnswer[] = [];
  const prompts: string[] = [];
  try {
    for (const prompt of body.prompt) {
      const plan = planOf(call, model, body, prompt);
      prompts.push(body.echo ? model.tokenizer.decode(plan.prompt) : "");
      answers.push(...checked(() => startAnswers(model.engine, plan, n), "prompt"));
    }
  } catch (error) {
    call.abort(toHttpError(error, call.id)); // those before it are not computed for nobody
    throw error;
  }
  const head = { id: createId("cmpl"), object: "text_completion", created: now() };
  const answering = {
    call,
    body,
    model,
    answers,
    prompts,
    n,
    head: { ...head, model: model.name },
  };
  return body.stream ? call.stream(chunks(answering)) : Response.json(await whole(answering));
}

interface Answering {
  readonly call: Call;
  readonly body: CompletionBody;
  readonly model: LanguageModel;
  readonly head: object;
  readonly answers: readonly PlannedAnswer[];
  /** Echoed in front of the answers to each. */
  readonly prompts: readonly string[];
  readonly n: number;
}

/** What would be computed otherwise than it is asked for, or never. */
function checkAsked(body: CompletionBody, n: number, { engine }: LanguageModel): void {
  const { best_of: best, echo, logprobs, prompt } = body;
  if (best !== undefined && best > n) {
    const message = `best_of is ${best}, but answers are not chosen among more than n (${n})`;
    throw new HttpError(400, message, { param: "best_of" });
  }
  if (echo && logprobs !== undefined) {
    const message = "echo: log-probabilities of the prompt are not computed; leave out logprobs";
    throw new HttpError(400, message, { param: "echo" });
  }
  const { slots, queue } = engine.stats;
  if (slots === 0 || prompt.length * n <= slots + queue) return; // no slots: no head
  const message =
    `prompt: ${prompt.length * n} answers are asked for, but at most ${slots + queue} can be ` +
    `computed (${slots}) or wait (${queue}); send fewer prompts at a time`;
  throw new HttpError(400, message, { param: "prompt" });
}

function planOf(
  call: Call,
  model: LanguageModel,
  body: CompletionBody,
  prompt: string | readonly number[],
): AnswerPlan {
  const { tokenizer } = model;
  const { suffix } = body;
  if (suffix !== undefined && typeof prompt !== "string") {
    throw new HttpError(400, "suffix needs a prompt of text", { param: "suffix" });
  }
  const fim =
    suffix === undefined || typeof prompt !== "string"
      ? undefined
      : checked(() => fimPrompt(tokenizer, { prefix: prompt, suffix }), "suffix");
  const { contextLimit } = model.engine;
  const ids =
    fim?.tokens ??
    (typeof prompt === "string"
      ? checked(() => encodePrompt(tokenizer, prompt, contextLimit), "prompt")
      : prompt);
  return {
    tokenizer,
    prompt: Int32Array.from(ids),
    start: "closed",
    sampling: checked(() => resolveSampling(givenSampling(body), model.defaults, false)),
    stopTokens: [...stopTokensOf(model), ...(fim?.stopTokens ?? [])],
    stop: body.stop,
    seed: body.seed,
    maxTokens: body.max_tokens ?? DEFAULT_TOKENS,
    logprobs: body.logprobs,
    logitBias: body.logit_bias,
    client: body.user,
    signal: call.signal,
    isRaw: true,
  };
}

async function* chunks(answering: Answering): AsyncGenerator<ServerEvent, void> {
  const { call, body, head, answers, prompts, n, model } = answering;
  const ends: AnswerEnd[] = [];
  const choice = (index: number, text: string, more: object = {}): ServerEvent => ({
    data: { ...head, choices: [{ index, text, logprobs: null, finish_reason: null, ...more }] },
  });
  try {
    if (body.echo) {
      for (const index of answers.keys()) yield choice(index, prompts[Math.floor(index / n)]!);
    }
    const offsets = answers.map(() => 0);
    for await (const { index, step, end } of readAnswers(call, answers, false)) {
      if (end) {
        ends[index] = end;
        yield choice(index, "", { finish_reason: end.finishReason });
        continue;
      }
      const { token } = step;
      const text = step.parts.map((part) => (part.type === "content" ? part.text : "")).join("");
      const entries = token?.logprob === undefined ? [] : [logprobEntry(token, model.tokenizer)];
      const logprobs = entries.length === 0 ? null : legacyLogprobs(entries, offsets[index]);
      offsets[index]! += entries[0]?.token.length ?? 0;
      if (text !== "" || logprobs) yield choice(index, text, { logprobs });
    }
    if (body.stream_options?.include_usage) {
      yield { data: { ...head, choices: [], usage: usageByPrompt(ends, n) } };
    }
    yield { data: "[DONE]" };
  } catch (error) {
    yield { data: errorBody(call.failure(error)) };
  }
}

async function whole(answering: Answering): Promise<object> {
  const { call, head, answers, prompts, n, model } = answering;
  const texts = answers.map((_, index) => prompts[Math.floor(index / n)]!);
  const entries = answers.map((): LogprobEntry[] => []);
  const ends: AnswerEnd[] = [];
  for await (const { index, step, end } of readAnswers(call, answers, false)) {
    if (end) {
      ends[index] = end;
      continue;
    }
    for (const part of step.parts) if (part.type === "content") texts[index] += part.text;
    if (step.token?.logprob !== undefined) {
      entries[index]!.push(logprobEntry(step.token, model.tokenizer));
    }
  }
  const choices = texts.map((text, index) => ({
    index,
    text,
    logprobs: answering.body.logprobs === undefined ? null : legacyLogprobs(entries[index]!),
    finish_reason: ends[index]!.finishReason,
  }));
  return { ...head, choices, usage: usageByPrompt(ends, n) };
}

/** `n` answers to each of several prompts. */
function usageByPrompt(ends: readonly AnswerEnd[], n: number): Usage {
  const groups = Array.from({ length: ends.length / n }, (_, i) => ends.slice(i * n, i * n + n));
  return sumUsage(groups.map(usageOf));
}

/**
 * The form that this route had before chats.
 *
 * @param start characters of the answer before the first entry
 */
function legacyLogprobs(entries: readonly LogprobEntry[], start = 0) {
  const offsets: number[] = [];
  let end = start;
  for (const { token } of entries) {
    offsets.push(end);
    end += token.length;
  }
  return {
    tokens: entries.map(({ token }) => token),
    token_logprobs: entries.map(({ logprob }) => logprob),
    top_logprobs: entries.map(({ top_logprobs }) =>
      Object.fromEntries(top_logprobs.map(({ token, logprob }) => [token, logprob])),
    ),
    text_offset: offsets,
  };
}
