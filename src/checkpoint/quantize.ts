/**
 * Numbers of 4 and 8 bits from floats, in the layouts of graph/ops/quantized-linear.ts and
 * graph/ops/quantized-rows.ts. The functions fill part of a weight at a time, so that a large one
 * never exists in floats.
 */

import { type NDArray, zeros } from "../graph/ndarray.ts";
import { type BlockLayout, blockShapes } from "../graph/ops/quantized-linear.ts";

/** A weight [outputs, inputs] in blocks; see `BlockWeight`. */
export interface BlockArrays {
  readonly packed: NDArray;
  readonly scales: NDArray;
  readonly zeros?: NDArray;
}

/** Empty parts for a weight [outputs, inputs]. */
export function createBlocks(
  outputs: number,
  inputs: number,
  layout: BlockLayout,
  hasZeros: boolean,
): BlockArrays {
  const shapes = blockShapes(outputs, inputs, layout);
  return {
    packed: zeros("u8", shapes.packed),
    scales: zeros("f32", shapes.scales),
    zeros: hasZeros ? zeros("u8", shapes.zeros) : undefined,
  };
}

/** How far the largest number may lie beyond (or short of) the last step, in steps. */
const TRIES = [0, -0.75, -0.5, -0.25, 0.25, 0.5];

/** Scale, zero point and numbers of one block, reused for all. */
interface Block {
  readonly q: Uint8Array;
  scale: number;
  zero: number;
}

/**
 * Quantises rows of a weight.
 *
 * Symmetric blocks put the number of largest size on the outermost step of its side, try a few
 * steps around that, and take the scale of least squares for the best (as llama.cpp's Q4_0 and
 * make_qx_quants do); blocks with a zero point cut from the smallest to the largest number, or a
 * little inside.
 *
 * @param rows f32 [count, inputs]
 * @param target parts of the whole weight
 * @param first row of the weight that rows[0] is
 * @param importance how much the square of an error counts in each column, [inputs]; default: 1
 */
export function quantizeBlocks(
  rows: Float32Array,
  inputs: number,
  target: BlockArrays,
  first: number,
  layout: BlockLayout,
  importance: Float32Array = new Float32Array(inputs).fill(1),
): void {
  const { block } = layout;
  const blocks = Math.ceil(inputs / block);
  const state: Block = { q: new Uint8Array(block), scale: 0, zero: 0 };
  const scales = target.scales.data as Float32Array;
  const chooseStep = target.zeros ? fitBetween : fitAround;
  for (let row = 0; row < rows.length / inputs; row++) {
    for (let b = 0; b < blocks; b++) {
      const start = row * inputs + b * block;
      const end = Math.min(start + block, (row + 1) * inputs);
      const counts = importance.subarray(b * block, b * block + end - start);
      chooseStep(rows, start, end, layout.bits, state, counts);
      const at = (first + row) * blocks + b;
      scales[at] = state.scale;
      storeNumbers(target.packed.data as Uint8Array, at, state.q, layout);
      if (target.zeros) storeZero(target.zeros, first + row, b, state.zero, layout.bits);
    }
  }
}

function storeNumbers(packed: Uint8Array, at: number, q: Uint8Array, layout: BlockLayout): void {
  const { bits, block } = layout;
  if (bits === 8) {
    packed.set(q, at * block);
    return;
  }
  const offset = (at * block) / 2;
  for (let i = 0; i < block / 2; i++) packed[offset + i] = q[2 * i]! | (q[2 * i + 1]! << 4);
}

/** Writes the zero point of one block; `zeros` starts out as 0. */
export function storeZero(
  { data, shape }: NDArray,
  row: number,
  b: number,
  zero: number,
  bits: 4 | 8,
): void {
  const offset = row * shape[1]!;
  const bytes = data as Uint8Array;
  if (bits === 8) bytes[offset + b] = zero;
  else bytes[offset + (b >> 1)]! |= zero << (4 * (b & 1));
}

/** Zero in the middle, 2^(bits - 1). */
function fitAround(
  x: Float32Array,
  start: number,
  end: number,
  bits: 4 | 8,
  block: Block,
  counts: Float32Array,
): void {
  const half = 2 ** (bits - 1);
  const { q } = block;
  let extreme = 0;
  for (let i = start; i < end; i++) if (Math.abs(x[i]!) > Math.abs(extreme)) extreme = x[i]!;
  q.fill(half);
  block.scale = 0;
  block.zero = half;
  if (extreme === 0 || !Number.isFinite(extreme)) return;
  // Steps of 8 bits are fine enough as they come.
  const tries = bits === 4 ? TRIES : [0];
  let [best, bestInverse] = [-1, 0];
  for (const shift of tries) {
    const inverse = -(half + shift) / extreme;
    let [xq, qq] = [0, 0];
    for (let i = start; i < end; i++) {
      const value = x[i]!;
      const n = Math.min(Math.max(Math.floor(value * inverse + 0.5), -half), half - 1);
      const weighted = counts[i - start]! * n;
      xq += value * weighted;
      qq += n * weighted;
    }
    // The error at the scale of least squares, xq / qq, is Σcx² - xq² / qq.
    if (qq > 0 && (xq * xq) / qq > best) {
      best = (xq * xq) / qq;
      bestInverse = inverse;
      block.scale = xq / qq;
    }
  }
  if (best < 0) return;
  for (let i = start; i < end; i++) {
    const n = Math.min(Math.max(Math.floor(x[i]! * bestInverse + 0.5), -half), half - 1);
    q[i - start] = n + half;
  }
}

