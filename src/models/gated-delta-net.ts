/**
 * The gated delta net layer of Qwen3-Next and Qwen3.5 (Yang et al., "Gated Delta Networks", 2024):
 * linear attention over a state of fixed size, behind a short causal convolution.
 *
 * Qwen3-Next projects to q, k, v, z (and b, a) interleaved by key head; Qwen3.5 has one projection
 * for q, k, v and one each for z, b and a. All norms of the decoder scale by 1 + weight, but the
 * gated norm in here by its weight alone.
 */

import { silu } from "../graph/ops/activation.ts";
import { causalConv } from "../graph/ops/causal-conv.ts";
import { add, exp, mul, neg, sigmoid, where } from "../graph/ops/elementwise.ts";
import { gatedDelta } from "../graph/ops/gated-delta.ts";
import { concat, split } from "../graph/ops/join.ts";
import { softplus } from "../graph/ops/math.ts";
import { l2Norm } from "../graph/ops/norm.ts";
import { expandDims, reshape } from "../graph/ops/reshape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { linear } from "../nn/linear.ts";
import { rmsNorm } from "../nn/norm.ts";
import { normal, ones, type Scope, zeros } from "../nn/scope.ts";
import type { DecoderConfig, LayerState } from "./decoder.ts";

export interface DeltaNetConfig {
  /** Whether each layer of the decoder is a delta net; the others attend. */
  readonly layers: readonly boolean[];
  readonly keyHeads: number;
  /** A multiple of keyHeads; value head h reads with key head h // (valueHeads / keyHeads). */
  readonly valueHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  /** Taps of the convolution. */
  readonly kernel: number;
  /** How the checkpoint stores the input projections. */
  readonly projections: "grouped" | "separate";
}

export interface DeltaNetInputs {
  /** [batch, seq, hidden] */
  readonly x: Tensor;
  /** `conv` [batch, kernel - 1, channels] and `delta` [batch, valueHeads, keyDim, valueDim]. */
  readonly state?: LayerState;
  /** bool [batch, 1]: rows that are false leave their state as it was. */
  readonly active?: Tensor;
}

export function gatedDeltaNet(
  p: Scope,
  c: DecoderConfig,
  net: DeltaNetConfig,
  { x, state, active }: DeltaNetInputs,
): { output: Tensor; state?: LayerState } {
  const { keyHeads, valueHeads, keyDim, valueDim, kernel } = net;
  const [batch, seq] = x.shape;
  const [keys, values] = [keyHeads * keyDim, valueHeads * valueDim];
  const channels = 2 * keys + values;
  const project = net.projections === "grouped" ? grouped : separate;
  const { qkv, z, b, a } = project(p, c, net, x);
  const taps = p.in("conv1d").parameter("weight", [channels, 1, kernel], normal(0.2));
  const decay = p.parameter("A_log", [valueHeads], normal(1));
  const shift = p.parameter("dt_bias", [valueHeads], ones);
  const mixed = p.trace(() => {
    const weight = reshape(taps, [channels, kernel]);
    const conv = causalConv(qkv, weight, { activation: "silu", state: state?.conv });
    const [q, k, v] = split(conv.output, [keys, keys, values], 2);
    const heads = (t: Tensor, count: number): Tensor => reshape(t, [batch, seq, count, -1]);
    let g = neg(mul(exp(decay), softplus(add(a, shift)))); // [batch, seq, valueHeads]
    let beta = sigmoid(b);
    if (active) {
      // Decay 1 and a correction of 0: the state is multiplied by 1 and gets 0 added.
      const row = expandDims(active, 2); // [batch, 1, 1]
      g = where(row, g, 0);
      beta = where(row, beta, 0);
    }
    const [query, key] = [q, k].map((t) => l2Norm(heads(t, keyHeads)));
    const y = gatedDelta(query, key, heads(v, valueHeads), g, beta, { state: state?.delta });
    return { y, conv };
  });
  const normed = rmsNorm(p.in("norm"), mixed.y.output, c.normEpsilon);
  const gated = p.trace(() => mul(normed, silu(z))); // [batch, seq, valueHeads, valueDim]
  const out = reshape(gated, [batch, seq, values]);
  const output = linear(p.in("out_proj"), out, c.hiddenSize, { init: zeros });
  if (!state) return { output };
  const held = active
    ? where(expandDims(active, 2), mixed.conv.state, state.conv)
    : mixed.conv.state;
  return { output, state: { conv: held, delta: mixed.y.state } };
}

/** qkv [batch, seq, channels], z [batch, seq, valueHeads, valueDim], b and a [.., valueHeads]. */
interface Projected {
  readonly qkv: Tensor;
  readonly z: Tensor;
  readonly b: Tensor;
  readonly a: Tensor;
}

/** Qwen3-Next: rows of the weights are grouped by key head, [q | k | v | z] and [b | a]. */
function grouped(
  p: Scope,
  c: DecoderConfig,
  { keyHeads, valueHeads, keyDim, valueDim }: DeltaNetConfig,
  x: Tensor,
): Projected {
  const [batch, seq] = x.shape;
  const ratio = valueHeads / keyHeads;
  const init = normal(c.initializerRange);
  const project = (name: string, sizes: readonly number[]): readonly Tensor[] => {
    const width = sizes.reduce((sum, size) => sum + size, 0);
    const y = linear(p.in(name), x, keyHeads * width, { init });
    return split(reshape(y, [batch, seq, keyHeads, width]), sizes, 3);
  };
  const wide = ratio * valueDim;
  const [q, k, v, z] = project("in_proj_qkvz", [keyDim, keyDim, wide, wide]);
  const [b, a] = project("in_proj_ba", [ratio, ratio]);
  const join = (t: Tensor): Tensor => reshape(t, [batch, seq, -1]);
  return {
    qkv: concat([join(q), join(k), join(v)], 2),
    z: reshape(z, [batch, seq, valueHeads, valueDim]),
    b: reshape(b, [batch, seq, valueHeads]),
    a: reshape(a, [batch, seq, valueHeads]),
  };
}

/** Qwen3.5: a projection each, heads one after the other. */
function separate(
  p: Scope,
  c: DecoderConfig,
  { keyHeads, valueHeads, keyDim, valueDim }: DeltaNetConfig,
  x: Tensor,
): Projected {
  const [batch, seq] = x.shape;
  const init = normal(c.initializerRange);
  const project = (name: string, width: number): Tensor => linear(p.in(name), x, width, { init });
  const values = valueHeads * valueDim;
  return {
    qkv: project("in_proj_qkv", 2 * keyHeads * keyDim + values),
    z: reshape(project("in_proj_z", values), [batch, seq, valueHeads, valueDim]),
    b: project("in_proj_b", valueHeads),
    a: project("in_proj_a", valueHeads),
  };
}
