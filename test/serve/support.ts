/** Servers for tests: onefold-mini on a free port, or a model that says what a test tells it. */

import { resolve } from "node:path";
import OpenAI from "openai";
import type { Engine, EngineAnswer, EngineRequest } from "../../src/generate/engine/types.ts";
import type { GeneratedToken, GenerateEnd } from "../../src/generate/index.ts";
import { type LanguageModel, loadLanguageModel } from "../../src/generate/language-model.ts";
import { createChatTemplate, loadTokenizer } from "../../src/media/text/index.ts";
import {
  createModelPool,
  type LogRecord,
  type ModelSource,
  type RunningServer,
  type ServerOptions,
  startServer,
} from "../../src/serve/index.ts";

export const miniFolder = resolve(import.meta.dirname, "../../models/onefold-mini");
export const mini: ModelSource = {
  name: "onefold-mini",
  load: () => loadLanguageModel(miniFolder, { slots: 4, queue: 16 }),
};

export async function startTest(
  sources: readonly ModelSource[] = [mini],
  options: ServerOptions = {},
): Promise<RunningServer & { readonly client: OpenAI }> {
  const server = await startServer(createModelPool(sources), {
    port: 0,
    log: logFailures,
    ...options,
  });
  const apiKey = options.apiKeys?.[0] ?? "none";
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey, maxRetries: 0 });
  return { ...server, client };
}

/** A failure inside the server is the test's to see. */
function logFailures({ level, error, path }: LogRecord): void {
  if (level === "error" && error) console.error(`${path}: ${error}`);
}

/** A reply's body, in the form that the test is about to check. */
export async function json<T>(reply: Promise<Response> | Response): Promise<T> {
  return (await (await reply).json()) as T;
}

export interface Script {
  /** What the model says to each request, in turn; the last one again and again. */
  readonly answers: readonly string[];
  /** Milliseconds between tokens. */
  readonly pace?: number;
  /** Thrown instead of an answer. */
  readonly refusal?: Error;
  /** Jinja text (default: a ChatML-like one that shows tools). */
  readonly template?: string;
}

/** Renders roles, texts, tools and calls, so that prompts can be looked at. */
const TEMPLATE =
  "{% if tools %}<tools>{% for t in tools %}{{ t | tojson }}{% endfor %}</tools>{% endif %}" +
  "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}" +
  "{% for c in m.tool_calls or [] %}<tool_call>\n" +
  '{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments | tojson }}}' +
  "\n</tool_call>{% endfor %}<|im_end|>\n{% endfor %}<|im_start|>assistant\n" +
  "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}";

/** A model with onefold-mini's tokenizer that says what the script tells it. */
export async function scripted(script: Script): Promise<LanguageModel & { prompts: string[] }> {
  const tokenizer = await loadTokenizer(miniFolder);
  const prompts: string[] = [];
  let turn = 0;
  const engine: Engine = {
    contextLimit: 4096,
    stats: {
      running: 0,
      waiting: 0,
      slots: 4,
      queue: 64,
      cachedTokens: 0,
      cacheCapacity: 4096,
      cacheBytes: 0,
      promptTokens: 0,
      reusedPromptTokens: 0,
      generatedTokens: 0,
    },
    generate(request, n = 1) {
      if (script.refusal) throw script.refusal;
      prompts.push(tokenizer.decode(request.prompt));
      return Array.from({ length: n }, (_, answer) => {
        const text = script.answers[Math.min(turn++, script.answers.length - 1)] ?? "";
        return say(Array.from(tokenizer.encode(text)), request, answer);
      });
    },
    [Symbol.dispose]() {},
  };
  return {
    name: "scripted",
    tokenizer,
    engine,
    prompts,
    defaults: { sampling: {}, stopTokens: [], maxTokens: undefined, hasFile: false },
    template: await createChatTemplate(script.template ?? TEMPLATE),
    [Symbol.dispose]() {},
  };

  async function* say(
    ids: readonly number[],
    { prompt, steer, maxTokens = Infinity, signal, logprobs }: EngineRequest,
    answer: number,
  ): EngineAnswer {
    const { pace = 0 } = script;
    let count = 0;
    const end = (finishReason: GenerateEnd["finishReason"]): GenerateEnd => {
      const usage = { promptTokens: prompt.length, cachedTokens: 0, completionTokens: count };
      return { finishReason, rest: "", ...usage };
    };
    const decoder = tokenizer.createDecoder();
    for (const token of ids) {
      if (pace > 0) await new Promise((done) => setTimeout(done, pace));
      if (signal?.aborted) return end("cancelled");
      count++;
      const item: GeneratedToken = {
        token,
        text: decoder.push(token),
        ...(logprobs === undefined ? {} : { logprob: -0.5, topLogprobs: [] }),
      };
      yield item;
      if (count >= maxTokens) return end("length");
      if (steer?.(item, answer) === "stop") return end("stop");
    }
    return end("stop");
  }
}

/** A server whose model follows a script. */
export async function startScripted(script: Script, options: ServerOptions = {}) {
  const model = await scripted(script);
  const server = await startTest([{ name: model.name, load: async () => model }], options);
  return { ...server, prompts: model.prompts };
}
