/** Gradients of a whole step: summed over micro-batches, measured, clipped. */

import type { TrainMemory } from "./memory.ts";

/** Adds the gradients in `scratch` to `gradients`. */
export function addScratch(memory: TrainMemory): void {
  for (const range of memory.ranges) {
    const [to, from] = [memory.address(range, "gradients"), memory.address(range, "scratch")];
    range.arena.kernels.addInto(to, from, range.bytes);
  }
}

/** Euclidean norm over all gradients. */
export function gradientNorm(memory: TrainMemory): number {
  let squares = 0;
  for (const range of memory.ranges) {
    squares += range.arena.kernels.sumSquares(memory.address(range, "gradients"), range.bytes);
  }
  return Math.sqrt(squares);
}

/** What gradients are multiplied with. The 1e-6 is torch.nn.utils.clip_grad_norm_'s. */
export const clipScale = (norm: number, clipNorm: number): number =>
  clipNorm > 0 ? Math.min(1, clipNorm / (norm + 1e-6)) : 1;
