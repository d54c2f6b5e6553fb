/** A model as an application uses it: streams of parts, tools that run, typed values. */

import type { ZodType, z } from "zod";
import type { ChatMessage } from "../media/text/index.ts";
import type { AnswerEnd } from "./engine-answer.ts";
import type { FinishReason } from "./generate.ts";
import type { AnswerDelta, ToolFunction } from "./parse/types.ts";
import type { Sampling } from "./sampling.ts";
import { structuredOutput } from "./structured.ts";
import { describeTools, runTool, type ToolSet } from "./tool.ts";

/** Settings of one answer; what is left out comes from the checkpoint. */
export interface AnswerSettings extends Partial<Sampling> {
  readonly seed?: number;
  /** Most tokens of an answer, thinking included. */
  readonly maxTokens?: number;
  /** Texts that end the content and are not part of it. */
  readonly stop?: readonly string[];
  readonly thinking?: boolean;
  readonly thinkingBudget?: number;
  readonly signal?: AbortSignal;
}

/** One turn of the model, as it is asked. */
export interface TurnRequest extends AnswerSettings {
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly { readonly type: "function"; readonly function: ToolFunction }[];
  /** The content is JSON, and an instance of this JSON schema. */
  readonly schema?: unknown;
}

export type Turn = AsyncGenerator<AnswerDelta, AnswerEnd>;

export interface StreamOptions extends AnswerSettings {
  readonly tools?: ToolSet;
  /** Most turns of the model; between them its tools run (default 8). */
  readonly maxTurns?: number;
}

export type ModelPart =
  | { readonly type: "reasoning" | "content"; readonly text: string }
  | {
      readonly type: "toolCall";
      readonly id: string;
      readonly name: string;
      readonly input: string;
    }
  | {
      readonly type: "toolResult";
      readonly id: string;
      readonly name: string;
      readonly output: unknown;
    };

export interface ModelAnswer {
  /** Of the last turn. */
  readonly content: string;
  readonly reasoning: string;
  /** Calls that nobody has answered: their tools have no `run`. */
  readonly toolCalls: readonly {
    readonly id: string;
    readonly name: string;
    readonly input: string;
  }[];
  readonly finishReason: FinishReason;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** The conversation with the answer, to go on with. */
  readonly messages: readonly ChatMessage[];
}

/** An answer on its way. Iterate it for its parts, or await `result()` alone. */
export interface ModelStream extends AsyncIterable<ModelPart> {
  result(): Promise<ModelAnswer>;
}

export interface LoadedModel extends Disposable {
  readonly name: string;
  /** Answers a text or a conversation; tools that can run do, and the model goes on. */
  stream(input: string | readonly ChatMessage[], options?: StreamOptions): ModelStream;
  /** The whole answer. */
  generate(input: string | readonly ChatMessage[], options?: StreamOptions): Promise<ModelAnswer>;
  /**
   * A value of a zod schema: the answer cannot be anything else, unless it is cut off.
   *
   * @throws Error where it was cut off, or a refinement refuses it
   */
  object<S extends ZodType>(
    input: string | readonly ChatMessage[],
    schema: S,
    options?: AnswerSettings,
  ): Promise<z.output<S>>;
  /** One turn, no tool run: what adapters are built on. */
  turn(request: TurnRequest): Turn;
}

/** @param turn answers; all else is built on it */
export function createLoadedModel(
  name: string,
  turn: LoadedModel["turn"],
  dispose: () => void,
): LoadedModel {
  const stream: LoadedModel["stream"] = (input, options = {}) => {
    const parts = answer(turn, toMessages(input), options);
    let result: ModelAnswer | undefined;
    const iterate = async function* (): AsyncGenerator<ModelPart, void> {
      result = yield* parts;
    };
    const iterator = iterate();
    return {
      [Symbol.asyncIterator]: () => iterator,
      async result() {
        for await (const _ of iterator);
        if (result) return result;
        throw new Error("the answer was given up before it was complete");
      },
    };
  };
  return {
    name,
    turn,
    stream,
    generate: (input, options) => stream(input, options).result(),
    async object(input, schema, options = {}) {
      const { jsonSchema, parse } = await structuredOutput(schema);
      let content = "";
      for await (const delta of turn({
        ...options,
        messages: toMessages(input),
        schema: jsonSchema,
      })) {
        if (delta.type === "content") content += delta.text;
      }
      return parse(content);
    },
    [Symbol.dispose]: dispose,
  };
}

const toMessages = (input: string | readonly ChatMessage[]): readonly ChatMessage[] =>
  typeof input === "string" ? [{ role: "user", content: input }] : input;

interface Call {
  readonly id: string;
  readonly name: string;
  input: string;
}

async function* answer(
  turn: LoadedModel["turn"],
  given: readonly ChatMessage[],
  { tools = {}, maxTurns = 8, ...settings }: StreamOptions,
): AsyncGenerator<ModelPart, ModelAnswer> {
  const described = Object.keys(tools).length > 0 ? await describeTools(tools) : undefined;
  const messages = [...given];
  let promptTokens = 0;
  let completionTokens = 0;
  for (let count = 1; ; count++) {
    const texts = { reasoning: "", content: "" };
    const calls: Call[] = [];
    const deltas = turn({ ...settings, messages: [...messages], tools: described });
    let next = await deltas.next();
    try {
      for (; !next.done; next = await deltas.next()) {
        const delta = next.value;
        if (delta.type !== "toolCall") {
          texts[delta.type] += delta.text;
          yield delta;
        } else if (delta.name !== undefined) {
          const id = delta.id ?? `call_${count}_${delta.index}`;
          calls[delta.index] = { id, name: delta.name, input: delta.arguments };
        } else {
          calls[delta.index]!.input += delta.arguments;
        }
      }
    } finally {
      if (!next.done) await deltas.return(undefined as never); // given up; nobody reads the value
    }
    promptTokens += next.value.promptTokens;
    completionTokens += next.value.completionTokens;
    messages.push(toMessage(texts, calls));
    const open: Call[] = [];
    for (const call of calls) {
      yield { type: "toolCall", ...call };
      const ran = await runTool(tools, { name: call.name, arguments: call.input });
      if (!ran) {
        open.push(call);
        continue;
      }
      const { id, name } = call;
      yield { type: "toolResult", id, name, output: ran.output };
      const content =
        typeof ran.output === "string" ? ran.output : JSON.stringify(ran.output ?? null);
      messages.push({ role: "tool", tool_call_id: id, content });
    }
    const { finishReason } = next.value;
    const isOver = calls.length === 0 || open.length > 0 || finishReason !== "stop";
    if (isOver || count >= maxTurns) {
      return { ...texts, toolCalls: open, finishReason, promptTokens, completionTokens, messages };
    }
  }
}

function toMessage(
  { reasoning, content }: { readonly reasoning: string; readonly content: string },
  calls: readonly Call[],
): ChatMessage {
  return {
    role: "assistant",
    content,
    ...(reasoning ? { reasoning_content: reasoning } : {}),
    ...(calls.length > 0
      ? {
          tool_calls: calls.map(({ id, name, input }) => ({
            id,
            type: "function",
            function: { name, arguments: input },
          })),
        }
      : {}),
  };
}