/** Zero wherever the block's numbers want it; 0 itself is always hit exactly. */
function fitBetween(
  x: Float32Array,
  start: number,
  end: number,
  bits: 4 | 8,
  block: Block,
  counts: Float32Array,
): void {
  const top = 2 ** bits - 1;
  const { q } = block;
  let [low, high] = [0, 0];
  for (let i = start; i < end; i++) {
    low = Math.min(low, x[i]!);
    high = Math.max(high, x[i]!);
  }
  q.fill(0);
  block.scale = 0;
  block.zero = 0;
  if (!(high - low > 0) || !Number.isFinite(high - low)) return;
  let best = Number.POSITIVE_INFINITY;
  for (const part of bits === 4 ? [1, 0.95, 0.9, 0.85] : [1]) {
    const scale = ((high - low) * part) / top;
    const zero = Math.min(Math.max(Math.round((-low * part) / scale), 0), top);
    let error = 0;
    for (let i = start; i < end; i++) {
      const n = Math.min(Math.max(Math.floor(x[i]! / scale + zero + 0.5), 0), top);
      error += counts[i - start]! * (x[i]! - (n - zero) * scale) ** 2;
    }
    if (error < best) [best, block.scale, block.zero] = [error, scale, zero];
  }
  const { scale, zero } = block;
  for (let i = start; i < end; i++) {
    q[i - start] = Math.min(Math.max(Math.floor(x[i]! / scale + zero + 0.5), 0), top);
  }
  // What pads the last block must be worth nothing.
  q.fill(zero, end - start);
}

/** A weight as columns, i8 [inputs, outputs] with f32 scales [outputs]; see `rowMatmul`. */
export interface ColumnArrays {
  readonly columns: NDArray;
  readonly scales: NDArray;
}

/** Empty parts for a weight [outputs, inputs]. */
export const createColumns = (outputs: number, inputs: number): ColumnArrays => ({
  columns: zeros("i8", [inputs, outputs]),
  scales: zeros("f32", [outputs]),
});

/** Rows of a weight that are written beside each other: one cache line of a transposed row. */
const STRIP = 64;

/**
 * Quantises rows of a weight to 8 bits, each with one scale, and stores them as columns.
 *
 * @param rows f32 [count, inputs]
 * @param first row of the weight that rows[0] is
 */
export function quantizeColumns(
  rows: Float32Array,
  inputs: number,
  target: ColumnArrays,
  first: number,
): void {
  const count = rows.length / inputs;
  const outputs = target.scales.data.length;
  const columns = target.columns.data as Int8Array;
  const inverse = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    let largest = 0;
    for (let i = row * inputs; i < (row + 1) * inputs; i++) {
      largest = Math.max(largest, Math.abs(rows[i]!));
    }
    target.scales.data[first + row] = largest / 127;
    inverse[row] = largest > 0 && Number.isFinite(largest) ? 127 / largest : 0;
  }
  for (let strip = 0; strip < count; strip += STRIP) {
    const end = Math.min(strip + STRIP, count);
    for (let k = 0; k < inputs; k++) {
      const at = k * outputs + first;
      for (let row = strip; row < end; row++) {
        columns[at + row] = Math.floor(rows[row * inputs + k]! * inverse[row]! + 0.5);
      }
    }
  }
}

/** The floats that a weight in blocks stands for: f32 [outputs, inputs]. */
export function dequantizeBlocks(
  { packed, scales, zeros: zeroPoints }: BlockArrays,
  inputs: number,
  { bits, block }: BlockLayout,
): NDArray {
  const [outputs, blocks] = scales.shape as readonly [number, number];
  const result = zeros("f32", [outputs, inputs]);
  const numberAt = (data: Uint8Array, i: number): number =>
    bits === 8 ? data[i]! : (data[i >> 1]! >> (4 * (i & 1))) & 15;
  const bytes = packed.data as Uint8Array;
  for (let row = 0; row < outputs; row++) {
    for (let b = 0; b < blocks; b++) {
      const offset = zeroPoints ? row * zeroPoints.shape[1]! * (8 / bits) : 0;
      const zero = zeroPoints
        ? numberAt(zeroPoints.data as Uint8Array, offset + b)
        : 2 ** (bits - 1);
      const scale = Number(scales.data[row * blocks + b]);
      const start = b * block;
      for (let k = start; k < Math.min(start + block, inputs); k++) {
        const q = numberAt(bytes, (row * blocks + b) * block + k - start);
        result.data[row * inputs + k] = (q - zero) * scale;
      }
    }
  }
  return result;
}

/** The floats that a weight in columns stands for: f32 [outputs, inputs]. */
export function dequantizeColumns({ columns, scales }: ColumnArrays): NDArray {
  const [inputs, outputs] = columns.shape as readonly [number, number];
  const result = zeros("f32", [outputs, inputs]);
  for (let k = 0; k < inputs; k++) {
    for (let n = 0; n < outputs; n++) {
      result.data[n * inputs + k] = Number(columns.data[k * outputs + n]) * Number(scales.data[n]);
    }
  }
  return result;
}
