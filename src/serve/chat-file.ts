/**
 * A chat about a picture, a recording or a video: the last file that was sent, and the last thing
 * that the user said. A task model has no memory, so earlier turns count for nothing else.
 */

import {
  type GenerateOptions,
  type Reply,
  type RoutedQuestion,
  replyOf,
  requireParts,
  routeQuestion,
} from "../task/index.ts";
import type { Call } from "./call.ts";
import { checked, HttpError } from "./errors.ts";
import type { ServerEvent } from "./event-stream.ts";
import { createId, now } from "./ids.ts";
import type { ChatBody } from "./schemas/chat.ts";
import type { AttachedFile } from "./schemas/content.ts";
import { inferPlan } from "./tasks/infer-plan.ts";

/** Whether a chat is about a file. */
export const hasFile = ({ messages }: ChatBody): boolean =>
  messages.some(({ content }) => typeof content === "object");

/** @throws HttpError 400 where the model takes text alone, or a setting is for text alone */
export async function answerFile(call: Call, body: ChatBody): Promise<Response> {
  refuseTextSettings(body);
  const { question, plan, record } = fileQuestion(body);
  const runner = await ownRunner(call, body.model);
  checked(() => requireParts(plan, runner.model.config), "messages");
  const inputs = new Map(Object.entries(record));
  const text = await runner.run(async (model) => {
    const { values } = await inferPlan(call, model, plan, inputs, optionsOf(body));
    return replyText(replyOf(plan, values));
  }, call.signal);
  const count = (said: string): number => runner.model.vocabulary.encode(said, true).length;
  const [prompt_tokens, completion_tokens] = [count(question), count(text)];
  call.notes.promptTokens = prompt_tokens;
  call.notes.completionTokens = completion_tokens;
  const answer = {
    head: { id: createId("chatcmpl"), created: now(), model: call.notes.model },
    text,
    /** Of text: a file is none. */
    usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
  };
  return body.stream ? call.stream(chunks(body, answer)) : Response.json(whole(answer));
}

/** A file is answered by the model that was asked, not by one in its place. */
async function ownRunner(call: Call, asked: string | undefined) {
  const { name, runner } = await call.acquireTasks(asked);
  const { model } = call.notes;
  if (runner && name === model) return runner;
  throw new HttpError(400, `${model} takes text alone; files need a model made for tasks`, {
    code: "no_tasks",
    param: "model",
  });
}

/** Neutral values of settings that only text has: clients send them unasked. */
const neutral: Readonly<Record<string, readonly unknown[]>> = {
  n: [1],
  logprobs: [false],
  min_p: [0],
  presence_penalty: [0],
  frequency_penalty: [0],
  repetition_penalty: [1],
};

function refuseTextSettings(body: ChatBody): void {
  const { stop = [], logit_bias = new Map(), tools = [], tool_choice } = body;
  const { response_format = { type: "text" } } = body;
  const values: Readonly<Record<string, unknown>> = { ...body };
  const strange =
    Object.entries(neutral).find(([key, allowed]) => {
      const value = values[key];
      return value !== undefined && !allowed.includes(value);
    })?.[0] ??
    (stop.length > 0 ? "stop" : undefined) ??
    (logit_bias.size > 0 ? "logit_bias" : undefined) ??
    (tools.length > 0 && tool_choice !== "none" ? "tools" : undefined) ??
    (response_format.type === "text" ? undefined : "response_format");
  if (strange === undefined) return;
  throw new HttpError(
    400,
    `${strange}: is for text; an answer about a file takes temperature, top_p, top_k, seed and max_tokens`,
    { param: strange },
  );
}

/** What is asked, and the task that it is taken for; the record holds the file's data: URL. */
function fileQuestion({ messages }: ChatBody): RoutedQuestion & { readonly question: string } {
  const users = messages.flatMap(({ role, content = "" }, index) =>
    role !== "user"
      ? []
      : [{ index, ...(typeof content === "string" ? { text: content, files: [] } : content) }],
  );
  const last = users.findLast(({ files }) => files.length > 0);
  const { text: question = "" } = users.at(-1) ?? {};
  if (!last) throw new Error("answerFile: no message has a file");
  const [file, other]: readonly (AttachedFile | undefined)[] = last.files;
  const param = `messages[${last.index}].content`;
  if (!file || other) {
    const message = `${param}: an answer is about one file; send one after another`;
    throw new HttpError(400, message, { param });
  }
  const asked = { text: question, [file.kind]: file.url };
  const routed = checked(() => routeQuestion(asked), param);
  if (!routed) throw new Error("answerFile: every question about a file has a route");
  return { ...routed, question };
}

function optionsOf(body: ChatBody): GenerateOptions {
  const { temperature, top_p: topP, top_k, seed } = body;
  // At temperature 0 the answer is searched, as where nothing is said.
  const isDrawn = temperature !== undefined && temperature > 0;
  return {
    ...(isDrawn && { temperature, topP, topK: top_k === -1 ? undefined : top_k, seed }),
    maxLength: body.max_completion_tokens ?? body.max_tokens,
  };
}

function replyText(reply: Reply): string {
  const corners = (box: readonly number[]): string => `[${box.map(Math.round).join(", ")}]`;
  if (reply.kind === "text") return reply.text;
  if (reply.kind === "box") return corners(reply.box);
  if (reply.kind === "boxes") {
    return reply.boxes.map(({ box, label }) => `${label} ${corners(box)}`).join("\n");
  }
  throw new Error(`a question about a file gives no ${reply.kind}`);
}

interface Answer {
  readonly head: object;
  readonly text: string;
  readonly usage: object;
}

const whole = ({ head, text, usage }: Answer): object => ({
  ...head,
  object: "chat.completion",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: text, refusal: null },
      logprobs: null,
      finish_reason: "stop",
    },
  ],
  usage,
});

/** The answer is short and comes at once. */
async function* chunks(
  body: ChatBody,
  { head, text, usage }: Answer,
): AsyncGenerator<ServerEvent, void> {
  const chunk = (delta: object, finish_reason: "stop" | null): ServerEvent => ({
    data: {
      ...head,
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    },
  });
  yield chunk({ role: "assistant", content: text }, null);
  yield chunk({}, "stop");
  if (body.stream_options?.include_usage) {
    yield { data: { ...head, object: "chat.completion.chunk", choices: [], usage } };
  }
  yield { data: "[DONE]" };
}
