/** The first mask of a vocabulary, found before an answer waits for it. */

import { anyQuoted } from "./code-points.ts";
import { terminalMask } from "./terminal-mask.ts";
import type { Vocabulary } from "./vocabulary.ts";

const warm = new WeakSet<Vocabulary>();

/**
 * Finds the masks inside JSON strings and of any text of some characters: most constraints need
 * the former, and what walks the vocabulary is compiled by the platform meanwhile.
 */
export function warmUp(vocabulary: Vocabulary): void {
  if (warm.has(vocabulary)) return;
  warm.add(vocabulary);
  const { store } = vocabulary;
  const char = anyQuoted(store);
  const quote = store.literal([0x22]);
  terminalMask(vocabulary, store.seq(store.repeat(char, 0), quote));
  terminalMask(vocabulary, store.seq(store.repeat(char, 1, 8), quote));
}
