/** Splits text at added tokens, the leftmost and longest first. */

import type { AddedToken } from "./types.ts";

interface TrieNode {
  next: Map<number, TrieNode> | undefined;
  token: AddedToken | undefined;
}

const WORD = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const SPACE_AT_END = /\p{White_Space}+$/u;
const SPACE_AT_START = /^\p{White_Space}+/u;

/** Matches a fixed set of added tokens in one pass over the text. */
export class AddedTokenSplitter {
  private readonly root: TrieNode = { next: new Map(), token: undefined };
  readonly isEmpty: boolean;

  /** @param spell the text each token matches (its normalised content, where that applies) */
  constructor(tokens: readonly AddedToken[], spell: (token: AddedToken) => string) {
    this.isEmpty = tokens.length === 0;
    for (const token of tokens) {
      let node = this.root;
      const content = spell(token);
      for (let i = 0; i < content.length; i++) {
        node.next ??= new Map();
        let child = node.next.get(content.charCodeAt(i));
        if (child === undefined) {
          child = { next: undefined, token: undefined };
          node.next.set(content.charCodeAt(i), child);
        }
        node = child;
      }
      if (node !== this.root) node.token ??= token;
    }
  }

  /** Calls `plain` and `token` in the order of the text. */
  split(text: string, plain: (text: string) => void, found: (token: AddedToken) => void): void {
    let from = 0;
    const first = this.root.next!;
    // Mostly all tokens start with "<": the platform's search beats a loop over the text.
    const only = first.size === 1 ? String.fromCharCode(first.keys().next().value!) : undefined;
    for (let i = 0; i < text.length; ) {
      if (only !== undefined) {
        i = text.indexOf(only, i);
        if (i < 0) break;
      }
      const node = first.get(text.charCodeAt(i));
      const token = node === undefined ? undefined : longest(node, text, i + 1);
      if (token === undefined) {
        i++;
        continue;
      }
      let end = i + token.length;
      const added = token.token;
      if (added.single_word && (isWordBefore(text, i) || WORD.test(text.slice(end, end + 2)))) {
        i = end;
        continue;
      }
      let start = i;
      if (added.lstrip) {
        const space = SPACE_AT_END.exec(text.slice(from, i));
        if (space !== null) start = from + space.index;
      }
      if (added.rstrip) {
        const space = SPACE_AT_START.exec(text.slice(end));
        if (space !== null) end += space[0].length;
      }
      if (start > from) plain(text.slice(from, start));
      found(added);
      from = end;
      i = end;
    }
    if (from < text.length) plain(from === 0 ? text : text.slice(from));
  }
}

function longest(
  start: TrieNode,
  text: string,
  at: number,
): { token: AddedToken; length: number } | undefined {
  let node: TrieNode | undefined = start;
  let best: { token: AddedToken; length: number } | undefined;
  for (let i = at; ; i++) {
    if (node.token !== undefined) best = { token: node.token, length: i - at + 1 };
    node = i < text.length ? node.next?.get(text.charCodeAt(i)) : undefined;
    if (node === undefined) return best;
  }
}

function isWordBefore(text: string, at: number): boolean {
  if (at === 0) return false;
  const low = (text.charCodeAt(at - 1) & 0xfc00) === 0xdc00 && at > 1;
  return WORD.test(text.slice(at - (low ? 2 : 1), at));
}
