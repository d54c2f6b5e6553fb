/** How a prompt is split into runs. */

/** Attention scores of one layer in one run: 128 MiB of f32. */
const MAX_SCORES = 1 << 25;

/**
 * Tokens of the next run behind `past` tokens: `chunk`, or fewer where the scores
 * [heads, tokens, past + tokens] would fill memory. Behind that many tokens attention costs far
 * more than the weights do, so that short runs lose nothing.
 */
export function promptChunk(heads: number, chunk: number, past: number): number {
  const most = Math.floor(MAX_SCORES / (heads * (past + chunk)));
  return Math.max(1, Math.min(chunk, most));
}
