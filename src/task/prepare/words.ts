/** What attributes do to a slot's text. */

import type { Random } from "../../nn/random.ts";
import type { Slot } from "../grammar/ast.ts";
import { isIn, type Vocabulary } from "../model/vocabulary.ts";

/** Stands for a word that was masked. */
const MASK = "_";

/** Mean length in words of a masked span (BART; Lewis et al., 2019). */
const SPAN = 3;

/**
 * The text of a slot as the network sees it.
 *
 * @param random masks words where the slot says so; left out: nothing is masked
 */
export function slotWords(text: string, { attributes }: Slot, random?: Random): string {
  let words = text;
  if (attributes.uncased) words = words.toLowerCase();
  if (attributes.no_punctuation) words = words.replace(/\p{P}/gu, " ").replace(/\s+/g, " ").trim();
  const { mask_ratio: ratio } = attributes;
  return random && typeof ratio === "number" ? maskWords(words, ratio, random) : words;
}

/** Spans of words are replaced, a mask a word, until `ratio` of all words are. */
export function maskWords(text: string, ratio: number, random: Random): string {
  const words = text.split(/\s+/).filter((word) => word !== "");
  const masked = new Set<number>();
  const wanted = Math.round(words.length * ratio);
  while (masked.size < wanted) {
    const start = random.below(words.length);
    const length = Math.max(1, poisson(SPAN, random));
    for (let i = start; i < Math.min(words.length, start + length) && masked.size < wanted; i++) {
      masked.add(i);
    }
  }
  return words.map((word, i) => (masked.has(i) ? MASK : word)).join(" ");
}

/** Knuth's multiplication method, exact for small means. */
function poisson(mean: number, random: Random): number {
  const limit = Math.exp(-mean);
  let [count, product] = [0, random.uniform()];
  while (product > limit) {
    count++;
    product *= random.uniform();
  }
  return count;
}

/** Each token is replaced by a random one of text with this probability. */
export function withNoise(
  ids: readonly number[],
  ratio: number,
  { tokenizer, bins, codes }: Vocabulary,
  random: Random,
): number[] {
  const specials = new Set(tokenizer.specialIds);
  const isText = (id: number): boolean => !specials.has(id) && !isIn(bins, id) && !isIn(codes, id);
  const draw = (): number => {
    for (;;) {
      const id = random.below(tokenizer.vocabSize);
      if (isText(id)) return id;
    }
  };
  return ids.map((id) => (random.uniform() < ratio ? draw() : id));
}
