/** What training is going to take of memory, told from its gradient program before a byte is taken. */

import { dtypes } from "../graph/dtype.ts";
import { peakBytes, typeBytes } from "../graph/onnx/peak-memory.ts";
import { dimSymbols } from "../graph/shape.ts";
import type { ParameterSpec } from "../nn/scope.ts";
import { gradientGraph, gradientOptionsOf, type LossFunction } from "./gradient.ts";
import { decoderLoss } from "./language-model.ts";
import { muonGraph } from "./muon.ts";
import { isLayerMatrix, type TrainerOptions } from "./trainer.ts";

export interface MemoryOptions
  extends Pick<
    TrainerOptions,
    | "config"
    | "evaluation"
    | "trains"
    | "formats"
    | "adapter"
    | "optimizer"
    | "muon"
    | "isMuon"
    | "average"
  > {
  /** As in `TrainerOptions`; of several losses, the one that takes most. */
  readonly loss?: LossFunction;
  /**
   * The largest micro-batch: a number for each symbol of the shapes of the loss's inputs, such as
   * `batch`, `seq` and `supervised`.
   */
  readonly sizes: Readonly<Record<string, number>>;
  /** Steps have several micro-batches (default false): their gradients are added up. */
  readonly accumulates?: boolean;
  /** `Trainer.evaluate` is called (default false): a second program, with memory of its own. */
  readonly evaluates?: boolean;
}

/** Bytes. */
export interface TrainingMemory {
  /** Trained and frozen ones, and the engine's packed copies of quantised ones. */
  readonly weights: number;
  readonly gradients: number;
  /** Moments, moving average, and what Muon computes with. */
  readonly optimizer: number;
  /** The micro-batch, and values between it and the gradients: the most that live at one time. */
  readonly activations: number;
}

/**
 * Bytes that a `Trainer` of these options will take. Not counted are the engine itself (about
 * 60 MB) and the source that weights are copied from.
 *
 * @throws Error where `sizes` lacks a symbol
 * @example
 * const { activations } = trainingMemory({
 *   config, optimizer: defaultAdamW, sizes: { batch: 8, seq: 512, supervised: 4096 },
 * });
 */
export function trainingMemory(options: MemoryOptions): TrainingMemory {
  const { config, loss = config && decoderLoss(config), optimizer, muon, evaluates } = options;
  if (!loss) throw new Error("trainingMemory: give a decoder's config or a loss");
  const differentiated = gradientOptionsOf(config, options);
  const traced = gradientGraph(loss, differentiated);
  const sizes = new Map(Object.entries(options.sizes));
  for (const symbol of traced.graph.inputs.flatMap(({ shape }) => shape.flatMap(dimSymbols))) {
    if (sizes.has(symbol)) continue;
    throw new Error(`trainingMemory: "sizes" has no ${symbol}, which the loss's inputs need`);
  }
  const [trained, frozen] = [traced.parameters, traced.frozen].map(bytesOf);
  // Of quantised weights, each session has packed copies.
  const packed = differentiated.formats
    ? bytesOf(traced.frozen.filter(({ shape }) => shape.length > 1))
    : 0;
  const { isMuon = isLayerMatrix } = options;
  const matrices = muon ? traced.parameters.filter(isMuon) : [];
  const hasSquares = optimizer.kind === undefined || optimizer.kind === "adamw";
  const inputs = traced.graph.inputs.reduce((sum, tensor) => sum + typeBytes(tensor, sizes), 0);
  const activations = inputs + peakBytes(traced.graph, sizes);
  return {
    weights: trained + frozen + packed * (evaluates ? 2 : 1),
    gradients: trained * (options.accumulates ? 2 : 1),
    optimizer:
      trained +
      (hasSquares ? trained - bytesOf(matrices) : 0) +
      (options.average === undefined ? 0 : trained) +
      (matrices.length > 0 ? peakBytes(muonGraph(matrices, muon), new Map()) : 0),
    activations:
      activations +
      (traced.aheadGraph ? peakBytes(traced.aheadGraph, sizes) : 0) +
      (evaluates ? peakBytes(traced.lossGraph, sizes) : 0),
  };
}

const bytesOf = (specs: readonly ParameterSpec[]): number =>
  specs.reduce(
    (sum, { shape, dtype = "f32" }) =>
      sum + shape.reduce((n, size) => n * size, dtypes[dtype].bytes),
    0,
  );
