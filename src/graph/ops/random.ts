/** Counter-based random numbers: pure functions of an explicit key, the same everywhere. */

import { type DType, dtypes } from "../dtype.ts";
import { fromValues } from "../ndarray.ts";
import { type Lowering, onnx } from "../onnx/contract.ts";
import { dimEquals, type Shape, shapeSize } from "../shape.ts";
import { apply, type Op, shapeError, type Tensor } from "../tensor.ts";
import { cast, cos, less, log, mul, sqrt, sub } from "./elementwise.ts";
import { split } from "./join.ts";
import { constant, scalar } from "./leaf.ts";
import { squeeze } from "./reshape.ts";

// Philox4x32-10 of Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3" (SC 2011), and of
// their library Random123: multipliers of the two halves, and the Weyl steps of the key.
const MULTIPLIERS = [0xd2511f53, 0xcd9e8d57];
const WEYL = [0x9e3779b9, 0xbb67ae85];
const ROUNDS = 10;

interface BitsAttrs {
  readonly shape: Shape;
  /** Third word of the counter: what the key is used for. */
  readonly stream: number;
}

const typeNumber = (dtype: DType) => ({ to: onnx.int(dtypes[dtype].onnx) });

const randomBitsOp: Op<BitsAttrs> = {
  name: "randomBits",
  infer([key, data], { shape }) {
    if (key.dtype !== "u32" || key.shape.length !== 1 || !dimEquals(key.shape[0], 2)) {
      throw shapeError("random", "the key is not u32 [2]", [key]);
    }
    if (data && (data.dtype !== "u32" || data.shape.length !== 0)) {
      throw shapeError("random", "the folded number is not one u32", [data]);
    }
    return [{ dtype: "u32", shape }];
  },
  lower(to, [key, data], { attrs: { shape, stream } }) {
    const i64 = (values: readonly number[], dims = [values.length]) =>
      to.constant("i64", dims, values);
    // Element i is word i mod 4 of block i / 4, whose counter is (i / 4, 0, stream, data).
    const size = to.dim(shapeSize(shape));
    const blocks = to.emit("Div", [to.emit("Add", [size, i64([3])]), i64([4])]);
    const scalarOf = (name: string) => to.emit("Squeeze", [name, i64([0])]);
    const index = to.emit("Range", [i64([0], []), scalarOf(blocks), i64([1], [])]);
    // Rows [1, 1, blocks].
    const width = to.emit("Concat", [i64([1, 1]), blocks], { axis: onnx.int(0) });
    const row = (name: string) => to.emit("Expand", [name, width]);
    const word = (value: number) => row(to.constant("u64", [1, 1, 1], [value]));
    const last = data
      ? row(to.emit("Reshape", [to.emit("Cast", [data], typeNumber("u64")), i64([1, 1, 1])]))
      : word(0);
    // Words 0 and 2 are multiplied (as i64, whose products wrap), words 1 and 3 are mixed in.
    const pair = (a: string, b: string) => to.emit("Concat", [a, b], { axis: onnx.int(1) });
    let even = pair(row(index), row(i64([stream], [1, 1, 1])));
    let odd = pair(word(0), last);
    roundKeys(to, key).forEach((roundKey, round) => {
      [even, odd] = philoxRound(to, even, odd, roundKey, round);
    });
    // After an even number of rounds the words are in order again.
    const words = [even, odd].map((name) => to.emit("Cast", [name], typeNumber("u32")));
    const block = to.emit("Concat", words, { axis: onnx.int(0) }); // [odd?, pair, blocks]
    const ordered = to.emit("Transpose", [block], { perm: onnx.ints([2, 1, 0]) });
    const flat = to.emit("Reshape", [ordered, i64([-1])]);
    return [to.emit("Reshape", [to.emit("Slice", [flat, i64([0]), size]), to.shape(shape)])];
  },
};

/**
 * One round on words (even, odd) [1, 2, blocks]: with p the products of the even words,
 * even' = swap(high(p)) ^ odd ^ key and odd' = swap(low(p)). Instead of `even` the rows of `odd`
 * are swapped, so after odd rounds both have their rows in the opposite order.
 */
function philoxRound(
  to: Lowering,
  even: string,
  odd: string,
  key: string,
  round: number,
): [even: string, odd: string] {
  const flipped = round % 2 === 1;
  const factors = flipped ? [...MULTIPLIERS].reverse() : MULTIPLIERS;
  const product = to.emit("Mul", [even, to.constant("i64", [1, 2, 1], factors)]);
  const bits = to.emit("Cast", [product], typeNumber("u64"));
  const shift = { direction: onnx.string("RIGHT") };
  const high = to.emit("BitShift", [bits, to.constant("u64", [1], [32])], shift);
  const low = to.emit("BitwiseAnd", [bits, to.constant("u64", [1], [0xffffffff])]);
  const swapped = to.emit("Gather", [odd, to.constant("i64", [2], [1, 0])], { axis: onnx.int(1) });
  const mixed = to.emit("BitwiseXor", [to.emit("BitwiseXor", [high, swapped]), key]);
  return [to.emit("Cast", [mixed], typeNumber("i64")), low];
}

