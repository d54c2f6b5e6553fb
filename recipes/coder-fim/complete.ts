/** Completions of a missing line by a trained model, judged by running them. */

import type { Sandbox } from "../../src/evaluate/index.ts";
import { argmax, createDecoderSession, fimPrompt } from "../../src/generate/index.ts";
import type { WeightSource } from "../../src/graph/program.ts";
import type { Tokenizer } from "../../src/media/text/index.ts";
import type { DecoderConfig } from "../../src/models/index.ts";
import type { FimParts } from "../../src/train/data/index.ts";
import { withCalls } from "./programs.ts";

/** What a model writes behind a prompt, until a token or its text ends it. */
export type Complete = (
  prompt: ArrayLike<number>,
  stopTokens: readonly number[],
  isEnough?: (text: string) => boolean,
) => Promise<string>;

/** Tokens of a completion; a line has about twelve. */
const MOST = 40;

/** A completer that always takes the likeliest token. */
export async function createCompleter(
  model: { readonly config: DecoderConfig; readonly weights: WeightSource },
  tokenizer: Tokenizer,
): Promise<Disposable & { readonly complete: Complete }> {
  const session = await createDecoderSession(model, { engine: { threads: 1 } });
  const complete: Complete = async (prompt, stopTokens, isEnough) => {
    session.truncate(0);
    await session.prefill(Array.from(prompt));
    const taken: number[] = [];
    let text = "";
    while (taken.length < MOST && !isEnough?.(text)) {
      const next = argmax(session.logits);
      if (stopTokens.includes(next)) break;
      taken.push(next);
      text = tokenizer.decode(taken);
      await session.step(next);
    }
    return text;
  };
  return { complete, [Symbol.dispose]: () => session.dispose() };
}

/** The missing line from what stands before and behind it. */
export function fillIn(
  complete: Complete,
  tokenizer: Tokenizer,
  { prefix, suffix }: FimParts,
): Promise<string> {
  const { tokens, stopTokens } = fimPrompt(tokenizer, { prefix, suffix });
  return complete(tokens, stopTokens);
}

/** The missing line from what stands before it alone: all up to the line's end. */
export async function goOn(
  complete: Complete,
  tokenizer: Tokenizer,
  { prefix }: FimParts,
): Promise<string> {
  const { tokens, stopTokens } = fimPrompt(tokenizer, { prefix });
  const text = await complete(tokens, stopTokens, (so) => so.includes("\n"));
  return text.slice(0, text.indexOf("\n") + 1);
}

/** Whether the program with this middle gives what the original gives, in the sandbox. */
export function runsRight(
  sandbox: Sandbox,
  name: string,
  { prefix, middle, suffix }: FimParts,
  completion: string,
): boolean {
  const expected = sandbox.run(withCalls(prefix + middle + suffix, name));
  if (expected.kind !== "value") throw new Error(`coder-fim: a generated program fails: ${name}`);
  const found = sandbox.run(withCalls(prefix + completion + suffix, name));
  return found.kind === "value" && JSON.stringify(found.value) === JSON.stringify(expected.value);
}
