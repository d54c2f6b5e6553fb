/** The vocabulary as a tree of bytes: what tokens have in common is looked at once. */

/** Nodes in preorder: a node's first child is the next node, its last is before `end`. */
export interface TokenTrie {
  readonly count: number;
  /** [count] byte that leads to the node */
  readonly byte: Uint8Array;
  /** [count] 1 for the first byte of a token */
  readonly depth: Uint16Array;
  /** [count] the first node that is not below */
  readonly end: Int32Array;
  /** [count] token whose bytes end here, or -1 */
  readonly token: Int32Array;
  /** [vocab] next token of the same bytes, or -1 */
  readonly twin: Int32Array;
  readonly maxDepth: number;
}

export interface TokenText {
  readonly id: number;
  readonly bytes: Uint8Array;
}

export function createTrie(tokens: readonly TokenText[], vocabSize: number): TokenTrie {
  const sorted = tokens
    .map(({ id, bytes }) => ({ id, bytes, key: Buffer.from(bytes).toString("latin1") }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.id - b.id));
  const most = sorted.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const byte = new Uint8Array(most);
  const depth = new Uint16Array(most);
  const end = new Int32Array(most);
  const token = new Int32Array(most).fill(-1);
  const twin = new Int32Array(vocabSize).fill(-1);
  const path: number[] = [];
  let count = 0;
  let maxDepth = 0;
  let last: Uint8Array = new Uint8Array(0);
  const close = (to: number): void => {
    while (path.length > to) end[path.pop()!] = count;
  };
  for (const { id, bytes } of sorted) {
    let common = 0;
    while (common < last.length && common < bytes.length && last[common] === bytes[common]) {
      common++;
    }
    close(common);
    for (let i = common; i < bytes.length; i++) {
      byte[count] = bytes[i]!;
      depth[count] = i + 1;
      path.push(count++);
    }
    const node = path.at(-1)!;
    if (token[node]! >= 0) twin[id] = token[node]!;
    token[node] = id;
    maxDepth = Math.max(maxDepth, bytes.length);
    last = bytes;
  }
  close(0);
  return {
    count,
    byte: byte.slice(0, count),
    depth: depth.slice(0, count),
    end: end.slice(0, count),
    token: token.slice(0, count),
    twin,
    maxDepth,
  };
}

/** Allows the tokens whose bytes end at a node. */
export function allowNode(trie: TokenTrie, node: number, bits: Uint32Array): void {
  for (let id = trie.token[node]!; id >= 0; id = trie.twin[id]!) bits[id >> 5]! |= 1 << (id & 31);
}

export type Visit<S> = (node: number, state: S) => S | undefined;

/**
 * Walks the nodes from `from` to before `to`, children of one state, in order.
 *
 * @param visit state behind a node's byte, or undefined where all below is skipped
 */
export function walkTrie<S>(
  trie: TokenTrie,
  from: number,
  to: number,
  start: S,
  visit: Visit<S>,
): void {
  if (from >= to) return;
  const { depth, end } = trie;
  const top = depth[from]! - 1;
  const states: S[] = [start];
  for (let node = from; node < to; ) {
    const level = depth[node]! - top;
    const next = visit(node, states[level - 1]!);
    if (next === undefined) {
      node = end[node]!;
      continue;
    }
    states[level] = next;
    node++;
  }
}
