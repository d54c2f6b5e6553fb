/** Answers of an engine as parts: thinking, content, tool calls; cut to budget and stop strings. */

import type { Tokenizer } from "../media/text/types.ts";
import type { TokenConstraint } from "./constrain/types.ts";
import type { Engine, EngineAnswer, EngineRequest } from "./engine/types.ts";
import type { FinishReason, GeneratedToken } from "./generate.ts";
import { createAnswerParser } from "./parse/answer-parser.ts";
import type { AnswerDelta, AnswerFormat, AnswerParser, ToolFunction } from "./parse/types.ts";
import type { Sampling } from "./sampling.ts";
import { createStopMatcher } from "./stop-strings.ts";
import { createThinkingParser, type ThinkingStart } from "./thinking.ts";
import { createThinkingCloser } from "./thinking-budget.ts";

/** Everything that decides the answers to a prompt. */
export interface AnswerPlan {
  readonly tokenizer: Tokenizer;
  readonly prompt: Int32Array;
  readonly start: ThinkingStart;
  readonly sampling: Sampling;
  readonly stopTokens: readonly number[];
  /** Texts that end the content and are not part of it. */
  readonly stop?: readonly string[];
  /** Only where the model thinks. */
  readonly thinkingBudget?: number;
  readonly seed?: number;
  readonly maxTokens?: number;
  readonly logprobs?: number;
  readonly logitBias?: ReadonlyMap<number, number>;
  readonly constraint?: TokenConstraint;
  readonly client?: string;
  readonly signal?: AbortSignal;
  /** How the model writes calls (default: it makes none). */
  readonly format?: AnswerFormat;
  readonly tools?: readonly ToolFunction[];
  /** All of the text is content, its tags too. */
  readonly isRaw?: boolean;
}

/** What became certain with a token. */
export interface AnswerStep {
  readonly parts: readonly AnswerDelta[];
  /** The token, unless it ends the answer. */
  readonly token: GeneratedToken | undefined;
  /** Whether the token stands outside the thinking block. */
  readonly isVisible: boolean;
}

export interface AnswerEnd {
  readonly finishReason: FinishReason;
  /** The stop string that ended it. */
  readonly stop?: string;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
  /** Of those, inside the thinking block. */
  readonly reasoningTokens: number;
}

export type PlannedAnswer = AsyncGenerator<AnswerStep, AnswerEnd>;

/**
 * `n` answers to one prompt. The engine works on them from now on; each must be iterated or given
 * up (`return()`).
 *
 * @throws EngineRefusal where the engine is busy or they cannot fit
 */
export function startAnswers(engine: Engine, plan: AnswerPlan, n = 1): PlannedAnswer[] {
  const room = Math.min(plan.maxTokens ?? Infinity, engine.contextLimit - plan.prompt.length);
  const readers = Array.from({ length: n }, () => createReader(plan));
  const closers = readers.map((reader) =>
    createThinkingCloser(
      { ...plan, thinkingBudget: plan.thinkingBudget, room },
      () => reader.isThinking,
    ),
  );
  const isSteered = plan.thinkingBudget !== undefined || (plan.stop?.length ?? 0) > 0;
  const steer: EngineRequest["steer"] = (_token, answer) =>
    readers[answer]!.matched === undefined ? closers[answer]!() : "stop";
  const request = { ...requestOf(plan), ...(isSteered ? { steer } : {}) };
  return engine.generate(request, n).map((answer, i) => read(answer, plan, readers[i]!));
}

function requestOf(plan: AnswerPlan): EngineRequest {
  const { prompt, tokenizer, sampling, stopTokens, seed, maxTokens, logprobs } = plan;
  const { logitBias, constraint, client, signal } = plan;
  const options = { seed, maxTokens, logprobs, logitBias, constraint, client, signal };
  return { ...sampling, ...options, prompt, tokenizer, stopTokens };
}

interface Reader {
  readonly isThinking: boolean;
  /** The stop string that the content ran into. */
  readonly matched: string | undefined;
  push(text: string): AnswerDelta[];
  flush(): AnswerDelta[];
}

/** Stop strings apply to the content; what follows one is dropped. */
function createReader(plan: AnswerPlan): Reader {
  const { start, tools, isRaw, format = { toolCalls: undefined }, stop = [] } = plan;
  const parser = isRaw ? rawParser : createAnswerParser(format, start, { tools });
  const thinking = createThinkingParser(isRaw ? "closed" : start);
  const matcher = createStopMatcher(stop);
  const held = (): AnswerDelta[] => {
    const text = matcher.flush();
    return text ? [{ type: "content", text }] : [];
  };
  const certain = (deltas: readonly AnswerDelta[]): AnswerDelta[] =>
    deltas.flatMap((delta): AnswerDelta[] => {
      if (matcher.matched !== undefined) return [];
      if (delta.type === "reasoning") return [delta];
      // The content that was held back comes before the call.
      if (delta.type === "toolCall") return [...held(), delta];
      const text = matcher.push(delta.text);
      return text ? [{ type: "content", text }] : [];
    });
  return {
    get isThinking() {
      return thinking.isThinking;
    },
    get matched() {
      return matcher.matched;
    },
    push(text) {
      thinking.push(text);
      return certain(parser.push(text));
    },
    flush: () => [...certain(parser.flush()), ...held()],
  };
}

const rawParser: AnswerParser = {
  push: (text) => (text === "" ? [] : [{ type: "content", text }]),
  flush: () => [],
};

async function* read(answer: EngineAnswer, plan: AnswerPlan, reader: Reader): PlannedAnswer {
  const stopTokens = new Set(plan.stopTokens);
  let reasoningTokens = 0;
  try {
    let next = await answer.next();
    while (!next.done) {
      const item = next.value;
      const wasThinking = reader.isThinking;
      const parts = reader.push(item.text);
      const isVisible = !wasThinking && !reader.isThinking;
      const isEnd = !item.isForced && stopTokens.has(item.token);
      if (!isVisible && !isEnd) reasoningTokens++;
      yield { parts, token: isEnd ? undefined : item, isVisible };
      next = await answer.next();
    }
    const { finishReason, stop, rest, promptTokens, cachedTokens, completionTokens } = next.value;
    const parts = [...reader.push(rest), ...reader.flush()];
    if (parts.length > 0) yield { parts, token: undefined, isVisible: true };
    const matched = reader.matched ?? stop;
    return {
      finishReason: matched === undefined ? finishReason : "stop",
      ...(matched === undefined ? {} : { stop: matched }),
      promptTokens,
      cachedTokens,
      completionTokens,
      reasoningTokens,
    };
  } finally {
    await giveUp(answer);
  }
}

/** Ends the engine's work on an answer; of an ended one, nothing. Nobody reads the value. */
const giveUp = (answer: EngineAnswer): Promise<unknown> => answer.return(undefined as never);
