/** What the engine's tests share. */

import { join } from "node:path";
import {
  createDecoderSession,
  type EngineAnswer,
  type GeneratedToken,
  type GenerateEnd,
  type GenerateOptions,
  generate,
} from "../../../src/generate/index.ts";
import { loadModel, type Model } from "../../../src/models/index.ts";

export const fixture = (name: string): Promise<Model> =>
  loadModel(join(import.meta.dirname, "../../fixtures/qwen", name));
export const mini = (): Promise<Model> =>
  loadModel(join(import.meta.dirname, "../../../models/onefold-mini"));

/** Tokens of some pattern within the fixtures' vocabulary of 96. */
export const pattern = (n: number, step = 7): number[] =>
  Array.from({ length: n }, (_, i) => (i * step + step) % 96);

export interface Collected {
  readonly items: readonly GeneratedToken[];
  readonly tokens: readonly number[];
  readonly text: string;
  readonly end: GenerateEnd;
}

export async function collect(answer: AsyncGenerator<GeneratedToken, GenerateEnd>) {
  const items: GeneratedToken[] = [];
  let next = await answer.next();
  for (; !next.done; next = await answer.next()) items.push(next.value);
  const tokens = items.map(({ token }) => token);
  const text = items.map((item) => item.text).join("");
  return { items, tokens, text, end: next.value } satisfies Collected;
}

export const collectAll = (answers: readonly EngineAnswer[]): Promise<Collected[]> =>
  Promise.all(answers.map(collect));

/** The same by `generate()` on a session of its own. */
export async function alone(
  model: Model,
  prompt: ArrayLike<number>,
  options: GenerateOptions,
): Promise<Collected> {
  using session = await createDecoderSession(model);
  return await collect(generate(session, prompt, options));
}

/** Until a condition holds; the engine's loop goes on in turns of the event loop. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}
