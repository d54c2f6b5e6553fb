/** Closed sets of answers as tries over tokens. */

import { Trie, type TrieNode } from "../../generate/search/index.ts";
import type { Vocabulary } from "../model/vocabulary.ts";

/** Tries of sets, which many samples share, by whether answers begin the sentence. */
const known = new WeakMap<Vocabulary, WeakMap<readonly string[], Map<boolean, Trie>>>();

/**
 * @param answers not changed afterwards: a set's trie is made once
 * @param isFirst the answer begins the target sentence
 * @throws Error for an empty set
 */
export function closedTrie(
  answers: readonly string[],
  vocabulary: Vocabulary,
  isFirst: boolean,
): Trie {
  if (answers.length === 0) throw new Error("task: a closed set needs answers (closedSet)");
  const sets = known.get(vocabulary) ?? new WeakMap<readonly string[], Map<boolean, Trie>>();
  known.set(vocabulary, sets);
  const tries = sets.get(answers) ?? new Map<boolean, Trie>();
  sets.set(answers, tries);
  const made = tries.get(isFirst);
  if (made) return made;
  const ids = answers.map((answer) => vocabulary.encode(answer, isFirst));
  const trie = new Trie(ids, { eos: vocabulary.marks.targetEnd });
  tries.set(isFirst, trie);
  return trie;
}

/**
 * What may stand at each place of an answer and its end.
 *
 * @param ids of the answer, without the end
 * @throws Error where it is not in the set
 */
export function allowedIds(
  trie: Trie,
  ids: readonly number[],
  describe: () => string,
): Int32Array[] {
  let node: TrieNode | undefined = trie.root;
  return [...ids, trie.eos].map((id) => {
    const next = node?.next.get(id);
    if (!node || !next) {
      throw new Error(`${describe()} is not among the ${trie.size} answers of the closed set`);
    }
    const allowed = Int32Array.from(node.next.keys());
    node = next;
    return allowed;
  });
}
