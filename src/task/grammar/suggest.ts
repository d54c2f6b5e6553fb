/** The nearest valid word for a mistyped one. */

/**
 * Edit distance with adjacent transpositions (optimal string alignment).
 * @see Damerau, "A technique for computer detection and correction of spelling errors", 1964
 */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(previous[j]! + 1, row[j - 1]! + 1, substitution);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwapped) best = Math.min(best, before[j - 2]! + 1);
      row.push(best);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length]!;
}

/**
 * The choice closest to `word`, or undefined when none is close: at most two edits, and fewer
 * than half of the word's letters.
 * @example nearest("tokenise", ["run", "tokenize"]) // "tokenize"
 */
export function nearest(word: string, choices: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.min(2, Math.floor((word.length - 1) / 2)) + 1;
  for (const choice of choices) {
    const isPrefix = word.length >= 2 && choice.startsWith(word);
    const distance = isPrefix ? 1 : editDistance(word, choice);
    if (distance < bestDistance) [best, bestDistance] = [choice, distance];
  }
  return best;
}
