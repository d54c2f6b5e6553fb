/** POST /v1/chat/completions. */

import {
  type AnswerEnd,
  type AnswerStep,
  type PlannedAnswer,
  startAnswers,
} from "../generate/engine-answer.ts";
import type { AnswerDelta } from "../generate/parse/types.ts";
import type { Tokenizer } from "../media/text/index.ts";
import { readBody } from "./body.ts";
import type { Call } from "./call.ts";
import { answerFile, hasFile } from "./chat-file.ts";
import { planChat } from "./chat-plan.ts";
import { checked, errorBody } from "./errors.ts";
import type { ServerEvent } from "./event-stream.ts";
import { createId, now } from "./ids.ts";
import { type LogprobEntry, logprobEntry } from "./logprobs.ts";
import { readAnswers } from "./read-answers.ts";
import { type ChatBody, chatBody } from "./schemas/chat.ts";
import { type ToolCall, ToolCalls } from "./tool-calls.ts";
import { type Usage, usageOf } from "./usage.ts";

export async function chatCompletions(call: Call): Promise<Response> {
  const body = await readBody(call.request, chatBody, call.options.bodyLimit);
  if (hasFile(body)) return answerFile(call, body);
  const model = await call.acquire(body.model);
  const plan = planChat(call, model, body);
  const answers = checked(() => startAnswers(model.engine, plan, body.n ?? 1));
  const head = { id: createId("chatcmpl"), created: now(), model: model.name };
  const answering = { call, body, head, answers, tokenizer: model.tokenizer };
  if (body.stream) return call.stream(chunks(answering));
  return Response.json(await whole(answering));
}

interface Answering {
  readonly call: Call;
  readonly body: ChatBody;
  readonly head: { readonly id: string; readonly created: number; readonly model: string };
  readonly answers: readonly PlannedAnswer[];
  readonly tokenizer: Tokenizer;
}

interface Delta {
  role?: "assistant";
  content?: string;
  reasoning_content?: string;
  tool_calls?: object[];
}

async function* chunks(answering: Answering): AsyncGenerator<ServerEvent, void> {
  const { call, body, head, answers } = answering;
  const choices = answers.map(() => new Choice(answering));
  const ends: AnswerEnd[] = [];
  const withUsage = body.stream_options?.include_usage === true;
  const chunk = (index: number, delta: Delta, more: object = {}): ServerEvent => ({
    data: {
      ...head,
      object: "chat.completion.chunk",
      choices: [{ index, delta, logprobs: null, finish_reason: null, ...more }],
      ...(withUsage ? { usage: null } : {}),
    },
  });
  try {
    for (const index of answers.keys()) yield chunk(index, { role: "assistant", content: "" });
    for await (const { index, step, end } of readAnswers(call, answers)) {
      const choice = choices[index]!;
      if (end) {
        ends.push(end);
        const finish_reason = choice.finishReason(end);
        yield chunk(index, {}, { finish_reason, ...choice.takeLogprobs() });
        continue;
      }
      for (const delta of choice.take(step)) yield chunk(index, delta, choice.takeLogprobs());
    }
    if (withUsage) {
      const usage: Usage = usageOf(ends);
      yield { data: { ...head, object: "chat.completion.chunk", choices: [], usage } };
    }
    yield { data: "[DONE]" };
  } catch (error) {
    yield { data: errorBody(call.failure(error)) };
  }
}

async function whole(answering: Answering): Promise<object> {
  const { head, answers, body } = answering;
  const choices = answers.map(() => new Choice(answering));
  const ends: AnswerEnd[] = [];
  for await (const { index, step, end } of readAnswers(answering.call, answers)) {
    if (end) ends[index] = end;
    else choices[index]!.take(step);
  }
  return {
    ...head,
    object: "chat.completion",
    choices: choices.map((choice, index) => ({
      index,
      message: choice.message(),
      logprobs: body.logprobs ? { content: choice.logprobs, refusal: null } : null,
      finish_reason: choice.finishReason(ends[index]!),
    })),
    usage: usageOf(ends),
  };
}

/** One answer as it grows. */
class Choice {
  readonly logprobs: LogprobEntry[] = [];
  readonly #answering: Answering;
  readonly #calls = new ToolCalls();
  #content = "";
  #reasoning = "";
  #sent = 0;

  constructor(answering: Answering) {
    this.#answering = answering;
  }

  /** @returns what to send of it */
  take({ parts, token, isVisible }: AnswerStep): Delta[] {
    if (token?.logprob !== undefined && isVisible) {
      this.logprobs.push(logprobEntry(token, this.#answering.tokenizer));
    }
    return parts.map((part) => this.#add(part));
  }

  /** The log-probabilities that were not sent yet. */
  takeLogprobs(): { logprobs?: { content: LogprobEntry[]; refusal: null } } {
    if (!this.#answering.body.logprobs) return {};
    const content = this.logprobs.slice(this.#sent);
    this.#sent = this.logprobs.length;
    return { logprobs: { content, refusal: null } };
  }

  finishReason({ finishReason }: AnswerEnd): "stop" | "length" | "tool_calls" {
    if (finishReason === "length") return "length";
    return this.#calls.all.length > 0 ? "tool_calls" : "stop";
  }

  message() {
    const calls: readonly ToolCall[] = this.#calls.all;
    const isEmpty = this.#content === "" && (calls.length > 0 || this.#reasoning !== "");
    return {
      role: "assistant" as const,
      content: isEmpty ? null : this.#content,
      refusal: null,
      ...(this.#reasoning === "" ? {} : { reasoning_content: this.#reasoning }),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    };
  }

  #add(part: AnswerDelta): Delta {
    switch (part.type) {
      case "content":
        this.#content += part.text;
        return { content: part.text };
      case "reasoning":
        this.#reasoning += part.text;
        return { reasoning_content: part.text };
      case "toolCall":
        return { tool_calls: [this.#calls.take(part)] };
    }
  }
}
