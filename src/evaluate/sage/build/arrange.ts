/** What is done to all accepted variants together: near copies go, and right choices change places. */

import { createRandom, shuffleBy } from "../../../nn/random.ts";
import { jaccard, trigrams } from "../reward.ts";
import type { ChoiceContent } from "../types.ts";

/**
 * The variants that are not near copies of an earlier one, by word 3-grams. Only variants that share
 * one of their rarer 3-grams are compared (prefix filter: Chaudhuri, Ganti and Kaushik 2006), which
 * finds all pairs at or above the threshold.
 *
 * @param most the Jaccard similarity that is too much (default 0.8)
 */
export function withoutCopies<T extends ChoiceContent>(
  variants: readonly T[],
  most = 0.8,
): { kept: T[]; copies: T[] } {
  const sets = variants.map(trigrams);
  const counts = new Map<string, number>();
  for (const set of sets) for (const gram of set) counts.set(gram, (counts.get(gram) ?? 0) + 1);
  const holders = new Map<string, number[]>();
  const [kept, copies]: [T[], T[]] = [[], []];
  for (const [i, set] of sets.entries()) {
    const rarest = [...set].sort((a, b) => counts.get(a)! - counts.get(b)! || (a < b ? -1 : 1));
    const prefix = rarest.slice(0, set.size - Math.ceil(most * set.size) + 1);
    const candidates = new Set(prefix.flatMap((gram) => holders.get(gram) ?? []));
    if ([...candidates].some((k) => jaccard(set, sets[k]!) >= most)) {
      copies.push(variants[i]!);
      continue;
    }
    kept.push(variants[i]!);
    for (const gram of prefix) {
      const found = holders.get(gram);
      if (found) found.push(i);
      else holders.set(gram, [i]);
    }
  }
  return { kept, copies };
}

export interface Placed extends ChoiceContent {
  readonly id: string;
  /** A last choice that speaks of the others stays there. */
  readonly keepsLast?: boolean;
}

/**
 * Mixes the choices of each variant so that every place is right equally often among variants with
 * as many choices: a plain shuffle of a hundred leaves one place far ahead.
 */
export function withEvenLabels<T extends Placed>(variants: readonly T[], seed: number): T[] {
  const random = createRandom(seed, "places of right choices");
  const decks = new Map<number, number[]>();
  const nextPlace = (count: number): number => {
    const deck = decks.get(count) ?? [];
    if (deck.length === 0) deck.push(...shuffleBy([...Array(count).keys()], random.below));
    decks.set(count, deck);
    return deck.pop()!;
  };
  return variants.map((variant) => {
    const { id, choices, label, keepsLast = false } = variant;
    const free = choices.length - (keepsLast ? 1 : 0);
    const own = createRandom(seed, `choices of ${id}`);
    const wrong = shuffleBy(
      [...choices.keys()].slice(0, free).filter((i) => i !== label),
      own.below,
    );
    const order = label < free ? wrong.toSpliced(nextPlace(free), 0, label) : wrong;
    if (keepsLast) order.push(free);
    return { ...variant, choices: order.map((i) => choices[i]!), label: order.indexOf(label) };
  });
}
