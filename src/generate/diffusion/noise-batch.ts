/** Noisy samples to train a denoiser with. */

import type { Random } from "../../nn/random.ts";
import { errorWeight, type NoiseSchedule } from "./noise-schedule.ts";

/** Values that are given: they get no noise. */
export interface KnownValues {
  readonly values: Float32Array;
  /** 1 where a value is given. */
  readonly mask: Uint8Array;
}

export interface NoisyBatch {
  /** x_t, in the layout of the clean samples. */
  readonly noisy: Float32Array;
  /** [rows]: t of each row, uniform over the schedule. */
  readonly timesteps: Int32Array;
  /** [rows]: what a row's error is weighed by, for `diffusionLoss`. */
  readonly weights: Float32Array;
}

/**
 * x_t = √ᾱ_t · x_0 + √(1 - ᾱ_t) · ε for a t of each row and a standard normal ε of each value.
 * Tell the denoiser that the noise level of known values is 0, and leave them out of the loss.
 *
 * @param clean x_0 [rows, ...]
 * @param known bytes [rows, ...]: 1 where a value stays as it is, as in in-betweening
 * @example noiseBatch(schedule, motions, 8, createRandom(seed, "noise"));
 */
export function noiseBatch(
  schedule: NoiseSchedule,
  clean: Float32Array,
  rows: number,
  random: Random,
  known?: Uint8Array,
): NoisyBatch {
  const size = clean.length / rows;
  if (!Number.isInteger(size) || (known && known.length !== clean.length)) {
    throw new RangeError(
      `noiseBatch: ${clean.length} values and ${known?.length ?? "no"} marks are not ${rows} rows ` +
        "of one size",
    );
  }
  const noisy = new Float32Array(clean.length);
  const timesteps = new Int32Array(rows);
  const weights = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const t = random.below(schedule.steps);
    timesteps[row] = t;
    weights[row] = errorWeight(schedule, t);
    const kept = Math.sqrt(schedule.signal[t]!);
    const added = Math.sqrt(1 - schedule.signal[t]!);
    for (let i = row * size; i < (row + 1) * size; i++) {
      const noise = random.normal();
      noisy[i] = known?.[i] ? clean[i]! : kept * clean[i]! + added * noise;
    }
  }
  return { noisy, timesteps, weights };
}
