/** Order statistics of f32 values in linear time, by histograms of their bits. */

const BINS = 65_536;

/** Workspace of {@link kthLargest} and {@link massThreshold}. */
export interface Histograms {
  readonly counts: Int32Array; // [BINS]
  readonly masses: Float64Array; // [BINS]
}

export const createHistograms = (): Histograms => ({
  counts: new Int32Array(BINS),
  masses: new Float64Array(BINS),
});

// A float's bits order as signed integers once those of negative numbers are inverted. Unsigned
// keys would read better but leave the 32-bit integers that engines compute fast with.
const bitsToKey = (bits: number): number => bits ^ ((bits >> 31) & 0x7fff_ffff);
const binOf = (key: number): number => (key >> 16) + BINS / 2;
const one = new Float32Array(1);
const oneBits = new Int32Array(one.buffer);
/** The value whose key has these halves. */
function floatOf(bin: number, low: number): number {
  oneBits[0] = bitsToKey(((bin - BINS / 2) << 16) | low); // the map is its own inverse
  return one[0]!;
}

/** Up to this k, keeping the k largest in order is faster than two histograms. */
const SMALL_K = 64;

/**
 * The k-th largest of the first `n` values.
 *
 * @param bits the same memory as i32
 * @param k from 1 to n
 */
export function kthLargest(bits: Int32Array, n: number, k: number, work: Histograms): number {
  const { counts } = work;
  if (k <= SMALL_K) return kthOfFew(bits, n, k, counts);
  counts.fill(0);
  for (let i = 0; i < n; i++) counts[binOf(bitsToKey(bits[i]!))]!++;
  let left = k;
  let high = BINS - 1;
  while (counts[high]! < left) left -= counts[high--]!;
  counts.fill(0);
  for (let i = 0; i < n; i++) {
    const key = bitsToKey(bits[i]!);
    if (binOf(key) === high) counts[key & 0xffff]!++;
  }
  let low = BINS - 1;
  while (counts[low]! < left) left -= counts[low--]!;
  return floatOf(high, low);
}

/** The same by insertion into the k largest keys so far, ascending in `top`. */
function kthOfFew(bits: Int32Array, n: number, k: number, top: Int32Array): number {
  top.fill(-0x8000_0000, 0, k);
  let least = -0x8000_0000;
  for (let i = 0; i < n; i++) {
    const key = bitsToKey(bits[i]!);
    if (key <= least) continue;
    let at = 0;
    for (; at + 1 < k && top[at + 1]! < key; at++) top[at] = top[at + 1]!;
    top[at] = key;
    least = top[0]!;
  }
  return floatOf(binOf(least), least & 0xffff);
}

/**
 * Where the cumulative weight, from the largest value down, reaches `target`.
 *
 * @param bits values as i32
 * @returns the value at which it does, and the weight of all larger values
 */
export function massThreshold(
  bits: Int32Array,
  weights: Float64Array,
  n: number,
  target: number,
  work: Histograms,
): { value: number; above: number } {
  const { masses, counts } = work;
  masses.fill(0);
  for (let i = 0; i < n; i++) masses[binOf(bitsToKey(bits[i]!))]! += weights[i]!;
  let above = 0;
  let high = BINS - 1;
  let lastUsed = high;
  // Rounding may leave the total just below the target: then the last used bin is it.
  for (; high >= 0; high--) {
    if (masses[high]! === 0) continue;
    lastUsed = high;
    if (above + masses[high]! >= target) break;
    above += masses[high]!;
  }
  if (high < 0) {
    high = lastUsed;
    above -= masses[high]!;
  }
  masses.fill(0);
  counts.fill(0);
  for (let i = 0; i < n; i++) {
    const key = bitsToKey(bits[i]!);
    if (binOf(key) !== high) continue;
    masses[key & 0xffff]! += weights[i]!;
    counts[key & 0xffff]!++;
  }
  let low = BINS - 1;
  let last = low;
  for (; low >= 0; low--) {
    if (counts[low] === 0) continue;
    last = low;
    if (above + masses[low]! >= target) break;
    above += masses[low]!;
  }
  if (low < 0) {
    low = last;
    above -= masses[low]!;
  }
  return { value: floatOf(high, low), above };
}
