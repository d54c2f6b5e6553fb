/** A closed set of answers as a tree: what may follow the tokens so far. */

import { rangesOf, type SearchConstraint, type TokenRanges } from "./search-constraint.ts";

export interface TrieNode {
  readonly next: ReadonlyMap<number, TrieNode>;
  /** The keys of `next`. */
  readonly allowed: TokenRanges;
  /** Numbers of the answers that end here. */
  readonly answers: readonly number[];
}

export interface TrieOptions {
  /** Ends every answer. */
  readonly eos: number;
  /**
   * Log-probabilities over the allowed tokens, as OFA's fine-tuned models are trained (default), or
   * over the whole vocabulary, as in OFA's zero-shot mode.
   */
  readonly normalizeOver?: "allowed" | "vocabulary";
}

/**
 * Answers that share their beginnings. One may be the beginning of another, for the end token is an
 * edge like others. Behind tokens that begin no answer only the end token is allowed.
 *
 * @example
 * const constraint = new Trie(answers.map((text) => tokenizer.encode(` ${text}`)), { eos: 2 });
 */
export class Trie implements SearchConstraint {
  readonly root: TrieNode;
  readonly eos: number;
  readonly normalizeOver: "allowed" | "vocabulary";
  /** Number of answers. */
  readonly size: number;
  /** Tokens of the longest answer, the end token not counted. */
  readonly depth: number;
  readonly #end: TokenRanges;

  /**
   * @param answers token sequences without the end token
   * @throws RangeError where there are none, or one holds the end token
   */
  constructor(answers: readonly ArrayLike<number>[], options: TrieOptions) {
    const { eos, normalizeOver = "allowed" } = options;
    if (answers.length === 0) throw new RangeError("Trie: there are no answers, expected some");
    const root = createNode();
    for (const [i, answer] of answers.entries()) {
      let node = root;
      for (let at = 0; at < answer.length; at++) {
        if (answer[at] === eos) {
          throw new RangeError(
            `Trie: answer ${i} holds the end token ${eos}, expected answers without it`,
          );
        }
        node = childOf(node, answer[at]!);
      }
      childOf(node, eos).answers.push(i);
    }
    listAllowed(root);
    this.root = root;
    this.eos = eos;
    this.normalizeOver = normalizeOver;
    this.size = answers.length;
    this.depth = answers.reduce((most, { length }) => Math.max(most, length), 0);
    this.#end = rangesOf([eos]);
  }

  allowed(tokens: ArrayLike<number>, length: number): TokenRanges {
    let node: TrieNode | undefined = this.root;
    for (let i = 0; i < length && node; i++) node = node.next.get(tokens[i]!);
    return node?.allowed ?? this.#end;
  }
}

interface OpenNode extends TrieNode {
  readonly next: Map<number, OpenNode>;
  readonly answers: number[];
  allowed: TokenRanges;
}

const createNode = (): OpenNode => ({ next: new Map(), allowed: [], answers: [] });

function childOf(node: OpenNode, token: number): OpenNode {
  const child = node.next.get(token) ?? createNode();
  node.next.set(token, child);
  return child;
}

function listAllowed(node: OpenNode): void {
  node.allowed = rangesOf(node.next.keys());
  for (const child of node.next.values()) listAllowed(child);
}
