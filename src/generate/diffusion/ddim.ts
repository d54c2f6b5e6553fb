/** Samples from noise in few steps: DDIM (Song et al. 2021) for models that predict x_0. */

import { createRandom } from "../../nn/random.ts";
import type { KnownValues } from "./noise-batch.ts";
import type { NoiseSchedule } from "./noise-schedule.ts";

/** Predicts x_0 from x_t. `x` is valid, and as it is, until the promise is fulfilled. */
export type Denoiser = (x: Float32Array, t: number) => Promise<Float32Array>;

export interface DdimOptions {
  readonly schedule: NoiseSchedule;
  /** Number of values: all samples of a batch together. */
  readonly size: number;
  /** Calls of the denoiser, at most the schedule's steps (default 50). */
  readonly steps?: number;
  /** Values to build around: put into each x_t and into the result. */
  readonly known?: KnownValues | undefined;
  /** Same seed, same noise (default 0). */
  readonly seed?: number;
  /** Ends the sampling with its reason, within one step. */
  readonly signal?: AbortSignal | undefined;
}

/** The t of each step, last first: multiples of ⌊trained steps / steps⌋, as diffusers "leading". */
export function ddimTimesteps({ steps: trained }: NoiseSchedule, steps: number): number[] {
  if (!Number.isInteger(steps) || steps < 1 || steps > trained) {
    throw new RangeError(
      `ddimTimesteps: steps is ${steps}, expected an integer from 1 to the schedule's ${trained}`,
    );
  }
  const stride = Math.floor(trained / steps);
  return Array.from({ length: steps }, (_, i) => (steps - 1 - i) * stride);
}

/**
 * Deterministic DDIM (η = 0), x_0 not clipped: formula 12 of the paper with the noise that x_t and
 * the predicted x_0 imply. Equal to diffusers' `DDIMScheduler` with prediction_type "sample".
 *
 * @returns the predicted x_0 of the last step [size]
 * @example
 * const denoise = guided((x, t) => runBoth(x, t), 3);
 * const motion = await sampleDdim(denoise, { schedule, size: frames * features, seed: 1 });
 */
export async function sampleDdim(denoise: Denoiser, options: DdimOptions): Promise<Float32Array> {
  const { schedule, size, steps = 50, known, seed = 0, signal } = options;
  if (known && (known.values.length !== size || known.mask.length !== size)) {
    throw new RangeError(
      `sampleDdim: ${known.values.length} known values and ${known.mask.length} marks, expected ` +
        `${size} of each`,
    );
  }
  const timesteps = ddimTimesteps(schedule, steps);
  const random = createRandom(seed, "diffusion");
  const x = new Float32Array(size);
  for (let i = 0; i < size; i++) x[i] = random.normal();
  let clean: Float32Array = x;
  for (const [i, t] of timesteps.entries()) {
    signal?.throwIfAborted();
    if (known) putKnown(known, x);
    clean = await denoise(x, t);
    if (clean.length !== size) {
      throw new RangeError(
        `sampleDdim: the denoiser gave ${clean.length} values, expected ${size}`,
      );
    }
    const before = timesteps[i + 1];
    if (before !== undefined) stepDdim(x, clean, schedule.signal[t]!, schedule.signal[before]!);
  }
  const result = clean.slice();
  if (known) putKnown(known, result);
  return result;
}

/** x_t becomes x of the step before, in place. */
function stepDdim(x: Float32Array, clean: Float32Array, signal: number, before: number): void {
  const kept = Math.sqrt(signal);
  const noise = Math.sqrt(1 - signal);
  const keptBefore = Math.sqrt(before);
  const ratio = Math.sqrt(1 - before) / noise;
  for (let i = 0; i < x.length; i++) {
    const x0 = clean[i]!;
    x[i] = keptBefore * x0 + ratio * (x[i]! - kept * x0);
  }
}

function putKnown({ values, mask }: KnownValues, x: Float32Array): void {
  for (let i = 0; i < x.length; i++) if (mask[i]) x[i] = values[i]!;
}

/**
 * Classifier-free guidance (Ho and Salimans 2022): (1 + w) · with - w · without the condition.
 *
 * @param predictBoth x_0 predicted with the condition, and with an empty or negative one behind it:
 *   [2 · size], one batch for the model
 * @param weight 0 is the condition alone
 */
export function guided(predictBoth: Denoiser, weight: number): Denoiser {
  return async (x, t) => {
    const both = await predictBoth(x, t);
    if (both.length !== 2 * x.length) {
      throw new RangeError(
        `guided: the denoiser gave ${both.length} values for ${x.length}, expected those with and ` +
          "those without the condition",
      );
    }
    const mixed = new Float32Array(x.length);
    for (let i = 0; i < x.length; i++) {
      mixed[i] = (1 + weight) * both[i]! - weight * both[x.length + i]!;
    }
    return mixed;
  };
}
