/** A small vocabulary, and walks through what a constraint allows. */

import type { CompiledConstraint, TokenConstraint } from "../../../src/generate/index.ts";
import { loadTokenizer, type Tokenizer, trainBpe } from "../../../src/media/text/index.ts";

export const END = "<|im_end|>";

/** All bytes, and a few hundred tokens that cross JSON's borders. */
export function smallTokenizer(): Promise<Tokenizer> {
  const texts = [
    '{"name": "Ada", "tags": ["a", "b"], "n": -12.5e3, "ok": true, "no": null}',
    '{"a":{"b":[1,2,3],"c":"x\\n\\"é"}}, false, "", "key": [], {}',
    "答案 → 42; yes, because of 10:30 on 2024-02-29 (user@example.org)",
    "答案答案 été ABC123 x.y It was THE END of été; über 答案",
  ];
  const repeated = texts.flatMap((text) => [text, text, text]);
  const tokenizer = trainBpe(repeated, { vocabSize: 480, specialTokens: ["<|endoftext|>", END] });
  return loadTokenizer({ tokenizer, config: { eos_token: END } });
}

export const isAllowed = (bits: Uint32Array, id: number): boolean =>
  (((bits[id >> 5] ?? 0) >>> (id & 31)) & 1) === 1;

/** The first token of a text that is refused (by index), or undefined where all may come. */
export function refusedAt(
  compiled: CompiledConstraint,
  tokenizer: Tokenizer,
  text: string,
): number | "end" | undefined {
  const constraint = compiled.start();
  const ids = tokenizer.encode(text, { specials: false });
  for (let i = 0; i < ids.length; i++) {
    if (!isAllowed(constraint.allowed(), ids[i]!)) return i;
    constraint.accept(ids[i]!);
  }
  return constraint.mayEnd ? undefined : "end";
}

export const accepts = (compiled: CompiledConstraint, tokenizer: Tokenizer, text: string) =>
  refusedAt(compiled, tokenizer, text) === undefined;

/** Ids in the mask. */
export function allowedIds(constraint: TokenConstraint): number[] {
  const ids: number[] = [];
  for (const [word, value] of constraint.allowed().entries()) {
    for (let bits = value; bits !== 0; bits &= bits - 1) {
      ids.push(word * 32 + (31 - Math.clz32(bits & -bits)));
    }
  }
  return ids;
}

/**
 * Takes allowed tokens at random until the text ends; it ends where it may, and after `steps`
 * tokens the shortest way there is taken that looking at single tokens finds.
 */
export function randomText(
  compiled: CompiledConstraint,
  tokenizer: Tokenizer,
  random: () => number,
  steps = 200,
): string | undefined {
  const constraint = compiled.start();
  const taken: number[] = [];
  for (let i = 0; i < steps * 3; i++) {
    if (constraint.mayEnd && (i >= steps || random() < 0.3)) break;
    let ids = allowedIds(constraint).filter((id) => id !== tokenizer.eosId);
    if (ids.length === 0) break;
    // Closing what is open keeps random walks finite.
    const closing = ids.filter((id) => /^["\]}]+$/.test(tokenizer.decode([id])));
    if (closing.length > 0 && (i >= steps || random() < 0.2)) ids = closing;
    const id = ids[Math.floor(random() * ids.length)]!;
    constraint.accept(id);
    taken.push(id);
  }
  return constraint.mayEnd ? tokenizer.decode(taken) : undefined;
}
