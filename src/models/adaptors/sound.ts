/** Sound as embeddings, and embeddings as the frames of a spectrogram. */

import { gelu } from "../../graph/ops/activation.ts";
import { add, maximum } from "../../graph/ops/elementwise.ts";
import { slice } from "../../graph/ops/join.ts";
import { broadcastTo, expandDims, reshape, squeeze } from "../../graph/ops/reshape.ts";
import { dimMul } from "../../graph/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import type { Embedded } from "../sequence-body.ts";
import { adaptorInit, encoderBlocks, encoderEnd } from "./encoder-block.ts";

/** How sound enters a model. */
export interface AudioAdaptor {
  /** Mel bands of a frame. */
  readonly mels: number;
  /** Frames (of 10 ms) that the layers see as one. */
  readonly stack: number;
  readonly layers: number;
  /** How many of them become one position of the body, behind the layers (default 1). */
  readonly merge?: number;
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

/** Numbers of a position: its log-mel frames one behind the other. */
export const audioWidth = ({ mels, stack, merge = 1 }: AudioAdaptor): number =>
  mels * stack * merge;

/**
 * @param features f32 [batch, positions, `audioWidth`]
 * @param valid bool [batch, positions]
 */
export function audioAdaptor(
  p: Scope,
  c: AudioAdaptor,
  features: Tensor,
  valid: Tensor | undefined,
  width: number,
): Embedded {
  const { merge = 1 } = c;
  const [batch, positions] = features.shape;
  const fine = dimMul(positions, merge);
  const frames = reshape(features, [batch, fine, c.stack * c.mels]);
  const inner = linear(p.in("frame", 0), frames, 2 * width, { bias: true, init: adaptorInit });
  const embeds = linear(p.in("frame", 1), gelu(inner), width, { bias: true, init: adaptorInit });
  const table = p.parameter("positions", [c.maxPositions * merge, width], adaptorInit);
  const placed = add(embeds, expandDims(slice(table, 0, 0, fine), 0));
  const counts = valid && (merge === 1 ? valid : repeatEach(valid, merge));
  const seen = encoderBlocks(p, placed, c.layers, counts);
  const embed = encoderEnd(p, reshape(seen, [batch, positions, merge * width]), width);
  return { modality: "audio", embed, valid, layout: { kind: "line" } };
}

/** [batch, length] -> [batch, length * count] */
function repeatEach(x: Tensor, count: number): Tensor {
  const [batch, length] = x.shape;
  const spread = broadcastTo(expandDims(x, 2), [batch, length, count]);
  return reshape(spread, [batch, dimMul(length, count)]);
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
