/** Answers of a model to many questions at once, by the engine that serves. */

import { startAnswers } from "../../src/generate/engine-answer.ts";
import { createEngine, greedy } from "../../src/generate/index.ts";
import type { Tokenizer } from "../../src/media/text/index.ts";
import { loadModel } from "../../src/models/index.ts";
import type { Example } from "../onefold-mini/types.ts";
import { promptTokens, type Words } from "./questions.ts";
import { MOST_TOKENS } from "./rewards.ts";
import { CONTEXT, THREADS } from "./workshop.ts";

export interface Reply {
  readonly prompt: readonly number[];
  /** With the token that ended it, unless it was cut. */
  readonly tokens: readonly number[];
  readonly text: string;
  readonly isComplete: boolean;
}

export interface AskOptions {
  /** Answers to each question (default 1). */
  readonly answers?: number;
  /** Default 0: the likeliest token always. */
  readonly temperature?: number;
  readonly seed?: number;
  /** Most tokens of thinking. */
  readonly thinkingBudget?: number;
}

/** Enough rows for a step of the engine to pay. */
const SLOTS = 48;

/**
 * One list of replies a question.
 *
 * @param model a folder
 */
export async function ask(
  model: string,
  examples: readonly Example[],
  words: Words,
  { answers = 1, temperature = 0, seed = 0, thinkingBudget }: AskOptions = {},
): Promise<Reply[][]> {
  const { tokenizer } = words;
  using opened = await loadModel(model);
  using engine = await createEngine(opened, tokenizer, {
    slots: SLOTS,
    queue: examples.length * answers,
    context: CONTEXT,
    engine: { threads: THREADS },
  });
  const asked = examples.map(async (example, i) => {
    const prompt = promptTokens(example, words);
    const started = startAnswers(
      engine,
      {
        tokenizer,
        prompt: Int32Array.from(prompt),
        start: example.enableThinking ? "auto" : "closed",
        sampling: { ...greedy, temperature },
        stopTokens: [tokenizer.eosId!],
        // What closes the block at a budget is not the model's own: it gets room of its own.
        maxTokens: MOST_TOKENS + (thinkingBudget === undefined ? 0 : 64),
        seed: seed + i,
        thinkingBudget,
      },
      answers,
    );
    return Promise.all(started.map((answer) => collect(answer, prompt, tokenizer)));
  });
  return await Promise.all(asked); // before the engine closes
}

async function collect(
  answer: ReturnType<typeof startAnswers>[number],
  prompt: readonly number[],
  tokenizer: Tokenizer,
): Promise<Reply> {
  const tokens: number[] = [];
  for (;;) {
    const { done, value } = await answer.next();
    if (done) {
      const isComplete = value.finishReason === "stop";
      const text = tokenizer.decode(tokens); // with the tags of its thinking
      return {
        prompt,
        tokens: isComplete ? [...tokens, tokenizer.eosId!] : tokens,
        text,
        isComplete,
      };
    }
    if (value.token) tokens.push(value.token.token);
  }
}
