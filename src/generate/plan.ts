/** From a conversation and its settings to what the engine is asked. */

import {
  type ChatMessage,
  type ChatTemplate,
  type Conversation,
  parseToolArguments,
} from "../media/text/index.ts";
import { resolveSampling } from "./chat-options.ts";
import type { TokenConstraint } from "./constrain/types.ts";
import { checkCounts, encodePrompt } from "./encode-prompt.ts";
import type { AnswerPlan } from "./engine-answer.ts";
import type { LanguageModel } from "./language-model.ts";
import { answerFormatOf } from "./parse/answer-parser.ts";
import type { AnswerFormat, ToolFunction } from "./parse/types.ts";
import { mayThink, renderPrompt } from "./prompt.ts";
import type { Sampling } from "./sampling.ts";
import { type ThinkingStart, thinkingStart } from "./thinking.ts";

export interface PlanOptions {
  readonly messages: readonly ChatMessage[];
  /** In OpenAI's form. */
  readonly tools?: readonly { readonly type: string; readonly function: ToolFunction }[];
  /** Variables of the template beside the conversation's own. */
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly thinking?: boolean;
  /** Most tokens of thinking; a function is told those of the whole answer. */
  readonly thinkingBudget?: number | ((room: number) => number | undefined);
  /** What is left out comes from the checkpoint, then from the library. */
  readonly sampling?: Partial<Sampling>;
  readonly maxTokens?: number;
  readonly stop?: readonly string[];
  readonly seed?: number;
  readonly logprobs?: number;
  readonly logitBias?: ReadonlyMap<number, number>;
  /** Made once it is known how the answer begins. */
  readonly constraint?: (start: ThinkingStart) => TokenConstraint | undefined;
  readonly client?: string;
  readonly signal?: AbortSignal;
}

/** @throws Error where the model has no template, or it refuses the conversation */
export function planConversation(model: LanguageModel, options: PlanOptions): AnswerPlan {
  const { tokenizer, template, defaults } = model;
  if (!template) throw new Error(`${model.name} has no chat template: it continues texts only`);
  const { tools, thinkingBudget, thinking, variables } = options;
  checkCounts(options, model.engine.contextLimit);
  const { messages } = parseToolArguments({ messages: options.messages });
  const text = renderPrompt(template, messages, {
    thinking,
    thinkingBudget: typeof thinkingBudget === "number" ? thinkingBudget : undefined,
    tools: tools as Conversation["tools"], // an interface is no record, but as good as one
    variables,
  });
  const start = thinkingStart(text);
  const thinks = mayThink(template, start);
  const prompt = encodePrompt(tokenizer, text, model.engine.contextLimit);
  const maxTokens = options.maxTokens ?? defaults.maxTokens;
  const room = Math.min(maxTokens ?? Infinity, model.engine.contextLimit - prompt.length);
  const budget = typeof thinkingBudget === "function" ? thinkingBudget(room) : thinkingBudget;
  return {
    tokenizer,
    prompt,
    start,
    sampling: resolveSampling(options.sampling ?? {}, defaults, thinks),
    stopTokens: stopTokensOf(model),
    stop: options.stop,
    thinkingBudget: thinks ? budget : undefined,
    seed: options.seed,
    maxTokens,
    logprobs: options.logprobs,
    logitBias: options.logitBias,
    constraint: options.constraint?.(start),
    client: options.client,
    tools: tools?.map((tool) => tool.function),
    format: tools && formatOf(template),
    signal: options.signal,
  };
}

/** Ids that end an answer. */
export function stopTokensOf({ defaults, tokenizer: { eosId } }: LanguageModel): number[] {
  return [...defaults.stopTokens, ...(eosId === undefined ? [] : [eosId])];
}

/** Templates that show calls nowhere are taken to write them as most models do. */
export function formatOf({ sources }: ChatTemplate): AnswerFormat {
  const { toolCalls = "json" } = answerFormatOf([...sources.values()].join("\n"));
  return { toolCalls };
}
