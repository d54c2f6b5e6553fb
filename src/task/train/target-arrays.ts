/** Prepared targets of several samples as the inputs of their loss (`taskLoss`). */

import { noiseBatch } from "../../generate/diffusion/index.ts";
import { type NDArray, ndarray, zeros } from "../../graph/ndarray.ts";
import { NOISE_FEATURES, noiseFeatures } from "../../models/adaptors/index.ts";
import type { Random } from "../../nn/random.ts";
import { bodyOf, type TaskModelConfig } from "../model/config.ts";
import { padded } from "../model/group-arrays.ts";
import { noiseSchedule } from "../model/noise.ts";
import type { PreparedSample, PreparedTarget } from "../prepare/sample.ts";

interface TargetArrays {
  readonly arrays: Record<string, NDArray>;
  /** What the loss sums over. */
  readonly count: number;
}

type Of<K extends PreparedTarget["kind"]> = Extract<PreparedTarget, { kind: K }>;

/**
 * @param start token that a target starts from
 * @param samples of one kind of target
 * @param random noise of diffusion
 */
export function targetArrays(
  c: TaskModelConfig,
  start: number,
  samples: readonly PreparedSample[],
  random: Random,
): TargetArrays {
  const targets = samples.map(({ target }) => target);
  const { kind } = targets[0];
  const isAll = <K extends PreparedTarget["kind"]>(
    all: readonly PreparedTarget[],
    of: K,
  ): all is readonly Of<K>[] => all.every((target) => target.kind === of);
  if (isAll(targets, "tokens")) return tokenArrays(bodyOf(c).vocabSize, start, targets);
  if (isAll(targets, "speech")) return speechArrays(c, targets);
  if (isAll(targets, "motion")) return motionArrays(c, targets, random);
  throw new Error(`task: targets of several kinds (${kind}, …) share no batch`);
}

function tokenArrays(
  vocabSize: number,
  start: number,
  targets: readonly Of<"tokens">[],
): TargetArrays {
  const length = padded(Math.max(...targets.map(({ ids }) => ids.length)));
  const ids = zeros("i64", [targets.length, length]);
  const rows: number[] = [];
  const labels: number[] = [];
  const open: Int32Array[] = [];
  targets.forEach(({ ids: own, prefix, start: first = start, fed = own, allowed }, i) => {
    for (let at = 0; at < own.length; at++) {
      ids.data[i * length + at] = BigInt(at === 0 ? first : fed[at - 1]);
      if (at < prefix) continue;
      rows.push(i * length + at);
      labels.push(own[at]);
      if (allowed) open.push(allowed[at - prefix]);
    }
  });
  const arrays: Record<string, NDArray> = {
    "target.ids": ids,
    rows: integers(rows),
    labels: integers(labels),
  };
  if (open.length > 0) arrays.allowed = allowedArray(open, vocabSize);
  return { arrays, count: labels.length };
}

/** Labels of `soundLoss`: what is generated, without its end. */
export function ctcArrays(samples: readonly PreparedSample[]): Record<string, NDArray> {
  const spoken = samples.map(({ target }) =>
    target.kind === "tokens" ? target.ids.slice(target.prefix, -1) : [],
  );
  const most = padded(Math.max(1, ...spoken.map((ids) => ids.length)));
  const labels = zeros("i64", [samples.length, most]);
  spoken.forEach((ids, i) => {
    for (const [at, id] of ids.entries()) labels.data[i * most + at] = BigInt(id);
  });
  return { "ctc.labels": labels, "ctc.sizes": integers(spoken.map((ids) => ids.length)) };
}

function integers(values: readonly number[]): NDArray {
  const array = zeros("i64", [values.length]);
  values.forEach((value, i) => {
    array.data[i] = BigInt(value);
  });
  return array;
}

function allowedArray(open: readonly Int32Array[], vocabSize: number): NDArray {
  const array = zeros("bool", [open.length, vocabSize]);
  open.forEach((ids, row) => {
    for (const id of ids) array.data[row * vocabSize + id] = 1;
  });
  return array;
}

/** Each position is fed the frames before it, the first silence. */
function speechArrays(c: TaskModelConfig, targets: readonly Of<"speech">[]): TargetArrays {
  const width = c.speech!.stack * c.speech!.mels;
  const length = padded(Math.max(...targets.map(({ count }) => count)));
  const shape = [targets.length, length];
  const [fed, frames] = [0, 1].map(() => zeros("f32", [...shape, width]));
  const stop = zeros("f32", shape);
  const valid = zeros("bool", shape);
  let count = 0;
  targets.forEach((target, i) => {
    (frames.data as Float32Array).set(target.frames, i * length * width);
    const before = target.frames.subarray(0, (target.count - 1) * width);
    (fed.data as Float32Array).set(before, (i * length + 1) * width);
    (valid.data as Uint8Array).fill(1, i * length, i * length + target.count);
    stop.data[i * length + target.count - 1] = 1;
    count += target.count;
  });
  return {
    arrays: {
      "target.fed": fed,
      "target.frames": frames,
      "target.stop": stop,
      "target.valid": valid,
    },
    count,
  };
}

/** Each motion at a noise of its own. */
function motionArrays(
  c: TaskModelConfig,
  targets: readonly Of<"motion">[],
  random: Random,
): TargetArrays {
  const { features, maxFrames, mostErrorWeight = Infinity } = c.motion!;
  const rows = targets.length;
  const length = padded(Math.max(...targets.map(({ count }) => count)), maxFrames);
  const frames = zeros("f32", [rows, length, features]);
  const valid = zeros("bool", [rows, length]);
  const weight = zeros("f32", [rows, length]);
  const noise = zeros("f32", [rows, NOISE_FEATURES]);
  targets.forEach((target, i) => {
    (frames.data as Float32Array).set(target.frames, i * length * features);
    (valid.data as Uint8Array).fill(1, i * length, i * length + target.count);
  });
  const batch = noiseBatch(noiseSchedule, frames.data as Float32Array, rows, random);
  let count = 0;
  targets.forEach((target, i) => {
    const start = i * length;
    (weight.data as Float32Array).fill(
      Math.min(batch.weights[i], mostErrorWeight),
      start,
      start + target.count,
    );
    const level = batch.timesteps[i] / noiseSchedule.steps;
    (noise.data as Float32Array).set(noiseFeatures(level), i * NOISE_FEATURES);
    count += target.count;
  });
  return {
    arrays: {
      "target.noisy": ndarray("f32", frames.shape, batch.noisy),
      "target.frames": frames,
      "target.noise": noise,
      "target.valid": valid,
      "target.weight": weight,
    },
    count,
  };
}
