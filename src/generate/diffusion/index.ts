/** Diffusion: schedules, noise to train with, and sampling. */

export { type DdimOptions, type Denoiser, ddimTimesteps, guided, sampleDdim } from "./ddim.ts";
export { type KnownValues, type NoisyBatch, noiseBatch } from "./noise-batch.ts";
export {
  createNoiseSchedule,
  errorWeight,
  type NoiseSchedule,
  type NoiseScheduleOptions,
} from "./noise-schedule.ts";
