/** A checkpoint ready to answer many at a time: tokenizer, template, defaults and engine. */

import { basename } from "node:path";
import {
  type ChatTemplate,
  createChatTemplate,
  loadChatTemplate,
  loadTokenizer,
  type Tokenizer,
} from "../media/text/index.ts";
import { type LoadOptions, loadModel, type Model } from "../models/load.ts";
import { templateMismatch } from "../models/training-file.ts";
import { contextLimit } from "./context-limit.ts";
import { createTextJudge, type TextJudge } from "./embed.ts";
import { createEngine, DEFAULT_CONTEXT, type EngineOptions } from "./engine/engine.ts";
import { createHeadlessEngine, isHeadless } from "./engine/headless.ts";
import type { Engine } from "./engine/types.ts";
import { type GenerationDefaults, readGenerationDefaults } from "./generation-config.ts";
import { type ModelFacts, modelFacts } from "./model-facts.ts";

export interface LanguageModel extends Disposable {
  /** What clients call it. */
  readonly name: string;
  readonly tokenizer: Tokenizer;
  readonly engine: Engine;
  readonly defaults: GenerationDefaults;
  /** Base models have none. */
  readonly template: ChatTemplate | undefined;
  /** Hidden states and scores of whole texts, where there is a checkpoint. */
  readonly judge?: TextJudge;
  /** Its size and its weights, where there is a checkpoint. */
  readonly facts?: ModelFacts;
}

export interface LanguageModelOptions extends EngineOptions, LoadOptions {
  /** What clients call it (default: as it was named). */
  readonly name?: string;
  /** Jinja text in place of the checkpoint's chat template. */
  readonly template?: string;
  /** Takes what should not go unseen, such as a template other than that of the training. */
  readonly onWarning?: (text: string) => void;
}

/**
 * Loads a model to serve.
 *
 * @param spec a folder, or a hub id that was pulled
 */
export async function loadLanguageModel(
  spec: string,
  { name = modelName(spec), ...options }: LanguageModelOptions = {},
): Promise<LanguageModel> {
  return createLanguageModel(await loadModel(spec, options), { name, ...options });
}

/**
 * An open model, made ready to serve.
 *
 * @param model closed with the result, or where this fails
 */
export async function createLanguageModel(
  model: Model,
  { name = modelName(model.dir), template, onWarning, ...options }: LanguageModelOptions = {},
): Promise<LanguageModel> {
  try {
    const tokenizer = await loadTokenizer(model.dir);
    const defaults = await readGenerationDefaults(model.dir);
    const chat = template
      ? await createChatTemplate(template)
      : await loadChatTemplate(model.dir).catch(baseModel);
    for (const trained of [model.dir, model.adapter ?? []].flat()) {
      const mismatch = await templateMismatch(trained, chat);
      if (mismatch) (onWarning ?? process.emitWarning)(mismatch);
    }
    const facts = await modelFacts(model);
    const engine = isHeadless(model)
      ? createHeadlessEngine(model)
      : await createEngine(model, tokenizer, options);
    const shortened = shortContext(model, engine, options);
    if (shortened) onWarning?.(shortened);
    const judge = createTextJudge(model);
    return {
      name,
      judge,
      facts,
      tokenizer,
      engine,
      defaults,
      template: chat,
      [Symbol.dispose]() {
        judge[Symbol.dispose]();
        engine[Symbol.dispose]();
        model[Symbol.dispose]();
      },
    };
  } catch (error) {
    model[Symbol.dispose]();
    throw error;
  }
}

/** What to say where memory, and not the model, limits requests. */
function shortContext(
  { config }: Model,
  { contextLimit: tokens, stats }: Engine,
  { context }: EngineOptions,
): string | undefined {
  const wanted = Math.min(contextLimit(config), context ?? DEFAULT_CONTEXT);
  if (tokens >= wanted) return undefined;
  return (
    `the cache has room for ${tokens} tokens in each of ${stats.slots} slots, ` +
    `not for ${wanted}; fewer slots have more room`
  );
}

/** What a model is called unless told otherwise: its hub id, or the last part of its folder. */
export function modelName(spec: string): string {
  return /^[\w.-]+\/[\w.-]+$/.test(spec) && !spec.startsWith(".") ? spec : basename(spec) || spec;
}

function baseModel(error: unknown): undefined {
  if (error instanceof Error && error.message.includes(": no chat template in ")) return undefined;
  throw error;
}
