/** Tokens that a vocabulary gains. */

import type { AddedToken } from "./types.ts";

/** An added token that is found as it stands, and left out of plain text. */
export const specialToken = (id: number, content: string): AddedToken => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});
