/** POST /v1/responses: OpenAI's newer route, stateless. */

import { type AnswerEnd, type PlannedAnswer, startAnswers } from "../generate/engine-answer.ts";
import { readBody } from "./body.ts";
import type { Call } from "./call.ts";
import { planChat } from "./chat-plan.ts";
import { checked, errorBody } from "./errors.ts";
import type { ServerEvent } from "./event-stream.ts";
import { createId, now } from "./ids.ts";
import { readAnswers } from "./read-answers.ts";
import { toChatBody } from "./responses-input.ts";
import { ResponseOutput } from "./responses-output.ts";
import { type ResponseBody, responseBody } from "./schemas/responses.ts";
import { usageOf } from "./usage.ts";

export async function responses(call: Call): Promise<Response> {
  const body = await readBody(call.request, responseBody, call.options.bodyLimit);
  const model = await call.acquire(body.model);
  const plan = planChat(call, model, toChatBody(body));
  const answers = checked(() => startAnswers(model.engine, plan), "input");
  const head = { id: createId("resp_"), object: "response", created_at: now(), model: model.name };
  const answering: Answering = {
    call,
    answers,
    head: { ...head, ...echo(body, plan.sampling) },
    output: new ResponseOutput(),
  };
  if (body.stream) return call.stream(events(answering));
  let last: object | undefined;
  for await (const step of advance(answering)) if ("response" in step) last = step.response;
  return Response.json(last);
}

interface Answering {
  readonly call: Call;
  readonly answers: readonly PlannedAnswer[];
  readonly head: object;
  readonly output: ResponseOutput;
}

/** The request's settings, which every response repeats. */
function echo(body: ResponseBody, sampling: { temperature: number; topP: number }): object {
  return {
    error: null,
    instructions: body.instructions ?? null,
    metadata: body.metadata ?? {},
    max_output_tokens: body.max_output_tokens ?? null,
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: null,
    reasoning: { effort: body.reasoning?.effort ?? null, summary: null },
    store: false,
    temperature: sampling.temperature,
    text: { format: body.text?.format ?? { type: "text" } },
    tool_choice: body.tool_choice ?? "auto",
    tools: (body.tools ?? []).map(({ parameters = null, strict = false, ...tool }) => ({
      ...tool,
      parameters,
      strict,
    })),
    top_p: sampling.topP,
    truncation: "disabled",
  };
}

type Advance = { readonly events: ServerEvent[] } | { readonly response: object };

/** The events of the answer, then the whole response. */
async function* advance({ call, answers, head, output }: Answering): AsyncGenerator<Advance, void> {
  let end: AnswerEnd | undefined;
  for await (const each of readAnswers(call, answers)) {
    if (each.end) end = each.end;
    else yield { events: each.step.parts.flatMap((part) => output.take(part)) };
  }
  const isCut = end?.finishReason === "length";
  yield { events: output.close(isCut ? "incomplete" : "completed") };
  const usage = usageOf(end ? [end] : []);
  yield {
    response: {
      ...head,
      status: isCut ? "incomplete" : "completed",
      incomplete_details: isCut ? { reason: "max_output_tokens" } : null,
      output: output.items,
      usage: {
        input_tokens: usage.prompt_tokens,
        input_tokens_details: usage.prompt_tokens_details,
        output_tokens: usage.completion_tokens,
        output_tokens_details: usage.completion_tokens_details,
        total_tokens: usage.total_tokens,
      },
    },
  };
}

async function* events(answering: Answering): AsyncGenerator<ServerEvent, void> {
  const { call, head, output } = answering;
  const begun = {
    ...head,
    status: "in_progress",
    incomplete_details: null,
    output: [],
    usage: null,
  };
  yield output.event("response.created", { response: begun });
  yield output.event("response.in_progress", { response: begun });
  try {
    for await (const step of advance(answering)) {
      if ("events" in step) {
        yield* step.events;
        continue;
      }
      const isCut = "status" in step.response && step.response.status === "incomplete";
      yield output.event(`response.${isCut ? "incomplete" : "completed"}`, step);
    }
  } catch (error) {
    const { message, code, param } = errorBody(call.failure(error)).error;
    yield output.event("error", { message, code, param });
  }
}
