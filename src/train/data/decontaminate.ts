/** Training texts that repeat a test set: overlaps of n words (Brown et al. 2020; Qwen2.5-Coder). */

export interface Overlap {
  /** Name of the test set. */
  readonly testSet: string;
  /** The words that both hold. */
  readonly words: string;
}

export interface Decontaminator {
  /** The first stretch of n words that a text shares with a test set. */
  find(text: string): Overlap | undefined;
  /** Test texts of fewer than n words, which cannot be found. */
  readonly tooShort: number;
}

/** Letters and digits in lower case; marks and space between them do not count. */
const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/**
 * Looks for texts of test sets in training texts. Run it on documents, before they are packed:
 * what lies across the border of two samples is no overlap.
 *
 * @param testSets texts of each test set, by its name
 * @param n words in a row that make an overlap (default 10, as Qwen2.5-Coder's report has it)
 * @example
 * const { find } = createDecontaminator({ gsm8k: questions });
 * const clean = texts.filter((text) => find(text) === undefined);
 */
export function createDecontaminator(
  testSets: Readonly<Record<string, Iterable<string>>>,
  n = 10,
): Decontaminator {
  if (!Number.isSafeInteger(n) || n < 1) {
    throw new RangeError(`decontamination: n must be a whole number of at least 1, found ${n}`);
  }
  const known = new Map<string, string>();
  let tooShort = 0;
  for (const [name, texts] of Object.entries(testSets)) {
    for (const text of texts) {
      const words = wordsOf(text);
      if (words.length < n) tooShort++;
      for (const gram of gramsOf(words, n)) if (!known.has(gram)) known.set(gram, name);
    }
  }
  return {
    tooShort,
    find(text) {
      for (const gram of gramsOf(wordsOf(text), n)) {
        const testSet = known.get(gram);
        if (testSet !== undefined) return { testSet, words: gram };
      }
      return undefined;
    },
  };
}

function* gramsOf(words: readonly string[], n: number): Generator<string> {
  for (let i = 0; i + n <= words.length; i++) yield words.slice(i, i + n).join(" ");
}
