/** Motion by diffusion: noisy frames as embeddings, and hidden states as frames without noise. */

import { gelu } from "../../graph/ops/activation.ts";
import { add } from "../../graph/ops/elementwise.ts";
import { slice } from "../../graph/ops/join.ts";
import { expandDims } from "../../graph/ops/reshape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { linear } from "../../nn/linear.ts";
import { normal, type Scope } from "../../nn/scope.ts";
import { adaptorInit } from "./encoder-block.ts";

/** How a model gives motion. */
export interface MotionTarget {
  /** Numbers of a frame: 6 and 6 for each joint (`motionToFeatures`). */
  readonly features: number;
  readonly maxFrames: number;
  /** Frames a second. */
  readonly rate: number;
  /** Of each number of a frame: it is (number - mean) / deviation that the network sees. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  /**
   * What an error at little noise weighs at most, 1 or more: 1 weighs all noise alike. Default: as
   * in OFASys, 1 / √(1 - ᾱ), to 100 where hardly any noise is left and no text is needed.
   */
  readonly mostErrorWeight?: number;
}

/** Numbers that tell the noise: see `noiseFeatures`. */
export const NOISE_FEATURES = 32;

/**
 * @param frames f32 [batch, frames, features], noisy
 * @param noise f32 [batch, NOISE_FEATURES]: how noisy they are
 */
export function motionInput(
  p: Scope,
  c: MotionTarget,
  frames: Tensor,
  noise: Tensor,
  width: number,
): Tensor {
  const inner = linear(p.in("frame", 0), frames, 2 * width, { bias: true, init: adaptorInit });
  const embed = linear(p.in("frame", 1), gelu(inner), width, { bias: true, init: adaptorInit });
  const level = linear(p.in("noise"), noise, width, { bias: true, init: adaptorInit });
  const table = p.parameter("positions", [c.maxFrames, width], adaptorInit);
  const placed = add(embed, expandDims(slice(table, 0, 0, frames.shape[1]), 0));
  return add(placed, expandDims(level, 1));
}

/** hidden [batch, frames, width] -> frames [batch, frames, features] */
export const motionOutput = (p: Scope, c: MotionTarget, hidden: Tensor): Tensor =>
  linear(p.in("out"), hidden, c.features, { bias: true, init: normal(0.02) });

/** The noise level t (0 to 1) as sines and cosines of growing frequency. */
export function noiseFeatures(t: number): Float32Array {
  const values = new Float32Array(NOISE_FEATURES);
  for (let i = 0; i < NOISE_FEATURES / 2; i++) {
    const angle = t * 1000 ** (i / (NOISE_FEATURES / 2 - 1)) * Math.PI;
    values[2 * i] = Math.sin(angle);
    values[2 * i + 1] = Math.cos(angle);
  }
  return values;
}
