/**
 * Weights of the GPTQ and AWQ kinds, in words of 32 bits, as blocks of graph/ops/quantized-linear.
 * Both store numbers, zero points and scales by groups of inputs, transposed to how a product
 * with few rows wants them.
 * Sources of the layouts: AutoGPTQ, auto_gptq/nn_modules/qlinear (pack of the Linear modules);
 * AutoAWQ, awq/modules/linear/gemm.py and awq/utils/packing_utils.py.
 */

import { type NDArray, zeros } from "../graph/ndarray.ts";
import type { BlockLayout } from "../graph/ops/quantized-linear.ts";
import { createBlocks, storeZero } from "./quantize.ts";

/** Column of a group of eight that the i-th number of a word belongs to. */
const AWQ_COLUMNS = [0, 2, 4, 6, 1, 3, 5, 7];

/** Reads number [k, n] of a weight or zero [group, n]. */
export type NumberReader = (row: number, column: number) => number;

/** GPTQ's `qweight`, i32 [inputs · bits / 32, outputs]: words run along the inputs. */
export function gptqWeights({ data, shape }: NDArray, bits: 4 | 8): NumberReader {
  const perWord = 32 / bits;
  const mask = 2 ** bits - 1;
  const columns = shape[1]!;
  const words = data as Int32Array;
  return (k, n) =>
    (words[Math.floor(k / perWord) * columns + n]! >>> (bits * (k % perWord))) & mask;
}

/**
 * GPTQ's `qzeros`, i32 [groups, outputs · bits / 32]: words run along the outputs.
 *
 * @param offset 1 for files that store the zero point less one (all but "gptq_v2"); what then
 *   leaves the range came from 0 - 1
 */
export function gptqZeros({ data, shape }: NDArray, bits: 4 | 8, offset: 0 | 1): NumberReader {
  const perWord = 32 / bits;
  const mask = 2 ** bits - 1;
  const words = data as Int32Array;
  return (group, n) => {
    const word = words[group * shape[1]! + Math.floor(n / perWord)]!;
    return (((word >>> (bits * (n % perWord))) & mask) + offset) & mask;
  };
}

/** AWQ's `qweight` [inputs, outputs / 8] and `qzeros` [groups, outputs / 8], of 4 bits. */
export function awqNumbers({ data, shape }: NDArray): NumberReader {
  const words = data as Int32Array;
  const place = AWQ_COLUMNS.map((_, column) => AWQ_COLUMNS.indexOf(column));
  return (row, n) => (words[row * shape[1]! + (n >> 3)]! >>> (4 * place[n & 7]!)) & 15;
}

export interface GroupedWeight {
  readonly inputs: number;
  readonly outputs: number;
  /** Inputs of a group. */
  readonly group: number;
  readonly number: NumberReader;
  /** Absent: 2^(bits - 1). */
  readonly zero?: NumberReader;
  /** f32 [groups, outputs] */
  readonly scales: Float32Array;
  /** Place k of the result holds input order[k]; default: each its own. */
  readonly order?: ArrayLike<number>;
}

/** The weight as blocks; a block lies within a group. */
export function blocksOfGroups(weight: GroupedWeight, layout: BlockLayout) {
  const { inputs, outputs, group, number, zero, scales, order } = weight;
  const { bits, block } = layout;
  const target = createBlocks(outputs, inputs, layout, zero !== undefined);
  const packed = target.packed.data as Uint8Array;
  const blocks = inputs / block;
  for (let k = 0; k < inputs; k++) {
    const from = order ? order[k]! : k;
    for (let n = 0; n < outputs; n++) {
      const q = number(from, n);
      const at = n * inputs + k;
      if (bits === 8) packed[at] = q;
      else packed[at >> 1]! |= q << (4 * (at & 1));
    }
  }
  for (let n = 0; n < outputs; n++) {
    for (let b = 0; b < blocks; b++) {
      const g = Math.floor((b * block) / group);
      target.scales.data[n * blocks + b] = scales[g * outputs + n]!;
      if (zero && target.zeros) storeZero(target.zeros, n, b, zero(g, n), bits);
    }
  }
  return target;
}

/**
 * The inputs in the order of their groups, from GPTQ's `g_idx` [inputs] (`desc_act`).
 *
 * @returns i64 [inputs], or undefined where a group does not have its `group` inputs
 */
export function orderOfGroups(groups: ArrayLike<number>, group: number): NDArray | undefined {
  const order = Array.from(groups, (_, k) => k).sort((a, b) => groups[a]! - groups[b]! || a - b);
  if (order.some((k, i) => groups[k] !== Math.floor(i / group))) return undefined;
  const result = zeros("i64", [order.length]);
  order.forEach((k, i) => {
    result.data[i] = BigInt(k);
  });
  return result;
}
