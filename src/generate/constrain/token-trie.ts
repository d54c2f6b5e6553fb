/** The vocabulary as a tree of bytes: what tokens have in common is looked at once. */

/** Nodes in preorder: a node's first child is the next node, its last is before `end`. */
export interface TokenTrie {
  readonly count: number;
  /**
   * [count] bits 0 to 7: byte that leads to the node; 8: a token ends here; 9: several do;
   * from 10: depth, 1 for the first byte of a token.
   */
  readonly packed: Uint32Array;
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
  const packed = new Uint32Array(most);
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
      packed[count] = bytes[i]! | ((i + 1) << 10);
      path.push(count++);
    }
    const node = path.at(-1)!;
    if (token[node]! >= 0) {
      twin[id] = token[node]!;
      packed[node]! |= 512;
    }
    token[node] = id;
    packed[node]! |= 256;
    maxDepth = Math.max(maxDepth, bytes.length);
    last = bytes;
  }
  close(0);
  return {
    count,
    packed: packed.slice(0, count),
    end: end.slice(0, count),
    token: token.slice(0, count),
    twin,
    maxDepth,
  };
}
