/** How much of a sample is left at each step of a diffusion. */

export interface NoiseSchedule {
  /** Steps that a model is trained with. */
  readonly steps: number;
  /** ᾱ_t [steps]: x_t = √ᾱ_t · x_0 + √(1 - ᾱ_t) · noise. */
  readonly signal: Float64Array;
}

export interface NoiseScheduleOptions {
  /** "cosine": Nichol and Dhariwal 2021 (diffusers' squaredcos_cap_v2); "linear": Ho et al. 2020. */
  readonly kind?: "cosine" | "linear";
  /** Default 1000. */
  readonly steps?: number;
  /** First and last β of the linear kind (default 1e-4 and 0.02). */
  readonly betas?: readonly [first: number, last: number];
}

/** β is at most this, or the last step would leave nothing of the sample. */
const MOST_BETA = 0.999;

/** @example createNoiseSchedule({ kind: "cosine", steps: 1000 }) */
export function createNoiseSchedule(options: NoiseScheduleOptions = {}): NoiseSchedule {
  const { kind = "cosine", steps = 1000, betas: [first, last] = [1e-4, 0.02] } = options;
  if (!Number.isInteger(steps) || steps < 1) {
    throw new RangeError(`createNoiseSchedule: steps is ${steps}, expected an integer above 0`);
  }
  const cosine = (t: number): number =>
    Math.cos(((t / steps + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
  const betaAt = (t: number): number =>
    kind === "cosine"
      ? Math.min(1 - cosine(t + 1) / cosine(t), MOST_BETA)
      : first + ((last - first) * t) / Math.max(steps - 1, 1);
  const signal = new Float64Array(steps);
  for (let t = 0, left = 1; t < steps; t++) {
    left *= 1 - betaAt(t);
    signal[t] = left;
  }
  return { steps, signal };
}

/**
 * What OFASys weighs the error of a predicted x_0 by: √(SNR + 1), with SNR = ᾱ / (1 - ᾱ). That is
 * 1 / √(1 - ᾱ): errors at little noise weigh more.
 */
export const errorWeight = ({ signal }: NoiseSchedule, t: number): number =>
  1 / Math.sqrt(1 - signal[t]!);
