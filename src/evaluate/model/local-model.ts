/** A checkpoint in this process as a model under test. */

import { startAnswers } from "../../generate/engine-answer.ts";
import {
  createTokenScorer,
  greedy,
  isEngineRefusal,
  type LanguageModel,
  type LanguageModelOptions,
  type TokenScorer,
  type TokenScores,
} from "../../generate/index.ts";
import { createLanguageModel, modelName } from "../../generate/language-model.ts";
import { planConversation, stopTokensOf } from "../../generate/plan.ts";
import { renderPrompt } from "../../generate/prompt.ts";
import { createChatTemplate, loadChatTemplate, loadTokenizer } from "../../media/text/index.ts";
import { loadModel } from "../../models/load.ts";
import { findTaskModel } from "../../task/model/folder.ts";
import { hasImages } from "../image.ts";
import { createLimiter } from "../limiter.ts";
import type { EvalModel, GenerateRequest, Generation, LogLikelihood } from "../types.ts";
import { answerImages } from "./answer-images.ts";
import { encodePair, fitPair, rollingWindows } from "./encode-pair.ts";
import { modelDigest } from "./model-digest.ts";
import { prefixToken } from "./prefix-token.ts";
import { PromptTooLongError } from "./too-long.ts";

/** As lm-evaluation-harness: `max_gen_toks`. */
const DEFAULT_MAX_TOKENS = 256;
const DEFAULT_SLOTS = 8;
/** Fill two runs of short texts while others are written down. */
const LIKELIHOOD_CONCURRENCY = 64;

/**
 * Opens a checkpoint to evaluate it. Log-likelihoods share what texts have in common; answers are
 * computed side by side by the serving engine. Each half is loaded when it is first asked. A task
 * model that reads images answers questions about them through an instruction.
 *
 * @param spec a folder, a GGUF file, or a hub id that was pulled
 * @example
 * using model = await createLocalModel("models/onefold-mini");
 * const [score] = await model.logLikelihoods!([{ context: "3 + 4 =", continuation: " 7" }]);
 */
export async function createLocalModel(
  spec: string,
  options: LanguageModelOptions = {},
): Promise<EvalModel> {
  const { slots = DEFAULT_SLOTS, name = modelName(spec) } = options;
  const model = await loadModel(spec, options);
  const tokenizer = await loadTokenizer(model.dir);
  const prefix = await prefixToken(model.dir, tokenizer);
  const template = options.template
    ? await createChatTemplate(options.template)
    : await loadChatTemplate(model.dir).catch(() => undefined); // base models have none
  const tasks = await findTaskModel(model.dir);
  const identity = await modelDigest(model.dir, options);
  const usage = { requests: 0, promptTokens: 0, completionTokens: 0, retries: 0 };
  let scorer: Promise<TokenScorer> | undefined;
  let language: Promise<LanguageModel> | undefined;
  const limit = createLimiter(slots);

  const logLikelihoods: EvalModel["logLikelihoods"] = async (requests, { signal } = {}) => {
    scorer ??= createTokenScorer(model, { engine: options.engine, parallel: true });
    const loaded = await scorer;
    const pieces = requests.map((request) => {
      if (request.mode !== "rolling") {
        const pair = encodePair(tokenizer, request, prefix);
        return { windows: [fitPair(pair, loaded.contextLimit)], isJoined: pair.isJoined };
      }
      if (prefix === undefined) throw new Error(`${name} has no token that begins a text`);
      const tokens = [...tokenizer.encode(request.continuation)];
      return { windows: rollingWindows(tokens, prefix, loaded.contextLimit), isJoined: false };
    });
    const windows = pieces.flatMap((piece) => piece.windows);
    usage.requests += requests.length;
    for (const { context, continuation } of windows) {
      usage.promptTokens += context.length + continuation.length;
    }
    const scores = await loaded.score(windows, signal);
    let next = 0;
    return pieces.map(({ windows: { length }, isJoined }) => {
      const own = scores.slice(next, next + length);
      next += length;
      return { ...sumOf(own), ...(isJoined ? { isJoined } : {}) };
    });
  };

  const count = ({ promptTokens, completionTokens }: Generation): void => {
    usage.requests++;
    usage.promptTokens += promptTokens;
    usage.completionTokens += completionTokens;
  };

  const generateOne = async (
    request: GenerateRequest,
    signal: AbortSignal | undefined,
  ): Promise<Generation> => {
    if (tasks && hasImages(request.prompt)) {
      return answerImages(tasks, request, DEFAULT_MAX_TOKENS, signal);
    }
    language ??= createLanguageModel(model, { ...options, slots, name });
    const loaded = await language;
    const [answer] = startAnswer(loaded, request, prefix, signal);
    let [text, reasoning] = ["", ""];
    let next = await answer!.next();
    for (; !next.done; next = await answer!.next()) {
      for (const part of next.value.parts) {
        if (part.type === "content") text += part.text;
        else if (part.type === "reasoning") reasoning += part.text;
      }
    }
    const { promptTokens, completionTokens, finishReason } = next.value;
    return {
      text,
      ...(reasoning ? { reasoning } : {}),
      finishReason: finishReason === "length" ? "length" : "stop",
      promptTokens,
      completionTokens,
    };
  };

  return {
    name,
    identity,
    ...(tasks?.config.image ? { sees: ["image"] } : {}),
    concurrency: slots + 2, // some are scored or written down while all slots are busy
    likelihoodConcurrency: LIKELIHOOD_CONCURRENCY,
    logLikelihoods,
    generate: (requests, { signal } = {}) =>
      Promise.all(
        requests.map(async (request) => {
          const generation = await limit(() => generateOne(request, signal));
          count(generation);
          return generation;
        }),
      ),
    ...(template ? { render: (messages, how) => renderPrompt(template, messages, how) } : {}),
    usage: () => ({ ...usage }),
    [Symbol.dispose]() {
      void (async () => {
        await (await scorer?.catch(() => undefined))?.close();
        // The language model closes the checkpoint with itself.
        const open = (await language?.catch(() => undefined)) ?? model;
        open[Symbol.dispose]();
        tasks?.[Symbol.dispose]();
      })();
    },
  };
}

