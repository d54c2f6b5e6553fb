/** Guesses at what follows, from what followed the same tokens before. */

/** Tokens that have to agree: fewer guess too often wrong, and longer agreement comes first. */
const LONGEST = 4;
const SHORTEST = 2;

/**
 * The tokens that followed the latest earlier place with the same last tokens: prompt lookup
 * decoding (Saxena 2023), worth its cost where answers repeat their prompt.
 *
 * @param tokens what came before `last`
 * @param most tokens to guess at most
 * @returns `most` of them, going round where the known ones end; none where the last tokens are new
 */
export function lookUp(tokens: Int32Array, last: number, most: number): number[] {
  const n = tokens.length;
  const at = (i: number): number => (i === n ? last : tokens[i]!);
  let best = -1;
  let longest = SHORTEST - 1;
  for (let end = n - 1; end >= 0 && longest < LONGEST; end--) {
    if (tokens[end] !== last) continue;
    let length = 1;
    while (length < LONGEST && length <= end && at(end - length) === at(n - length)) length++;
    if (length <= longest) continue;
    longest = length;
    best = end;
  }
  if (best < 0) return [];
  const guess: number[] = [];
  for (let i = best + 1; guess.length < most; i++) guess.push(i <= n ? at(i) : guess[i - n - 1]!);
  return guess;
}
