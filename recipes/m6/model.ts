/** M6, small: one stack that reads pictures and text whole, and writes text from left to right. */

import type { DecoderConfig } from "../../src/models/decoder.ts";
import type { TaskModelConfig, Vocabulary } from "../../src/task/index.ts";
import { IMAGE } from "../shared/scenes.ts";

export interface M6Size {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
}

export function m6Config(
  { width, layers, heads }: M6Size,
  vocabulary: Vocabulary,
): TaskModelConfig {
  const headDim = width / heads;
  const config: DecoderConfig = {
    modelType: "onefold",
    vocabSize: vocabulary.tokenizer.vocabSize,
    hiddenSize: width,
    intermediateSize: 3 * width,
    layers,
    heads,
    kvHeads: heads,
    headDim,
    normEpsilon: 1e-6,
    tiedHead: true,
    maxPositions: 128,
    rope: { type: "default", theta: 10_000, width: headDim },
    windows: new Array<number>(layers).fill(0),
    qkvBias: false,
    outputBias: false,
    qkNorm: true,
    initializerRange: 0.05,
  };
  return { body: { kind: "decoder", config }, fullSource: true, bins: 0, image: IMAGE };
}
