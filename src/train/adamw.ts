/** AdamW in place over train memory. */

import type { Update } from "./optimizer.ts";

export interface AdamWOptions {
  readonly kind?: "adamw";
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

/** Loshchilov and Hutter's AdamW (2017) in the form of torch.optim.AdamW. */
export function adamw({ beta1, beta2, epsilon }: AdamWOptions, update: Update): void {
  const { kernels, at, bytes, scale, keep, rate, step } = update;
  kernels.adamw(
    at("parameters"),
    at("gradients"),
    at("means"),
    at("squares"),
    bytes,
    ...([scale, beta1, beta2, 1 - beta1, 1 - beta2, keep] as const),
    rate / (1 - beta1 ** step),
    1 / Math.sqrt(1 - beta2 ** step),
    epsilon,
  );
}
