/** Losses of tasks as graphs: next tokens, motion without its noise, frames of sound. */

import { abs, add, cast, mul, sub } from "../../graph/ops/elementwise.ts";
import { gather } from "../../graph/ops/gather.ts";
import { slice } from "../../graph/ops/join.ts";
import { input } from "../../graph/ops/leaf.ts";
import { mean, sum } from "../../graph/ops/reduce.ts";
import { reshape } from "../../graph/ops/reshape.ts";
import { dim, dimAdd } from "../../graph/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import {
  motionInput,
  motionOutput,
  NOISE_FEATURES,
  speechInput,
  speechOutput,
} from "../../models/adaptors/index.ts";
import type { Embedded, Layout, SequenceBody } from "../../models/sequence-body.ts";
import type { Scope } from "../../nn/scope.ts";
import { ctcLoss, frameLoss, smoothedCrossEntropy, stopLoss } from "../../train/criteria/index.ts";
import type { LossFunction } from "../../train/index.ts";
import { bodyOf, codeLayout, type TaskModelConfig } from "../model/config.ts";
import { type GroupKinds, sourceInputs } from "../model/network.ts";

/** What decides the graph of a loss: samples of one layout share a program. */
export interface LossLayout {
  readonly source: GroupKinds;
  readonly target: "tokens" | "closed" | "codes" | "speech" | "motion";
  /** Smoothing of the labels, 0 to 1 (default 0). */
  readonly smoothing?: number;
  /** Of tokens: what the sound alone should tell of them (left out: nothing). */
  readonly ctc?: CtcTerm;
}

/** A second term of the loss: connectionist temporal classification on the sound's positions. */
export interface CtcTerm {
  /** Of its sum beside that of the tokens' cross-entropy. */
  readonly weight: number;
  /** The token that stands for none. */
  readonly blank: number;
}

export const layoutKey = ({ source, target, smoothing = 0, ctc }: LossLayout): string =>
  `${source.join("+")}>${target}${smoothing > 0 ? ` smoothed ${smoothing}` : ""}` +
  (ctc ? ` ctc ${ctc.weight}` : "");

interface TargetLoss {
  readonly inputs: readonly Tensor[];
  readonly total: (p: Scope, source: readonly Embedded[]) => Tensor;
}

/**
 * The loss of a layout, a sum over what is supervised, times the input `scale` f32 []. Inputs are
 * those of the source (padded), and of the target: see each function below.
 */
export function taskLoss(c: TaskModelConfig, layout: LossLayout): LossFunction {
  return (p) => {
    const body = bodyOf(c);
    const source = sourceInputs(c, body, layout.source, true);
    const scale = input("scale", "f32", []);
    const target = targetLoss(c, body, layout);
    const total = mul(target.total(p, source.embed(p)), scale);
    return { inputs: [...source.inputs, ...target.inputs, scale], total };
  };
}

function targetLoss(
  c: TaskModelConfig,
  body: SequenceBody,
  { source, target: kind, smoothing = 0, ctc }: LossLayout,
): TargetLoss {
  if (kind === "motion") return motionLoss(c, body);
  if (kind === "speech") return speechLoss(c, body);
  const layout = kind === "codes" ? codeLayout(c) : ({ kind: "line" } as const);
  const heard = ctc && { ...ctc, segment: source.indexOf("audio") };
  return tokenLoss(body, { layout, isClosed: kind === "closed", smoothing, heard });
}

/**
 * Inputs: `target.ids` i64 [batch, length], `rows` i64 [supervised] (flat places that predict),
 * `labels` i64 [supervised]; with a closed set `allowed` bool [supervised, vocab]; with CTC those of
 * `soundLoss`.
 */
function tokenLoss(
  body: SequenceBody,
  { layout, isClosed, smoothing, heard }: TokenLossOptions,
): TargetLoss {
  const supervised = dim("supervised");
  const ids = input("target.ids", "i64", [dim("batch"), dim("length")]);
  const rows = input("rows", "i64", [supervised]);
  const labels = input("labels", "i64", [supervised]);
  const allowed = input("allowed", "bool", [supervised, body.vocabSize]);
  const sound = heard && soundLoss(body, heard);
  return {
    inputs: [ids, rows, labels, ...(isClosed ? [allowed] : []), ...(sound?.inputs ?? [])],
    total(p, source) {
      const embed = body.embedTokens(p, ids, "target");
      const target: Embedded = { modality: "text", embed, layout };
      const hidden = body.forwardBoth(p, source, target);
      const logits = body.head(p, gather(reshape(hidden.target, [-1, body.width]), rows));
      const spoken = smoothedCrossEntropy(logits, labels, {
        smoothing,
        ...(isClosed && { allowed }),
      });
      return sound ? add(sum(spoken), sound.total(p, source, hidden.source)) : sum(spoken);
    },
  };
}