/** @throws PromptTooLongError for a conversation that leaves no room for an answer */
function startAnswer(
  model: LanguageModel,
  request: GenerateRequest,
  prefix: number | undefined,
  signal: AbortSignal | undefined,
): ReturnType<typeof startAnswers> {
  try {
    return startAnswers(model.engine, planOf(model, request, prefix, signal));
  } catch (error) {
    if (!isEngineRefusal(error) || error.reason !== "too-long") throw error;
    throw new PromptTooLongError(error.message, { cause: error });
  }
}

function planOf(
  model: LanguageModel,
  {
    prompt,
    until,
    maxTokens = DEFAULT_MAX_TOKENS,
    temperature = 0,
    topP,
    topK,
    seed = 0,
    thinking,
  }: GenerateRequest,
  prefix: number | undefined,
  signal: AbortSignal | undefined,
): Parameters<typeof startAnswers>[1] {
  const sampling = { ...greedy, temperature, topP: topP ?? 1, topK: topK ?? 0 };
  const shared = { sampling, seed, maxTokens, stop: until?.filter(Boolean), signal };
  if (typeof prompt !== "string")
    return planConversation(model, { ...shared, messages: prompt, thinking });
  const { tokenizer, engine } = model;
  const encoded = tokenizer.encode(prompt);
  // As with likelihoods, an empty text is the token that begins one.
  const isEmpty = encoded.length === 0 && prefix !== undefined;
  const tokens = isEmpty ? Int32Array.of(prefix) : encoded;
  // As lm-evaluation-harness: the end of a prompt that is too long, with room for the answer.
  const room = Math.max(1, engine.contextLimit - maxTokens);
  return {
    ...shared,
    tokenizer,
    prompt: tokens.length > room ? tokens.slice(-room) : tokens,
    start: "closed",
    stopTokens: stopTokensOf(model),
    isRaw: true,
  };
}

function sumOf(scores: readonly TokenScores[]): LogLikelihood {
  let [logLikelihood, tokens, isGreedy] = [0, 0, true];
  for (const { logprobs, isBest } of scores) {
    for (const logprob of logprobs) logLikelihood += logprob;
    tokens += logprobs.length;
    isGreedy &&= isBest.every(Boolean);
  }
  return { logLikelihood, isGreedy, tokens };
}
