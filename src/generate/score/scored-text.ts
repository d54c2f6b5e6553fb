/** Texts whose last tokens are scored, and what is known of them so far. */

export interface ScoredText {
  /** Context and continuation but for the last token, which is never an input. */
  readonly tokens: readonly number[];
  /** The continuation. */
  readonly targets: readonly number[];
  /** Of the first targets; grows until there is one for each. */
  readonly logprobs: number[];
  /** Whether each of them is the likeliest token. */
  readonly isBest: boolean[];
}

/** Continuations of one context. */
export interface TextGroup {
  readonly context: readonly number[];
  readonly texts: readonly ScoredText[];
}

/** @param continuations one token each at least */
export const textGroup = (
  context: readonly number[],
  continuations: readonly (readonly number[])[],
): TextGroup => ({
  context,
  texts: continuations.map((targets) => ({
    tokens: [...context, ...targets.slice(0, -1)],
    targets,
    logprobs: [],
    isBest: [],
  })),
});

/** Place among `tokens` behind which the next target stands. */
export const nextPlace = ({ tokens, targets, logprobs }: ScoredText): number =>
  tokens.length - targets.length + logprobs.length;

export const isScored = ({ targets, logprobs }: ScoredText): boolean =>
  logprobs.length === targets.length;
