/** How likely each answer of a closed set is: all of them, not those that a beam meets. */

import { normaliserOf, type ScoredRow } from "./row-scores.ts";
import { checkStart, type SearchStart } from "./target-session.ts";
import type { Trie, TrieNode } from "./trie.ts";

export interface ScoredCandidates {
  /** [answers]: log-probability of each with its end token. */
  readonly scores: Float64Array;
  /** The likeliest answer; of several the first. */
  readonly best: number;
  /** All answers that are as likely as it, itself included. */
  readonly tied: readonly number[];
}

/**
 * Scores every answer of a trie, level by level: what answers share is computed once. The session
 * has at most as many rows as the trie has different beginnings of one length.
 *
 * @example
 * const { best } = await scoreCandidates({ session, scores }, new Trie(answers, { eos: 2 }));
 */
export async function scoreCandidates(
  start: SearchStart,
  trie: Trie,
  signal?: AbortSignal,
): Promise<ScoredCandidates> {
  const { session } = start;
  const { vocabSize } = session;
  checkStart(start, "scoreCandidates");
  const totals = new Float64Array(trie.size);
  let level: { readonly node: TrieNode; readonly before: number }[] = [
    { node: trie.root, before: 0 },
  ];
  let { scores } = start;
  for (;;) {
    signal?.throwIfAborted();
    const parents: number[] = [];
    const fed: number[] = [];
    const next: typeof level = [];
    for (const [row, { node, before }] of level.entries()) {
      const { allowed } = node;
      const from: ScoredRow = {
        scores,
        vocabSize,
        row,
        allowed,
        normalizeOver: trie.normalizeOver,
        banned: [],
        only: undefined,
      };
      const offset = before - normaliserOf(from);
      for (const [token, child] of node.next) {
        const score = offset + scores[row * vocabSize + token]!;
        for (const answer of child.answers) totals[answer] = score;
        if (token === trie.eos) continue;
        parents.push(row);
        fed.push(token);
        next.push({ node: child, before: score });
      }
    }
    if (next.length === 0) return rank(totals);
    await session.reorder(parents);
    scores = await session.step(fed);
    level = next;
  }
}

function rank(scores: Float64Array): ScoredCandidates {
  let best = 0;
  for (let i = 1; i < scores.length; i++) if (scores[i]! > scores[best]!) best = i;
  const tied = Array.from(scores.keys()).filter((i) => scores[i] === scores[best]);
  return { scores, best, tied };
}
