/** Sound as embeddings, and embeddings as the frames of a spectrogram. */

import { gelu } from "../../graph/ops/activation.ts";
import { add, maximum } from "../../graph/ops/elementwise.ts";
import { slice } from "../../graph/ops/join.ts";
import { expandDims, squeeze } from "../../graph/ops/reshape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import type { Embedded } from "../sequence-body.ts";
import { adaptorInit, encoderStack } from "./encoder-block.ts";

/** How sound enters a model. */
export interface AudioAdaptor {
  /** Mel bands of a frame. */
  readonly mels: number;
  /** Frames (of 10 ms) that make one position. */
  readonly stack: number;
  readonly layers: number;
  /** Most positions of a recording. */
  readonly maxPositions: number;
}

/** How a model gives sound: several frames of a log-mel spectrogram a position. */
export interface SpeechTarget {
  readonly mels: number;
  readonly stack: number;
  readonly sampleRate: number;
  /** The network sees (value - mean) / deviation. */
  readonly mean: number;
  readonly deviation: number;
  /** Most positions of a recording. */
  readonly maxPositions: number;
}

/**
 * @param features f32 [batch, positions, stack * mels]: log-mel frames, `stack` in a row
 * @param valid bool [batch, positions]
 */
export function audioAdaptor(
  p: Scope,
  c: AudioAdaptor,
  features: Tensor,
  valid: Tensor | undefined,
  width: number,
): Embedded {
  const inner = linear(p.in("frame", 0), features, 2 * width, { bias: true, init: adaptorInit });
  const frames = linear(p.in("frame", 1), gelu(inner), width, { bias: true, init: adaptorInit });
  const table = p.parameter("positions", [c.maxPositions, width], adaptorInit);
  const placed = add(frames, expandDims(slice(table, 0, 0, features.shape[1]), 0));
  const embed = encoderStack(p, placed, { layers: c.layers, width, valid });
  return { modality: "audio", embed, valid, layout: { kind: "line" } };
}

/**
 * Frames that were given, as the body reads them to give the next: a narrow prenet (Tacotron 2,
 * section 2.2) keeps it from copying them.
 *
 * @param frames f32 [batch, positions, stack * mels]
 */
export function speechInput(p: Scope, frames: Tensor, width: number): Tensor {
  const inner = linear(p.in("prenet", 0), frames, width / 2, { bias: true, init: adaptorInit });
  return linear(p.in("prenet", 1), maximum(inner, 0), width, { bias: true, init: adaptorInit });
}

/**
 * @param hidden [batch, positions, width]
 * @returns `frames` [batch, positions, stack * mels], and `stop` [batch, positions]: the logit of
 *   this position being the last
 */
export function speechOutput(
  p: Scope,
  { mels, stack }: Pick<SpeechTarget, "mels" | "stack">,
  hidden: Tensor,
): { readonly frames: Tensor; readonly stop: Tensor } {
  const frames = linear(p.in("frames"), hidden, stack * mels, { bias: true, init: adaptorInit });
  const stop = linear(p.in("stop"), hidden, 1, { bias: true, init: adaptorInit });
  return { frames, stop: squeeze(stop, [2]) };
}
