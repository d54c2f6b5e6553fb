/** The programs that generate: one reads a source, others take the target's next positions. */

import { lower } from "../../graph/onnx/lowering.ts";
import { slice } from "../../graph/ops/join.ts";
import { input } from "../../graph/ops/leaf.ts";
import { squeeze } from "../../graph/ops/reshape.ts";
import type { Program } from "../../graph/program.ts";
import { dim } from "../../graph/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import {
  motionInput,
  motionOutput,
  NOISE_FEATURES,
  speechInput,
  speechOutput,
} from "../../models/adaptors/index.ts";
import type { BodyState, Embedded, Layout, StatePort } from "../../models/sequence-body.ts";
import { createParameters, type Scope } from "../../nn/scope.ts";
import { bodyOf, codeLayout, type TaskModelConfig } from "../model/config.ts";
import { type GroupKinds, sourceInputs } from "../model/network.ts";

/** Name of a state port among the outputs of a step. */
const presentOf = (port: string): string => `present ${port}`;

/** The ports that a step writes, by the names of its outputs: arrays are bound in place. */
export const writtenInto = <T>(
  ports: readonly StatePort[],
  state: Readonly<Record<string, T>>,
): Record<string, T> =>
  Object.fromEntries(
    ports.filter(({ isWritten }) => isWritten).map(({ name }) => [presentOf(name), state[name]]),
  );

/** Reads a source without padding. Outputs: the state ports by name, with batch as axis 0. */
export function beginProgram(c: TaskModelConfig, kinds: GroupKinds, capacity: number): Program {
  const body = bodyOf(c);
  const { root } = createParameters();
  const { inputs, embed } = sourceInputs(c, body, kinds, false);
  return lower({ inputs, outputs: body.begin(root, embed(root), capacity) });
}

/** What a step takes and gives. */
export type StepKind = "text" | "codes" | "speech" | "motion";

/**
 * The target's next positions. Inputs: `past` i32 [batch], the state ports, and
 * - text, codes: `ids` i64 [batch, new]; output `scores` [batch, vocab] of what follows the last;
 * - speech: `fed` f32 [batch, new, stack · mels]; outputs `frames` of the last position and `stop`;
 * - motion: `noisy` [batch, frames, features] and `noise` [batch, NOISE_FEATURES]; output `frames`.
 *
 * Further outputs: those of `writtenInto`.
 */
export function targetProgram(c: TaskModelConfig, kind: StepKind): Program {
  const body = bodyOf(c);
  const { root } = createParameters();
  const batch = dim("batch");
  const past = input("past", "i32", [batch]);
  const ports = body.statePorts(dim("source"), dim("capacity"));
  const state: BodyState = Object.fromEntries(
    ports.map(({ name, dtype, shape }) => [name, input(name, dtype, [batch, ...shape])]),
  );
  const { inputs, embed, outputs } = stepEnds(c, kind);
  const step = body.step(root, embed(root), state, past, { full: kind === "motion" });
  return lower({
    inputs: [...inputs, past, ...Object.values(state)],
    outputs: { ...outputs(root, step.hidden), ...writtenInto(ports, step.state) },
  });
}

interface StepEnds {
  readonly inputs: readonly Tensor[];
  readonly embed: (p: Scope) => Embedded;
  readonly outputs: (p: Scope, hidden: Tensor) => Record<string, Tensor>;
}

const LINE: Layout = { kind: "line" };

function stepEnds(c: TaskModelConfig, kind: StepKind): StepEnds {
  const body = bodyOf(c);
  const batch = dim("batch");
  const last = (x: Tensor): Tensor => squeeze(slice(x, 1, -1), [1]);
  if (kind === "text" || kind === "codes") {
    const ids = input("ids", "i64", [batch, dim("new")]);
    const layout = kind === "codes" ? codeLayout(c) : LINE;
    return {
      inputs: [ids],
      embed: (p) => ({ modality: "text", embed: body.embedTokens(p, ids, "target"), layout }),
      outputs: (p, hidden) => ({ scores: body.head(p, last(hidden)) }),
    };
  }
  if (kind === "speech") {
    const speech = c.speech!;
    const fed = input("fed", "f32", [batch, dim("new"), speech.stack * speech.mels]);
    const scope = (p: Scope): Scope => p.in("adaptors", "speech");
    return {
      inputs: [fed],
      embed: (p) => ({
        modality: "audio",
        embed: speechInput(scope(p), fed, body.width),
        layout: LINE,
      }),
      outputs(p, hidden) {
        const { frames, stop } = speechOutput(scope(p), speech, slice(hidden, 1, -1));
        return { frames, stop };
      },
    };
  }
  const motion = c.motion!;
  const noisy = input("noisy", "f32", [batch, dim("frames"), motion.features]);
  const noise = input("noise", "f32", [batch, NOISE_FEATURES]);
  const scope = (p: Scope): Scope => p.in("adaptors", "motion");
  return {
    inputs: [noisy, noise],
    embed: (p) => ({
      modality: "motion",
      embed: motionInput(scope(p), motion, noisy, noise, body.width),
      layout: LINE,
    }),
    outputs: (p, hidden) => ({ frames: motionOutput(scope(p), motion, hidden) }),
  };
}
