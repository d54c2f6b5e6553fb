/** GET /status: what the server and its models hold and do now; the studio's model page. */

import { freemem, totalmem } from "node:os";
import { resolveSampling } from "../generate/chat-options.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { answerFormatOf } from "../generate/parse/answer-parser.ts";
import type { Call } from "./call.ts";

/** @param active requests that are being answered, this one not among them */
export function serverStatus({ options: { pool } }: Call, active: number): Response {
  const open = new Map(pool.open.map((model) => [model.name, model]));
  return Response.json({
    uptime_seconds: Math.round(process.uptime()),
    active_requests: active,
    memory: {
      resident_bytes: process.memoryUsage.rss(),
      free_bytes: freemem(),
      total_bytes: totalmem(),
    },
    models: pool.names.map((id) => {
      const model = open.get(id);
      const takes_files = pool.takesFiles(id);
      return { id, loaded: model !== undefined, takes_files, ...(model && describe(model)) };
    }),
  });
}

function describe({ engine, template, defaults, facts }: LanguageModel) {
  const { stats, contextLimit } = engine;
  const sources = [...(template?.sources.values() ?? [])].join("\n");
  const canThink = sources.includes("enable_thinking");
  const { temperature, topP, topK, minP } = resolveSampling({}, defaults, canThink);
  return {
    context_length: contextLimit,
    running: stats.running,
    waiting: stats.waiting,
    slots: stats.slots,
    cache: {
      tokens: stats.cachedTokens,
      capacity_tokens: stats.cacheCapacity,
      bytes: stats.cacheBytes,
    },
    tokens: {
      prompt: stats.promptTokens,
      reused: stats.reusedPromptTokens,
      generated: stats.generatedTokens,
    },
    sampling: {
      temperature,
      top_p: topP,
      top_k: topK,
      min_p: minP,
      max_tokens: defaults.maxTokens ?? null,
    },
    /** What the chat template knows to render. */
    can_chat: template !== undefined,
    can_think: canThink,
    can_call_tools: answerFormatOf(sources).toolCalls !== undefined,
    ...(facts && {
      model_type: facts.modelType,
      layers: facts.layers,
      hidden_size: facts.hiddenSize,
      vocabulary: facts.vocabSize,
      parameters: facts.parameters,
      weights: facts.weights,
      examples: facts.examples,
    }),
  };
}
