/**
 * `onefold/ai`: a model of this library for the Vercel AI SDK (`ai` 6, language model V3). The
 * types are written down here: the SDK is no dependency.
 *
 * @example
 * import { generateText } from "ai";
 * import { aiModel } from "onefold/ai";
 * import { load } from "onefold/model";
 *
 * using model = await load("models/onefold-mini");
 * const { text } = await generateText({ model: aiModel(model), prompt: "What is 12 + 30?" });
 */

import type { ChatMessage } from "../media/text/index.ts";
import type { AnswerEnd } from "./engine-answer.ts";
import type { LoadedModel, TurnRequest } from "./loaded-model.ts";

type Part = { readonly type: string } & { readonly [key: string]: unknown };

/** What is read of the SDK's call options. */
export interface AiCallOptions {
  readonly prompt: readonly AiMessage[];
  readonly maxOutputTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  readonly seed?: number;
  readonly stopSequences?: readonly string[];
  readonly responseFormat?: { readonly type: "text" | "json"; readonly schema?: unknown };
  readonly tools?: readonly object[];
  readonly toolChoice?: { readonly type: "auto" | "none" | "required" | "tool" };
  readonly abortSignal?: AbortSignal;
}

type AiMessage =
  | { readonly role: "system"; readonly content: string }
  | { readonly role: "user" | "assistant" | "tool"; readonly content: readonly object[] };

interface AiWarning {
  readonly type: "unsupported";
  readonly feature: string;
  readonly details?: string;
}

interface AiUsage {
  inputTokens: { total: number; noCache: number; cacheRead: number; cacheWrite: undefined };
  outputTokens: { total: number; text: number; reasoning: number };
}

interface AiFinish {
  unified: "stop" | "length" | "tool-calls" | "other";
  raw: string | undefined;
}

type AiContent =
  | { type: "text" | "reasoning"; text: string }
  | { type: "tool-call"; toolCallId: string; toolName: string; input: string };

type AiStreamPart =
  | { type: "stream-start"; warnings: AiWarning[] }
  | { type: "text-start" | "text-end" | "reasoning-start" | "reasoning-end"; id: string }
  | { type: "text-delta" | "reasoning-delta"; id: string; delta: string }
  | { type: "tool-input-start"; id: string; toolName: string }
  | { type: "tool-input-delta"; id: string; delta: string }
  | { type: "tool-input-end"; id: string }
  | { type: "tool-call"; toolCallId: string; toolName: string; input: string }
  | { type: "finish"; usage: AiUsage; finishReason: AiFinish };

/** The SDK's LanguageModelV3. */
export interface AiModel {
  readonly specificationVersion: "v3";
  readonly provider: string;
  readonly modelId: string;
  readonly supportedUrls: Record<string, RegExp[]>;
  doGenerate(options: AiCallOptions): Promise<{
    content: AiContent[];
    finishReason: AiFinish;
    usage: AiUsage;
    warnings: AiWarning[];
  }>;
  doStream(options: AiCallOptions): Promise<{ stream: ReadableStream<AiStreamPart> }>;
}

