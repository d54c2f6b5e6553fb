/** Losses of tasks, as functions of tensors that give a loss for each row. */

export { frameLoss, stopLoss } from "./audio-frames.ts";
export { contrastiveLoss, initialLogScale } from "./contrastive.ts";
export { type CtcOptions, ctcLoss } from "./ctc.ts";
export { diffusionLoss } from "./diffusion.ts";
export { dropWorst } from "./drop-worst.ts";
export { scstLoss, scstWeights } from "./scst.ts";
export {
  type SmoothedCrossEntropyOptions,
  smoothedCrossEntropy,
} from "./smoothed-cross-entropy.ts";
