/** Bounded cache from pieces of text to their ids, without making a string of the piece. */

import type { IdBuffer } from "./bpe.ts";

/** Longer pieces are rare and not worth their room. */
export const MAX_CACHED_UNITS = 48;
const FIRST_ENTRIES = 1 << 12;
const MAX_ENTRIES = 1 << 17;
const UNITS_PER_ENTRY = 8;
const IDS_PER_ENTRY = 4;

/**
 * Open-addressing table; keys and ids lie in two pools. When any part is full the cache starts
 * again empty, at twice the size until 2^17 pieces (about 7 MB).
 */
export class PieceCache {
  private entries = FIRST_ENTRIES;
  private count = 0;
  private units!: Uint16Array;
  private unitsUsed = 0;
  private ids!: Int32Array;
  private idsUsed = 0;
  private slots!: Int32Array; // [2 * entries] entry + 1, or 0
  private hashes!: Int32Array;
  private keyStart!: Int32Array;
  private idStart!: Int32Array;
  private keyLength!: Uint8Array;
  private idLength!: Uint8Array;

  constructor() {
    this.allocate();
  }

  /** Hash of units[start, end), to be passed to `find` and `add`. */
  static hash(units: Uint16Array, start: number, end: number): number {
    let h = end - start;
    for (let i = start; i < end; i++) h = Math.imul(h ^ units[i]!, 0x01000193);
    h ^= h >>> 15;
    h = Math.imul(h, 0x2c1b3c6d);
    return h ^ (h >>> 13);
  }

  /** Appends the cached ids of the piece to `out`; false when it is not cached. */
  find(units: Uint16Array, start: number, end: number, hash: number, out: IdBuffer): boolean {
    const mask = this.slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.slots[slot]! - 1;
      if (entry < 0) return false;
      if (this.hashes[entry] !== hash || this.keyLength[entry] !== end - start) continue;
      if (!this.equals(units, start, end, this.keyStart[entry]!)) continue;
      const from = this.idStart[entry]!;
      const n = this.idLength[entry]!;
      out.reserve(n);
      for (let i = 0; i < n; i++) out.data[out.length++] = this.ids[from + i]!;
      return true;
    }
  }

  private equals(units: Uint16Array, start: number, end: number, key: number): boolean {
    for (let i = start, k = key; i < end; i++, k++) {
      if (this.units[k] !== units[i]) return false;
    }
    return true;
  }

  /** Remembers ids[from, to) for a piece of at most MAX_CACHED_UNITS that `find` missed. */
  add(
    units: Uint16Array,
    start: number,
    end: number,
    hash: number,
    ids: Int32Array,
    from: number,
    to: number,
  ): void {
    const full =
      this.count === this.entries ||
      this.unitsUsed + end - start > this.units.length ||
      this.idsUsed + to - from > this.ids.length;
    if (full) {
      this.entries = Math.min(this.entries * 2, MAX_ENTRIES);
      this.allocate();
    }
    const entry = this.count++;
    this.hashes[entry] = hash;
    this.keyStart[entry] = this.unitsUsed;
    this.keyLength[entry] = end - start;
    this.idStart[entry] = this.idsUsed;
    this.idLength[entry] = to - from;
    for (let i = start; i < end; i++) this.units[this.unitsUsed++] = units[i]!;
    for (let i = from; i < to; i++) this.ids[this.idsUsed++] = ids[i]!;
    const mask = this.slots.length - 1;
    let slot = hash & mask;
    while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
    this.slots[slot] = entry + 1;
  }

  private allocate(): void {
    this.count = 0;
    this.unitsUsed = 0;
    this.idsUsed = 0;
    if (this.hashes?.length === this.entries) {
      this.slots.fill(0);
      return;
    }
    this.units = new Uint16Array(this.entries * UNITS_PER_ENTRY);
    this.ids = new Int32Array(this.entries * IDS_PER_ENTRY);
    this.slots = new Int32Array(this.entries * 2);
    this.hashes = new Int32Array(this.entries);
    this.keyStart = new Int32Array(this.entries);
    this.idStart = new Int32Array(this.entries);
    this.keyLength = new Uint8Array(this.entries);
    this.idLength = new Uint8Array(this.entries);
  }
}
