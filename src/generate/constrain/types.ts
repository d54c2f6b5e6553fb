/** What a constraint is to a sampler: the tokens that may come next. */

export interface TokenConstraint {
  /**
   * Bit i % 32 of word i >> 5: token i may come next; end tokens are allowed where the text may
   * end. A view that is valid until `accept`.
   */
  allowed(): Uint32Array;
  /**
   * Goes on behind a token.
   *
   * @throws Error where the token is not allowed
   */
  accept(token: number): void;
  /** The text may end here. */
  readonly mayEnd: boolean;
  /** An independent copy, for further answers to one prompt. */
  fork(): TokenConstraint;
}
