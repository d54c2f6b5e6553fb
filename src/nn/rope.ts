/** Rotary angles and the ways to stretch them over longer contexts. */

import { fromValues } from "../graph/ndarray.ts";
import {
  add,
  cast,
  cos,
  div,
  equal,
  exp,
  greater,
  log,
  maximum,
  mul,
  sin,
  sub,
  where,
} from "../graph/ops/elementwise.ts";
import { constant, dimSize, scalar, vector } from "../graph/ops/leaf.ts";
import { max, sum } from "../graph/ops/reduce.ts";
import { expandDims } from "../graph/ops/reshape.ts";
import type { Dim } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";

/** Rotary configuration, read from a checkpoint's `rope_theta`/`rope_scaling`/`rope_parameters`. */
export type RopeConfig = {
  /** Base of the frequencies (`rope_theta`). */
  readonly theta: number;
  /** Rotated channels of a head; even. */
  readonly width: number;
} & (
  | { readonly type: "default" }
  | { readonly type: "linear"; readonly factor: number }
  | {
      readonly type: "dynamic";
      readonly factor: number;
      readonly originalLength: number;
      /** The base follows `promptGrowth` instead of the length (Qwen's first generation). */
      readonly isStepped?: boolean;
    }
  | {
      readonly type: "yarn";
      readonly factor: number;
      readonly originalLength: number;
      readonly betaFast: number;
      readonly betaSlow: number;
      /** Multiplies cos and sin, so scores grow by its square. */
      readonly attentionFactor: number;
      /** Round the ramp's ends to whole channels. */
      readonly truncate: boolean;
    }
);

/** theta^(-2j / width), j < width / 2. */
const baseFrequencies = ({ theta, width }: RopeConfig): number[] =>
  Array.from({ length: width / 2 }, (_, j) => theta ** ((-2 * j) / width));

/** Fixed inverse frequencies, after scaling. */
function frequencies(rope: RopeConfig): number[] {
  const base = baseFrequencies(rope);
  if (rope.type === "linear") return base.map((f) => f / rope.factor);
  if (rope.type !== "yarn") return base;
  // YaRN (Peng et al., 2023): channels that turn often stay, slow ones are interpolated.
  const { width, theta, originalLength, factor } = rope;
  const channelOf = (turns: number): number =>
    (width * Math.log(originalLength / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  let [low, high] = [channelOf(rope.betaFast), channelOf(rope.betaSlow)];
  if (rope.truncate) [low, high] = [Math.floor(low), Math.ceil(high)];
  low = Math.max(low, 0);
  high = Math.min(high, width - 1);
  if (low === high) high += 0.001;
  return base.map((f, j) => {
    const ramp = Math.min(1, Math.max(0, (j - low) / (high - low)));
    return (f / factor) * ramp + f * (1 - ramp);
  });
}

/**
 * Cosines and sines of the rotary angles, each [batch, seq, width / 2].
 *
 * @param positions i64 [batch, seq]
 * @param growth of the base where it is stepped, f32 [batch or 1, 1]
 */
export function rotaryAngles(
  rope: RopeConfig,
  positions: Tensor,
  growth?: Tensor,
): { cos: Tensor; sin: Tensor } {
  const place = expandDims(cast(positions, "f32"), 2);
  const fixed = frequencies(rope);
  const inverse = constant(fromValues("f32", [fixed.length], fixed));
  const angles = mul(
    place,
    rope.type === "dynamic" ? dynamicFrequencies(rope, place, growth) : inverse,
  );
  const factor = rope.type === "yarn" ? rope.attentionFactor : 1;
  const scaled = (x: Tensor): Tensor => (factor === 1 ? x : mul(x, factor));
  return { cos: scaled(cos(angles)), sin: scaled(sin(angles)) };
}

/**
 * Dynamic NTK: the base grows with the longest position once it passes the trained length,
 * theta' = theta (factor n / L - (factor - 1))^(width / (width - 2)), or by the growth given.
 */
function dynamicFrequencies(
  rope: RopeConfig & { type: "dynamic" },
  place: Tensor,
  given?: Tensor,
): Tensor {
  const { theta, width, factor, originalLength } = rope;
  const length = maximum(add(max(place), 1), originalLength);
  const growth = given
    ? expandDims(given, 2) // [batch or 1, 1, 1]
    : sub(div(mul(length, factor), originalLength), factor - 1);
  const logTheta = add(mul(log(growth), width / (width - 2)), Math.log(theta));
  const exponents = Array.from({ length: width / 2 }, (_, j) => (-2 * j) / width);
  return exp(mul(constant(fromValues("f32", [width / 2], exponents)), logTheta));
}

/** Doublings of the trained length that are told apart: far more than any memory holds. */
const MAX_DOUBLINGS = 24;

/**
 * Growth of a stepped base for a prompt of `seq` tokens: max(1, 2^(ceil(log2(n / L)) + 1) - 1),
 * as in Qwen's first generation. Counted in whole numbers, so that n = 2 L is never rounded up.
 *
 * @param held what earlier tokens were rotated by: f32 [batch, 1], of use where `past` (i32
 *   [batch]) is above 0
 * @returns f32 [batch or 1, 1]
 */
export function promptGrowth(
  rope: RopeConfig & { type: "dynamic" },
  seq: Dim,
  earlier?: { readonly held: Tensor; readonly past: Tensor },
): Tensor {
  const steps = Array.from({ length: MAX_DOUBLINGS }, (_, k) => 2 ** k);
  const ends = vector(
    steps.map((step) => step * rope.originalLength),
    "i64",
  );
  const passed = cast(greater(dimSize([seq], "i64"), ends), "f32"); // [doublings]
  const sums = sum(mul(passed, vector(steps.map((step) => 2 * step))), { keepDims: true });
  const fresh = expandDims(add(sums, 1), 0); // [1, 1]
  if (!earlier) return fresh;
  return where(equal(expandDims(earlier.past, 1), scalar(0, "i32")), fresh, earlier.held);
}

/**
 * What queries are multiplied by beyond the trained length L, ln(i) / ln(L) at the i-th position
 * from 1 on ("logn" scaling, Su 2021), so that attention stays as sharp over more keys.
 *
 * @param positions i64 [batch or 1, seq]
 * @returns f32 [batch or 1, seq, 1, 1]
 */
export function lognScale(positions: Tensor, length: number): Tensor {
  const place = add(cast(positions, "f32"), 1);
  const scale = maximum(mul(log(place), 1 / Math.log(length)), 1);
  return expandDims(expandDims(scale, 2), 3);
}
