/** Several sources as one. */

import type { BatchSource, Cursor } from "../../../src/train/index.ts";

/** Micro-batches of each source in turn, `count` at a time. */
export function interleaved(
  parts: readonly { readonly source: BatchSource; readonly count: number }[],
): BatchSource {
  const turns = parts.flatMap(({ source, count }) => Array<BatchSource>(count).fill(source));
  let turn = 0;
  return {
    next: () => turns[turn++ % turns.length].next(),
    get cursor() {
      return { turn, cursors: parts.map(({ source }) => source.cursor) };
    },
    async seek(cursor) {
      const { turn: to, cursors } = cursor as { turn: number; cursors: readonly Cursor[] }; // ours
      turn = to;
      for (const [i, { source }] of parts.entries()) await source.seek(cursors[i]);
    },
  };
}