/** @param model stays the caller's */
export function aiModel(model: LoadedModel): AiModel {
  return {
    specificationVersion: "v3",
    provider: "onefold",
    modelId: model.name,
    supportedUrls: {},
    async doGenerate(options) {
      const content: AiContent[] = [];
      let finish: Extract<AiStreamPart, { type: "finish" }> | undefined;
      for await (const part of streamParts(model, options)) {
        const last = content.at(-1);
        if (part.type === "text-delta" || part.type === "reasoning-delta") {
          const type = part.type === "text-delta" ? "text" : "reasoning";
          if (last?.type === type) last.text += part.delta;
          else content.push({ type, text: part.delta });
        } else if (part.type === "tool-call") content.push({ ...part });
        else if (part.type === "finish") finish = part;
      }
      if (!finish) throw new Error("the answer has no end");
      const { usage, finishReason } = finish;
      return { content, usage, finishReason, warnings: warningsOf(options) };
    },
    async doStream(options) {
      const parts = streamParts(model, options);
      const stream = new ReadableStream<AiStreamPart>({
        async pull(controller) {
          const { done, value } = await parts.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel: () => void parts.return(),
      });
      return { stream };
    },
  };
}

async function* streamParts(
  model: LoadedModel,
  options: AiCallOptions,
): AsyncGenerator<AiStreamPart, void> {
  yield { type: "stream-start", warnings: warningsOf(options) };
  /** The part that is open: its events have one id. */
  let open: { readonly type: "text" | "reasoning"; readonly id: string } | undefined;
  let count = 0;
  const calls: { id: string; name: string; input: string }[] = [];
  const end = function* (): Generator<AiStreamPart> {
    if (open) yield { type: `${open.type}-end`, id: open.id };
    open = undefined;
    const call = calls.at(-1);
    if (!call || ended.has(call.id)) return;
    ended.add(call.id);
    yield { type: "tool-input-end", id: call.id };
    yield { type: "tool-call", toolCallId: call.id, toolName: call.name, input: call.input };
  };
  const ended = new Set<string>();
  const deltas = model.turn(requestOf(options));
  let next = await deltas.next();
  try {
    for (; !next.done; next = await deltas.next()) {
      const delta = next.value;
      if (delta.type === "toolCall") {
        if (delta.name !== undefined) {
          yield* end();
          const id = delta.id ?? `call_${count++}`;
          calls.push({ id, name: delta.name, input: "" });
          yield { type: "tool-input-start", id, toolName: delta.name };
        }
        const call = calls.at(-1)!;
        call.input += delta.arguments;
        if (delta.arguments)
          yield { type: "tool-input-delta", id: call.id, delta: delta.arguments };
        continue;
      }
      const type = delta.type === "content" ? "text" : "reasoning";
      if (open?.type !== type) {
        yield* end();
        open = { type, id: `${type}-${count++}` };
        yield { type: `${type}-start`, id: open.id };
      }
      yield { type: `${type}-delta`, id: open.id, delta: delta.text };
    }
  } finally {
    if (!next.done) await deltas.return(undefined as never); // given up; nobody reads the value
  }
  yield* end();
  const { finishReason } = next.value;
  const stopped = calls.length > 0 ? "tool-calls" : "stop";
  const reasons = { stop: stopped, length: "length", cancelled: "other" } as const;
  const finish: AiFinish = { unified: reasons[finishReason], raw: finishReason };
  yield { type: "finish", usage: usageOf(next.value), finishReason: finish };
}

function usageOf({ promptTokens, cachedTokens, completionTokens, reasoningTokens }: AnswerEnd) {
  const usage: AiUsage = {
    inputTokens: {
      total: promptTokens,
      noCache: promptTokens - cachedTokens,
      cacheRead: cachedTokens,
      cacheWrite: undefined,
    },
    outputTokens: {
      total: completionTokens,
      text: completionTokens - reasoningTokens,
      reasoning: reasoningTokens,
    },
  };
  return usage;
}

function requestOf(options: AiCallOptions): TurnRequest {
  const { responseFormat, toolChoice, tools = [] } = options;
  const functions = tools.flatMap((tool) => {
    const { type, name, description, inputSchema } = tool as Part; // read key by key
    if (type !== "function" || typeof name !== "string") return [];
    const own = { name, description: description ?? "", parameters: inputSchema };
    return [{ type: "function" as const, function: own }];
  });
  const isOffered = functions.length > 0 && toolChoice?.type !== "none";
  const isJson = responseFormat?.type === "json";
  return {
    messages: options.prompt.flatMap(toMessages),
    ...(isOffered ? { tools: functions } : {}),
    ...(isJson ? { schema: responseFormat.schema ?? { type: "object" } } : {}),
    temperature: options.temperature,
    topP: options.topP,
    topK: options.topK,
    presencePenalty: options.presencePenalty,
    frequencyPenalty: options.frequencyPenalty,
    seed: options.seed,
    maxTokens: options.maxOutputTokens,
    stop: options.stopSequences,
    signal: options.abortSignal,
  };
}

function warningsOf({ toolChoice, tools = [] }: AiCallOptions): AiWarning[] {
  const warnings: AiWarning[] = [];
  if (toolChoice?.type === "required" || toolChoice?.type === "tool") {
    warnings.push({ type: "unsupported", feature: "toolChoice", details: "the model chooses" });
  }
  if (tools.some((tool) => (tool as Part).type !== "function")) {
    warnings.push({ type: "unsupported", feature: "tools of the provider" });
  }
  return warnings;
}

/** A message of the SDK as templates know it. */
function toMessages({ role, content }: AiMessage): ChatMessage[] {
  if (typeof content === "string") return [{ role, content }];
  const parts = content as readonly Part[]; // read key by key
  const join = (type: string): string =>
    parts.flatMap((part) => (part.type === type ? String(part.text) : [])).join("\n");
  if (role === "tool") {
    return parts.flatMap((part) =>
      part.type === "tool-result"
        ? [{ role, tool_call_id: part.toolCallId, content: resultText(part.output as Part) }]
        : [],
    );
  }
  const file = parts.find((part) => part.type === "file");
  if (file) throw new Error(`a part of type ${file.mediaType} is not text; the model takes text`);
  const calls = parts.flatMap((part) =>
    part.type === "tool-call"
      ? [
          {
            id: part.toolCallId,
            type: "function",
            function: { name: part.toolName, arguments: part.input },
          },
        ]
      : [],
  );
  const reasoning = join("reasoning");
  return [
    {
      role,
      content: join("text"),
      ...(reasoning ? { reasoning_content: reasoning } : {}),
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
    },
  ];
}

function resultText({ type, value, reason }: Part): string {
  if (type === "execution-denied") return `denied${reason ? `: ${String(reason)}` : ""}`;
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}