/** Keys u64 [1, 2, 1] of every round, in the row order in which that round makes its words. */
function roundKeys(to: Lowering, key: string): string[] {
  const rounds = Array.from({ length: ROUNDS }, (_, round) => round);
  // An even round leaves the rows swapped: word 2 first.
  const order = rounds.flatMap((round) => (round % 2 === 0 ? [1, 0] : [0, 1]));
  const steps = order.map((i, at) => WEYL[i] * Math.floor(at / 2));
  const wide = to.emit("Cast", [key], typeNumber("i64"));
  const spread = to.emit("Gather", [wide, to.constant("i64", [ROUNDS, 2, 1], order)]);
  const sum = to.emit("Add", [spread, to.constant("i64", [ROUNDS, 2, 1], steps)]);
  const mask = to.constant("u64", [1], [0xffffffff]);
  const keys = to.emit("BitwiseAnd", [to.emit("Cast", [sum], typeNumber("u64")), mask]);
  const axis = { axis: onnx.int(0), num_outputs: onnx.int(ROUNDS) };
  return to.emitMany("Split", [keys], axis, ROUNDS);
}

/** Streams keep the uses of one key apart. */
const VALUES = 0;
const KEYS = 1;

/**
 * Uniform 32-bit integers: Philox4x32-10, counter (block, 0, 0, 0), words in order. The same key
 * and size give the same bits on every machine.
 *
 * @param key u32 [2]; use a key once, make more with `foldKey`
 * @returns u32 of `shape`
 */
export const randomBits = (key: Tensor, shape: Shape): Tensor =>
  apply(randomBitsOp, [key], { shape, stream: VALUES })[0];

/** A key from a seed: its low and high 32 bits. */
export function randomKey(seed: number): Tensor {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new Error(`randomKey: the seed ${seed} is not an integer from 0 to 2^53 - 1`);
  }
  return constant(fromValues("u32", [2], [seed % 2 ** 32, Math.floor(seed / 2 ** 32)]));
}

/**
 * A key for a part of the work: different numbers give independent keys.
 *
 * @param data a number known now (a layer), or a u32 scalar (a step)
 * @returns u32 [2]
 */
export const foldKey = (key: Tensor, data: number | Tensor): Tensor =>
  apply(randomBitsOp, [key, typeof data === "number" ? scalar(data, "u32") : data], {
    shape: [2],
    stream: KEYS,
  })[0];

type Float = "f32" | "f64";

/**
 * Uniform numbers in [0, 1): 24 random bits each as f32, 32 as f64.
 */
export function uniform(key: Tensor, shape: Shape, dtype: Float = "f32"): Tensor {
  const bits = randomBits(key, shape);
  if (dtype === "f64") return mul(cast(bits, "f64"), 2 ** -32);
  return mul(cast(shiftRight(bits, 8), "f32"), 2 ** -24);
}

const shiftRightOp: Op<{ by: number }> = {
  name: "shiftRight",
  infer: ([{ dtype, shape }]) => [{ dtype, shape }],
  lower: (to, [x], { attrs: { by } }) => [
    to.emit("BitShift", [x, to.constant("u32", [], [by])], { direction: onnx.string("RIGHT") }),
  ],
};

const shiftRight = (x: Tensor, by: number): Tensor => apply(shiftRightOp, [x], { by })[0];

/**
 * Normal numbers of mean 0 and variance 1 (Box and Muller, 1958). The bits below them are the same
 * everywhere; logarithm and cosine may differ between machines in the last place.
 */
export function normal(key: Tensor, shape: Shape, dtype: Float = "f32"): Tensor {
  const [u, v] = split(uniform(key, [2, ...shape], dtype), 2, 0).map((x) => squeeze(x, [0]));
  // 1 - u is in (0, 1], where the logarithm is finite.
  return mul(sqrt(mul(log(sub(1, u)), -2)), cos(mul(v, 2 * Math.PI)));
}

/** True with the given probability. */
export function bernoulli(key: Tensor, probability: number, shape: Shape): Tensor {
  if (!(probability >= 0 && probability <= 1)) {
    throw new Error(`bernoulli: the probability ${probability} is not between 0 and 1`);
  }
  return less(uniform(key, shape), probability);
}
