/** Answers of an engine as parts: thinking, content, tool calls; cut to budget and stop strings. */

import type { Tokenizer } from "../media/text/types.ts";
import type { TokenConstraint } from "./constrain/types.ts";
import type { Engine, EngineAnswer, EngineRequest } from "./engine/types.ts";
import type { FinishReason, GeneratedToken } from "./generate.ts";
import type { Sampling } from "./sampling.ts";
import { createStopMatcher } from "./stop-strings.ts";
import { type ChatPart, createThinkingParser, type ThinkingStart } from "./thinking.ts";
import { createThinkingCloser } from "./thinking-budget.ts";

export type AnswerPart =
  | ChatPart
  /** A call begins: its place among the answer's calls, and its function. */
  | { readonly type: "tool-call"; readonly index: number; readonly name: string }
  /** More of the JSON text of a call's arguments. */
  | { readonly type: "tool-arguments"; readonly index: number; readonly text: string };

/** Takes generated text apart as it comes. */
export interface AnswerParser {
  push(text: string): AnswerPart[];
  flush(): AnswerPart[];
  readonly isThinking: boolean;
}

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
  /** Default: thinking and content. */
  readonly createParser?: () => AnswerParser;
}

/** What became certain with a token. */
export interface AnswerStep {
  readonly parts: readonly AnswerPart[];
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
  const closers = readers.map(({ parser }) =>
    createThinkingCloser(
      { ...plan, thinkingBudget: plan.thinkingBudget, room },
      () => parser.isThinking,
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
  readonly parser: AnswerParser;
  /** The stop string that the content ran into. */
  readonly matched: string | undefined;
  push(text: string): AnswerPart[];
  flush(): AnswerPart[];
}

/** Stop strings apply to the content; what follows one is dropped. */
function createReader({ createParser, start, stop = [] }: AnswerPlan): Reader {
  const parser = createParser ? createParser() : createThinkingParser(start);
  const matcher = createStopMatcher(stop);
  const held = (): AnswerPart[] => {
    const text = matcher.flush();
    return text ? [{ type: "content", text }] : [];
  };
  const certain = (parts: readonly AnswerPart[]): AnswerPart[] =>
    parts.flatMap((part): AnswerPart[] => {
      if (matcher.matched !== undefined) return [];
      if (part.type === "reasoning") return [part];
      // Behind the content that was held back, a call may begin.
      if (part.type !== "content") return [...held(), part];
      const text = matcher.push(part.text);
      return text ? [{ type: "content", text }] : [];
    });
  return {
    parser,
    get matched() {
      return matcher.matched;
    },
    push: (text) => certain(parser.push(text)),
    flush: () => [...certain(parser.flush()), ...held()],
  };
}

async function* read(answer: EngineAnswer, plan: AnswerPlan, reader: Reader): PlannedAnswer {
  const stopTokens = new Set(plan.stopTokens);
  let reasoningTokens = 0;
  try {
    let next = await answer.next();
    while (!next.done) {
      const item = next.value;
      const wasThinking = reader.parser.isThinking;
      const parts = reader.push(item.text);
      const isVisible = !wasThinking && !reader.parser.isThinking;
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
