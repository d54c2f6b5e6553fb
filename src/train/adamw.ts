/** AdamW with global-norm clipping, in place over train memory. */

import type { TrainMemory } from "./memory.ts";

export interface AdamWOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled: parameters shrink by learning rate times this. */
  readonly weightDecay: number;
  /** Gradients are scaled so that their global norm is at most this; 0 switches clipping off. */
  readonly clipNorm: number;
}

/** Values of the Qwen reports (papers of Qwen to Qwen2.5). */
export const defaultAdamW: AdamWOptions = {
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0.1,
  clipNorm: 1,
};

/** Adds the gradients in `scratch` to `gradients`. */
export function addScratch(memory: TrainMemory): void {
  for (const { arena, start, bytes } of memory.ranges) {
    const target = memory.address(arena, "gradients") + start;
    arena.kernels.addInto(target, memory.address(arena, "scratch") + start, bytes);
  }
}

/** Euclidean norm over all gradients. */
export function gradientNorm(memory: TrainMemory): number {
  let squares = 0;
  for (const { arena, start, bytes } of memory.ranges) {
    squares += arena.kernels.sumSquares(memory.address(arena, "gradients") + start, bytes);
  }
  return Math.sqrt(squares);
}

/** What gradients are multiplied with. The 1e-6 is torch.nn.utils.clip_grad_norm_'s. */
export const clipScale = (norm: number, clipNorm: number): number =>
  clipNorm > 0 ? Math.min(1, clipNorm / (norm + 1e-6)) : 1;

/**
 * One step of Loshchilov and Hutter's AdamW (2017) in the form of torch.optim.AdamW.
 *
 * @param step counted from 1, for the bias correction
 * @param norm what `gradientNorm` gave for these gradients
 */
export function adamwStep(
  memory: TrainMemory,
  options: AdamWOptions,
  { step, learningRate, norm }: { step: number; learningRate: number; norm: number },
): void {
  const { beta1, beta2, epsilon, weightDecay, clipNorm } = options;
  const scale = clipScale(norm, clipNorm);
  const rate = learningRate / (1 - beta1 ** step);
  const root = 1 / Math.sqrt(1 - beta2 ** step);
  for (const { arena, start, bytes, decays, isMuon } of memory.ranges) {
    if (isMuon) continue;
    const keep = decays ? 1 - learningRate * weightDecay : 1;
    const at = (section: Parameters<TrainMemory["address"]>[1]): number =>
      memory.address(arena, section) + start;
    const addresses = [at("parameters"), at("gradients"), at("means"), at("squares")] as const;
    const decay = [beta1, beta2, 1 - beta1, 1 - beta2] as const;
    arena.kernels.adamw(...addresses, bytes, scale, ...decay, keep, rate, root, epsilon);
  }
}
