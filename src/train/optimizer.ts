/** Optimisers that work element by element: which there are, and their step over train memory. */

import { type AdamWOptions, adamw } from "./adamw.ts";
import { clipScale } from "./clipping.ts";
import type { Kernels } from "./kernels.ts";
import type { Section, TrainMemory } from "./memory.ts";

/** Sign of a mixed momentum (Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms"). */
export interface LionOptions {
  readonly kind: "lion";
  /** Of the mix whose sign is the update; the paper has 0.9. */
  readonly beta1: number;
  /** Of the momentum; the paper has 0.99. */
  readonly beta2: number;
  readonly weightDecay: number;
  readonly clipNorm: number;
}

/** Momentum as in torch.optim.SGD without dampening; weight decay is decoupled, not L2. */
export interface SgdOptions {
  readonly kind: "sgd";
  /** 0: plain gradient descent. */
  readonly momentum: number;
  readonly nesterov?: boolean;
  readonly weightDecay: number;
  readonly clipNorm: number;
}

export type OptimizerOptions = AdamWOptions | LionOptions | SgdOptions;

/** One range of parameters to update. */
export interface Update {
  readonly kernels: Kernels;
  /** Address of the range in a section. */
  readonly at: (section: Section) => number;
  readonly bytes: number;
  /** Multiplies the gradients: clipping. */
  readonly scale: number;
  /** Multiplies the parameters: weight decay. */
  readonly keep: number;
  readonly rate: number;
  /** Counted from 1, for bias corrections. */
  readonly step: number;
}

/**
 * One optimiser step over what Muon does not update.
 *
 * @param step counted from 1
 * @param norm what `gradientNorm` gave for these gradients
 */
export function optimizerStep(
  memory: TrainMemory,
  options: OptimizerOptions,
  { step, learningRate, norm }: { step: number; learningRate: number; norm: number },
): void {
  const scale = clipScale(norm, options.clipNorm);
  for (const range of memory.ranges) {
    if (range.isMuon || range.rate === 0) continue;
    const rate = learningRate * range.rate;
    updateRange(options, {
      kernels: range.arena.kernels,
      at: (section) => memory.address(range, section),
      bytes: range.bytes,
      scale,
      keep: range.decays ? 1 - rate * options.weightDecay : 1,
      rate,
      step,
    });
  }
}

function updateRange(options: OptimizerOptions, update: Update): void {
  const { kernels, at, bytes, scale, keep, rate } = update;
  const addresses = () => [at("parameters"), at("gradients"), at("means"), bytes] as const;
  switch (options.kind) {
    case "lion": {
      const { beta1, beta2 } = options;
      kernels.lion(...addresses(), scale, beta1, beta2, 1 - beta1, 1 - beta2, keep, rate);
      break;
    }
    case "sgd": {
      const { momentum, nesterov = false } = options;
      const [ahead, own] = nesterov ? [momentum, 1] : [1, 0];
      kernels.sgd(...addresses(), scale, momentum, ahead, own, keep, rate);
      break;
    }
    default:
      adamw(options, update);
  }
}

/** Moves the averages towards the parameters: average ← decay·average + (1 - decay)·parameter. */
export function averageStep(memory: TrainMemory, decay: number): void {
  for (const range of memory.ranges) {
    const [to, from] = [memory.address(range, "averages"), memory.address(range, "parameters")];
    range.arena.kernels.mix(to, from, range.bytes, decay, 1 - decay);
  }
}
