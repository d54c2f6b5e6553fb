/** Open-addressing hash map from a pair of token ids to a small integer. */

const EMPTY = -1;

/** Maps (a, b) to a value >= 0; both keys are ids >= 0. Grows at half load. */
export class PairMap {
  private keys: Int32Array; // [2 * capacity]: a, b; a = -1 when free
  private values: Int32Array;
  private mask: number;
  size = 0;

  constructor(expected = 16) {
    let capacity = 16;
    while (capacity < expected * 2) capacity *= 2;
    this.keys = new Int32Array(capacity * 2).fill(EMPTY);
    this.values = new Int32Array(capacity);
    this.mask = capacity - 1;
  }

  /** Value of the pair, or -1. */
  get(a: number, b: number): number {
    const { keys, mask } = this;
    let slot = hashPair(a, b) & mask;
    for (;;) {
      const key = keys[slot * 2]!;
      if (key === EMPTY) return -1;
      if (key === a && keys[slot * 2 + 1] === b) return this.values[slot]!;
      slot = (slot + 1) & mask;
    }
  }

  set(a: number, b: number, value: number): void {
    if ((this.size + 1) * 2 > this.mask + 1) this.grow();
    const { keys, mask } = this;
    let slot = hashPair(a, b) & mask;
    while (keys[slot * 2] !== EMPTY) {
      if (keys[slot * 2] === a && keys[slot * 2 + 1] === b) {
        this.values[slot] = value;
        return;
      }
      slot = (slot + 1) & mask;
    }
    keys[slot * 2] = a;
    keys[slot * 2 + 1] = b;
    this.values[slot] = value;
    this.size++;
  }

  private grow(): void {
    const { keys, values } = this;
    this.keys = new Int32Array(keys.length * 2).fill(EMPTY);
    this.values = new Int32Array(values.length * 2);
    this.mask = values.length * 2 - 1;
    this.size = 0;
    for (let i = 0; i < values.length; i++) {
      if (keys[i * 2] !== EMPTY) this.set(keys[i * 2]!, keys[i * 2 + 1]!, values[i]!);
    }
  }
}

function hashPair(a: number, b: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b + 0x7f4a7c15, 0x85ebca6b);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}
