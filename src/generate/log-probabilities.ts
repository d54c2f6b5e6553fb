/** Log-probabilities of tokens, from the model's own logits: before penalties and temperature. */

export interface TokenLogprob {
  readonly token: number;
  /** Natural logarithm of the token's probability. */
  readonly logprob: number;
}

/** log sum exp over the vocabulary. */
export function logSumExp(logits: Float32Array): number {
  let most = -Infinity;
  for (let i = 0; i < logits.length; i++) if (logits[i]! > most) most = logits[i]!;
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i]! - most);
  return most + Math.log(sum);
}

/** The `count` likeliest tokens, likeliest first; of equal ones the lower id. */
export function topLogprobs(
  logits: Float32Array,
  count: number,
  normaliser = logSumExp(logits),
): TokenLogprob[] {
  const top: number[] = [];
  let least = -Infinity; // logit of the last of a full list
  for (let id = 0; id < logits.length && count > 0; id++) {
    const x = logits[id]!;
    if (top.length === count && x <= least) continue;
    let at = top.length < count ? top.length : count - 1;
    for (; at > 0 && logits[top[at - 1]!]! < x; at--) top[at] = top[at - 1]!;
    top[at] = id;
    least = logits[top[top.length - 1]!]!;
  }
  return top.map((token) => ({ token, logprob: logits[token]! - normaliser }));
}
