/** Addition with written carries: answers of some seventeen tokens, of which only the end is judged. */

import { loadTokenizer, type Tokenizer, trainBpe } from "../../src/media/text/index.ts";
import { createRandom } from "../../src/nn/index.ts";
import type { PolicyPrompt, Reward, Sequence } from "../../src/train/index.ts";

/** Bytes, and the token that ends an answer. */
export const VOCABULARY = 257;
/** Of both numbers. */
const DIGITS = 2;
const END = "<|end|>";
/** A tokenizer whose tokens are bytes: nothing is merged, so every digit stands alone. */
export function openTokenizer(): Promise<Tokenizer> {
  const json = trainBpe([""], { vocabSize: VOCABULARY, specialTokens: [END] });
  return loadTokenizer({ tokenizer: json, config: { eos_token: END } });
}

export interface Sum {
  readonly question: string;
  readonly trace: string;
  readonly answer: string;
}

/** 7 and 85: "07+85=", then "7+5=12,0+8+1=9" and "92". */
export function sumOf(a: number, b: number): Sum {
  const [x, y] = [a, b].map((n) => String(n).padStart(DIGITS, "0"));
  let carry = 0;
  const places = Array.from({ length: DIGITS }, (_, i) => DIGITS - 1 - i);
  const steps = places.map((i) => {
    const sum = Number(x![i]) + Number(y![i]) + carry;
    const step = `${x![i]}+${y![i]}${carry ? "+1" : ""}=${sum}`;
    carry = sum > 9 ? 1 : 0;
    return step;
  });
  return { question: `${x}+${y}=`, trace: steps.join(","), answer: String(a + b) };
}

/** Sums by a stream of their own: the same stream gives the same sums. */
export function drawSums(count: number, seed: number, stream: string): Sum[] {
  const random = createRandom(seed, stream);
  const below = () => random.below(10 ** DIGITS);
  return Array.from({ length: count }, () => sumOf(below(), below()));
}

/** A sum for supervised training: the answer and its end are learned. */
export function toSequence({ question, trace, answer }: Sum, tokenizer: Tokenizer): Sequence {
  const prompt = tokenizer.encode(question);
  const learned = [...tokenizer.encode(`${trace};${answer}`), tokenizer.eosId!];
  const tokens = [...prompt, ...learned];
  return { tokens, learned: tokens.map((_, i) => (i < prompt.length ? 0 : 1)) };
}

export const toPrompt = ({ question, answer }: Sum, tokenizer: Tokenizer): PolicyPrompt => ({
  tokens: tokenizer.encode(question),
  row: { question, answer },
});

/** 1 for the right number behind the last semicolon, whatever stands before it. */
export const rightAnswer: Reward = {
  name: "right",
  of: ({ text, row }) => (text.slice(text.lastIndexOf(";") + 1) === row.answer ? 1 : 0),
};
