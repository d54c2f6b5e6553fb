/** Rotary angles and the ways to stretch them over longer contexts. */

import { fromValues } from "../graph/ndarray.ts";
import { add, cast, cos, div, exp, log, maximum, mul, sin, sub } from "../graph/ops/elementwise.ts";
import { constant } from "../graph/ops/leaf.ts";
import { max } from "../graph/ops/reduce.ts";
import { expandDims } from "../graph/ops/reshape.ts";
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
  | { readonly type: "dynamic"; readonly factor: number; readonly originalLength: number }
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
 */
export function rotaryAngles(rope: RopeConfig, positions: Tensor): { cos: Tensor; sin: Tensor } {
  const place = expandDims(cast(positions, "f32"), 2);
  const fixed = frequencies(rope);
  const inverse = constant(fromValues("f32", [fixed.length], fixed));
  const angles = mul(place, rope.type === "dynamic" ? dynamicFrequencies(rope, place) : inverse);
  const factor = rope.type === "yarn" ? rope.attentionFactor : 1;
  const scaled = (x: Tensor): Tensor => (factor === 1 ? x : mul(x, factor));
  return { cos: scaled(cos(angles)), sin: scaled(sin(angles)) };
}

/**
 * Dynamic NTK: the base grows with the longest position once it passes the trained length,
 * theta' = theta (factor n / L - (factor - 1))^(width / (width - 2)).
 */
function dynamicFrequencies(rope: RopeConfig & { type: "dynamic" }, place: Tensor): Tensor {
  const { theta, width, factor, originalLength } = rope;
  const length = maximum(add(max(place), 1), originalLength);
  const growth = log(sub(div(mul(length, factor), originalLength), factor - 1));
  const logTheta = add(mul(growth, width / (width - 2)), Math.log(theta));
  const exponents = Array.from({ length: width / 2 }, (_, j) => (-2 * j) / width);
  return exp(mul(constant(fromValues("f32", [width / 2], exponents)), logTheta));
}
