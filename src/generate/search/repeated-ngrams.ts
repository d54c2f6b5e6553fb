/** Which tokens would repeat an n-gram. */

/**
 * Adds to `banned` every token that, put behind `before` and `tokens`, would make n tokens in a
 * row that occur in them already (fairseq's and OFA's `no_repeat_ngram_size`).
 *
 * @param before what precedes the generated tokens and counts too
 * @param tokens generated tokens; the first `length` count
 */
export function banRepeatedNgrams(
  n: number,
  before: ArrayLike<number>,
  tokens: ArrayLike<number>,
  length: number,
  banned: number[],
): void {
  const offset = before.length;
  const total = offset + length;
  for (let end = n - 1; end < total; end++) {
    let same = 0;
    while (same < n - 1) {
      const i = end - 1 - same;
      const j = total - 1 - same;
      const x = i < offset ? before[i] : tokens[i - offset];
      const y = j < offset ? before[j] : tokens[j - offset];
      if (x !== y) break;
      same++;
    }
    if (same === n - 1) banned.push((end < offset ? before[end] : tokens[end - offset])!);
  }
}