interface TokenLossOptions {
  readonly layout: Layout;
  readonly isClosed: boolean;
  readonly smoothing: number;
  readonly heard: Heard | undefined;
}

/** A CTC term, and the source segment that it is of. */
interface Heard extends CtcTerm {
  readonly segment: number;
}

/**
 * CTC of the sound's positions behind the source's layers, over the whole vocabulary by its own
 * head (OFASys, `speech_to_text_loss`, which has a block of phones). Rows with more labels than
 * positions count 0. Inputs: `ctc.labels` i64 [batch, most labels] and `ctc.sizes` i64 [batch].
 */
function soundLoss(body: SequenceBody, { weight, blank, segment }: Heard) {
  const batch = dim("batch");
  const labels = input("ctc.labels", "i64", [batch, dim("spoken")]);
  const sizes = input("ctc.sizes", "i64", [batch]);
  return {
    inputs: [labels, sizes],
    total(p: Scope, source: readonly Embedded[], hidden: Tensor): Tensor {
      const lengths = source.map(({ embed }) => embed.shape[1]);
      const start = lengths.slice(0, segment).reduce(dimAdd, 0);
      const { valid } = source[segment];
      if (!valid) throw new Error("task: a CTC loss needs to know how long each sound is");
      const logits = body.head(p, slice(hidden, 1, start, dimAdd(start, lengths[segment])));
      const frames = cast(sum(cast(valid, "f32"), { axes: [1] }), "i64");
      const losses = ctcLoss(logits, labels, { frames, sizes, blank, zeroInfinity: true });
      return mul(sum(losses), weight);
    },
  };
}

/**
 * Diffusion that gives the motion itself (OFASys, `diffusion_criterion`): the mean distance of a
 * frame's numbers, times `target.weight`. Inputs: `target.noisy` and `target.frames`
 * [batch, frames, features], `target.noise` [batch, NOISE_FEATURES], `target.valid` bool and
 * `target.weight` f32 [batch, frames], 0 for padding.
 */
function motionLoss(c: TaskModelConfig, body: SequenceBody): TargetLoss {
  const { motion } = c;
  if (!motion) throw new Error('task: the model gives no motion (config "motion")');
  const [batch, frames] = [dim("batch"), dim("frames")];
  const shape = [batch, frames, motion.features];
  const noisy = input("target.noisy", "f32", shape);
  const clean = input("target.frames", "f32", shape);
  const noise = input("target.noise", "f32", [batch, NOISE_FEATURES]);
  const valid = input("target.valid", "bool", [batch, frames]);
  const weight = input("target.weight", "f32", [batch, frames]);
  return {
    inputs: [noisy, clean, noise, valid, weight],
    total(p, source) {
      const scope = p.in("adaptors", "motion");
      const embed = motionInput(scope, motion, noisy, noise, body.width);
      const target: Embedded = { modality: "motion", embed, valid, layout: { kind: "line" } };
      const hidden = body.forward(p, source, target, { full: true });
      const error = abs(sub(motionOutput(scope, motion, hidden), clean));
      return sum(mul(mean(error, { axes: [2] }), weight));
    },
  };
}

/**
 * Frames of sound: distance and squared distance of each position's frames, and whether it is the
 * last (Tacotron 2's loss without a postnet). Inputs: `target.fed` and `target.frames`
 * [batch, positions, stack · mels], `target.stop` f32 and `target.valid` bool [batch, positions].
 */
function speechLoss(c: TaskModelConfig, body: SequenceBody): TargetLoss {
  const { speech } = c;
  if (!speech) throw new Error('task: the model gives no sound (config "speech")');
  const [batch, positions] = [dim("batch"), dim("positions")];
  const shape = [batch, positions, speech.stack * speech.mels];
  const fed = input("target.fed", "f32", shape);
  const frames = input("target.frames", "f32", shape);
  const stop = input("target.stop", "f32", [batch, positions]);
  const valid = input("target.valid", "bool", [batch, positions]);
  return {
    inputs: [fed, frames, stop, valid],
    total(p, source) {
      const scope = p.in("adaptors", "speech");
      const embed = speechInput(scope, fed, body.width);
      const target: Embedded = { modality: "audio", embed, layout: { kind: "line" } };
      const out = speechOutput(scope, speech, body.forward(p, source, target));
      return sum(add(frameLoss(out.frames, frames, valid), stopLoss(out.stop, stop, valid)));
    },
  };
}
