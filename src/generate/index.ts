/**
 * Generation: a decoder with its cache, sampling, streaming text, conversations.
 *
 * @example
 * import { createChat } from "onefold/generate";
 *
 * using chat = await createChat("models/onefold-mini");
 * const { content } = await chat.send("What is 12 + 30?", { maxTokens: 200 }).result();
 * console.log(content);
 */

export { argmax, Candidates, findCandidates } from "./candidates.ts";
export { type Chat, type ChatStream, createChat } from "./chat.ts";
export type { ChatMessage, ChatOptions, ChatResult, SendOptions } from "./chat-options.ts";
export { constrainAfterThinking } from "./constrain/after-thinking.ts";
export { ConstraintError } from "./constrain/budget.ts";
export type { CompiledConstraint, ConstraintOptions } from "./constrain/constraint.ts";
export { compileGrammar } from "./constrain/ebnf.ts";
export { compileJsonObject, compileJsonSchema } from "./constrain/json-schema.ts";
export { compileRegex } from "./constrain/regex.ts";
export type { TokenConstraint } from "./constrain/types.ts";
export { checkContext, checkTokens, contextLimit } from "./context-limit.ts";
export type { DecoderSessionOptions, FeedOptions } from "./decoder-options.ts";
export { createDecoderSession, type DecoderSession } from "./decoder-session.ts";
export * from "./diffusion/index.ts";
export { createEngine, type EngineOptions } from "./engine/engine.ts";
export {
  createPool,
  type Lease,
  type Pool,
  type Pooled,
  type PoolOptions,
} from "./engine/pool.ts";
export { isEngineRefusal } from "./engine/refusal.ts";
export type {
  Engine,
  EngineAnswer,
  EngineRefusal,
  EngineRequest,
  EngineStats,
} from "./engine/types.ts";
export {
  type FillOptions,
  type FimInput,
  type FimOptions,
  type FimPrompt,
  fillInMiddle,
  fimPrompt,
  type RepoFile,
} from "./fim.ts";
export {
  type FinishReason,
  type GeneratedToken,
  type GenerateEnd,
  type GenerateOptions,
  generate,
} from "./generate.ts";
export { type GenerationDefaults, readGenerationDefaults } from "./generation-config.ts";
export { TokenHistory } from "./history.ts";
export {
  type LanguageModel,
  type LanguageModelOptions,
  loadLanguageModel,
} from "./language-model.ts";
export { logSumExp, type TokenLogprob, topLogprobs } from "./log-probabilities.ts";
export { answerFormatOf, createAnswerParser } from "./parse/answer-parser.ts";
export type {
  AnswerDelta,
  AnswerFormat,
  AnswerParser,
  AnswerParserOptions,
  ToolCallStyle,
  ToolFunction,
} from "./parse/types.ts";
export { type RepositoryOptions, readRepository } from "./repository.ts";
export { createSampler, type Sampler, type SamplerOptions } from "./sampler.ts";
export { greedy, mergeSampling, type Sampling } from "./sampling.ts";
export {
  type ContinuationTokens,
  createTokenScorer,
  type TokenScorer,
  type TokenScores,
} from "./score/token-scorer.ts";
export * from "./search/index.ts";
export { createStopMatcher, type StopMatcher } from "./stop-strings.ts";
export { type StructuredOutput, structuredOutput } from "./structured.ts";
export {
  type ChatPart,
  createThinkingParser,
  type ThinkingParser,
  type ThinkingStart,
  thinkingStart,
} from "./thinking.ts";
