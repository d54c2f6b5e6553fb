/** Losses of tasks as graphs: next tokens, motion without its noise, frames of sound. */

import { abs, add, mul, sub } from "../../graph/ops/elementwise.ts";
import { gather } from "../../graph/ops/gather.ts";
import { input } from "../../graph/ops/leaf.ts";
import { mean, sum } from "../../graph/ops/reduce.ts";
import { reshape } from "../../graph/ops/reshape.ts";
import { dim } from "../../graph/shape.ts";
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
import { frameLoss, smoothedCrossEntropy, stopLoss } from "../../train/criteria/index.ts";
import type { LossFunction } from "../../train/index.ts";
import { bodyOf, codeLayout, type TaskModelConfig } from "../model/config.ts";
import { type GroupKinds, sourceInputs } from "../model/network.ts";

/** What decides the graph of a loss: samples of one layout share a program. */
export interface LossLayout {
  readonly source: GroupKinds;
  readonly target: "tokens" | "closed" | "codes" | "speech" | "motion";
  /** Smoothing of the labels, 0 to 1 (default 0). */
  readonly smoothing?: number;
}

export const layoutKey = ({ source, target, smoothing = 0 }: LossLayout): string =>
  `${source.join("+")}>${target}${smoothing > 0 ? ` smoothed ${smoothing}` : ""}`;

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
  { target: kind, smoothing = 0 }: LossLayout,
): TargetLoss {
  if (kind === "motion") return motionLoss(c, body);
  if (kind === "speech") return speechLoss(c, body);
  const layout = kind === "codes" ? codeLayout(c) : ({ kind: "line" } as const);
  return tokenLoss(body, { layout, isClosed: kind === "closed", smoothing });
}

/**
 * Inputs: `target.ids` i64 [batch, length], `rows` i64 [supervised] (flat places that predict),
 * `labels` i64 [supervised]; with a closed set `allowed` bool [supervised, vocab].
 */
function tokenLoss(
  body: SequenceBody,
  { layout, isClosed, smoothing }: { layout: Layout; isClosed: boolean; smoothing: number },
): TargetLoss {
  const supervised = dim("supervised");
  const ids = input("target.ids", "i64", [dim("batch"), dim("length")]);
  const rows = input("rows", "i64", [supervised]);
  const labels = input("labels", "i64", [supervised]);
  const allowed = input("allowed", "bool", [supervised, body.vocabSize]);
  return {
    inputs: [ids, rows, labels, ...(isClosed ? [allowed] : [])],
    total(p, source) {
      const embed = body.embedTokens(p, ids, "target");
      const target: Embedded = { modality: "text", embed, layout };
      const hidden = body.forward(p, source, target);
      const logits = body.head(p, gather(reshape(hidden, [-1, body.width]), rows));
      return sum(smoothedCrossEntropy(logits, labels, { smoothing, ...(isClosed && { allowed }) }));
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
