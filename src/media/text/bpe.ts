/** Byte pair encoding of one piece of text: ranks in a hash map, merges by scan or by heap. */

import { writeUtf8 } from "./bytes.ts";
import type { PairMap } from "./pair-map.ts";

/** Ids of byte-level BPE: what a piece of text is built from, and how. */
export interface BpeRanks {
  /** [256] id of each single byte, -1 where the vocabulary has none. */
  readonly byteIds: Int32Array;
  /** (left id, right id) -> rank of the merge. */
  readonly pairs: PairMap;
  /** [merges] id that the merge of each rank makes. */
  readonly merged: Int32Array;
  /** Whole pieces that skip merging (`ignore_merges`), keyed by their bytes as Latin-1. */
  readonly whole?: ReadonlyMap<string, number>;
}

/** Growing list of ids. */
export class IdBuffer {
  data = new Int32Array(256);
  length = 0;

  push(id: number): void {
    if (this.length === this.data.length) this.reserve(1);
    this.data[this.length++] = id;
  }

  /** Makes room for `more` ids. */
  reserve(more: number): void {
    if (this.length + more <= this.data.length) return;
    const grown = new Int32Array(Math.max(this.data.length * 2, this.length + more));
    grown.set(this.data.subarray(0, this.length));
    this.data = grown;
  }

  toArray(): Int32Array {
    return this.data.slice(0, this.length);
  }
}

/** Above this many bytes the quadratic scan for the best pair loses to the heap. */
const SCAN_LIMIT = 64;
/** Scratch above this many bytes is given back after use. */
const KEEP_LIMIT = 1 << 16;
/** Heap keys are rank * 2^32 + position: exact in a float64, ordered by rank, then leftmost. */
const RANK_UNIT = 2 ** 32;

/** Encodes pieces with one set of ranks; holds scratch memory, so one per thread. */
export class BpeEncoder {
  private readonly ranks: BpeRanks;
  private bytes = new Uint8Array(3 * SCAN_LIMIT);
  private symbols = new Int32Array(SCAN_LIMIT);
  private readonly pairRank = new Int32Array(SCAN_LIMIT);

  constructor(ranks: BpeRanks) {
    this.ranks = ranks;
  }

  /**
   * Appends the ids of units[start, end). Of all adjacent pairs the one of lowest rank, leftmost
   * first, is merged until none is left: O(n log n) for long pieces.
   *
   * @throws when the vocabulary has no token for one of the bytes
   */
  encode(units: Uint16Array, start: number, end: number, out: IdBuffer): void {
    const room = (end - start) * 3;
    if (room > this.bytes.length) this.bytes = new Uint8Array(room);
    const { bytes } = this;
    const n = writeUtf8(units, start, end, bytes);
    const { whole, byteIds } = this.ranks;
    if (whole !== undefined) {
      const id = whole.get(Buffer.from(bytes.buffer, 0, n).toString("latin1"));
      if (id !== undefined) {
        out.push(id);
        return;
      }
    }
    if (n > this.symbols.length) this.symbols = new Int32Array(n);
    const { symbols } = this;
    for (let i = 0; i < n; i++) {
      const id = byteIds[bytes[i]!]!;
      if (id < 0) throw new Error(missingByte(bytes[i]!));
      symbols[i] = id;
    }
    const left = n <= SCAN_LIMIT ? this.mergeByScan(n) : this.mergeByHeap(n);
    out.reserve(left);
    for (let i = 0; i < left; i++) out.data[out.length++] = symbols[i]!;
    if (n > KEEP_LIMIT) {
      this.bytes = new Uint8Array(3 * SCAN_LIMIT);
      this.symbols = new Int32Array(SCAN_LIMIT);
    }
  }

  /** Merges symbols[0, n) in place; returns how many are left. */
  private mergeByScan(n: number): number {
    const { symbols, pairRank } = this;
    const { pairs, merged } = this.ranks;
    for (let i = 0; i + 1 < n; i++) pairRank[i] = pairs.get(symbols[i]!, symbols[i + 1]!);
    let count = n;
    for (;;) {
      let best = -1;
      let bestRank = 0x7fffffff;
      for (let i = 0; i + 1 < count; i++) {
        const rank = pairRank[i]!;
        if (rank >= 0 && rank < bestRank) {
          best = i;
          bestRank = rank;
        }
      }
      if (best < 0) return count;
      symbols[best] = merged[bestRank]!;
      count--;
      symbols.copyWithin(best + 1, best + 2, count + 1);
      pairRank.copyWithin(best + 1, best + 2, count + 1);
      if (best > 0) pairRank[best - 1] = pairs.get(symbols[best - 1]!, symbols[best]!);
      if (best + 1 < count) pairRank[best] = pairs.get(symbols[best]!, symbols[best + 1]!);
    }
  }

  /** The same result through a heap over a linked list. */
  private mergeByHeap(n: number): number {
    const { symbols } = this;
    const { pairs, merged } = this.ranks;
    const next = new Int32Array(n);
    const previous = new Int32Array(n);
    /** Rank of the pair that starts at a position now; -1 for none or a dead position. */
    const pairRank = new Int32Array(n).fill(-1);
    const heap = new MinHeap(n);
    const offer = (at: number): void => {
      const rank = next[at]! < n ? pairs.get(symbols[at]!, symbols[next[at]!]!) : -1;
      pairRank[at] = rank;
      if (rank >= 0) heap.push(rank * RANK_UNIT + at);
    };
    for (let i = 0; i < n; i++) {
      next[i] = i + 1;
      previous[i] = i - 1;
    }
    for (let i = 0; i < n; i++) offer(i);
    while (heap.length > 0) {
      const key = heap.pop();
      const rank = Math.floor(key / RANK_UNIT);
      const at = key - rank * RANK_UNIT;
      if (pairRank[at] !== rank) continue; // a neighbour was merged since
      const gone = next[at]!;
      symbols[at] = merged[rank]!;
      next[at] = next[gone]!;
      if (next[gone]! < n) previous[next[gone]!] = at;
      pairRank[gone] = -1;
      offer(at);
      if (previous[at]! >= 0) offer(previous[at]!);
    }
    let count = 0;
    for (let i = 0; i < n; i = next[i]!) symbols[count++] = symbols[i]!;
    return count;
  }
}

/** Binary heap of numbers, least first. */
class MinHeap {
  private keys: Float64Array;
  length = 0;

  constructor(capacity: number) {
    this.keys = new Float64Array(Math.max(16, capacity));
  }

  push(key: number): void {
    if (this.length === this.keys.length) {
      const grown = new Float64Array(this.length * 2);
      grown.set(this.keys);
      this.keys = grown;
    }
    const { keys } = this;
    let i = this.length++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (keys[parent]! <= key) break;
      keys[i] = keys[parent]!;
      i = parent;
    }
    keys[i] = key;
  }

  pop(): number {
    const { keys } = this;
    const top = keys[0]!;
    const last = keys[--this.length]!;
    let i = 0;
    for (;;) {
      let child = i * 2 + 1;
      if (child >= this.length) break;
      if (child + 1 < this.length && keys[child + 1]! < keys[child]!) child++;
      if (keys[child]! >= last) break;
      keys[i] = keys[child]!;
      i = child;
    }
    keys[i] = last;
    return top;
  }
}

const missingByte = (byte: number): string =>
  `tokenizer.json: model.vocab has no token for byte 0x${byte.toString(16).padStart(2, "0")}, ` +
  "which the text contains; train the vocabulary with all 256 bytes";
