/** Raters that are no person. */

export const VERIFIER = "verifier";
export const MAJORITY = "majority";
