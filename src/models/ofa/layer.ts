/**
 * Blocks of OFA's layers: pre-norm attention and feed-forward network with NormFormer's extras
 * (Shleifer et al., 2021): a factor of each head, and norms behind both. In the checkpoints' names.
 */

import { gelu } from "../../graph/ops/activation.ts";
import { attention } from "../../graph/ops/attention.ts";
import { attend, queryPlaces } from "../../graph/ops/attention-parts.ts";
import { add, mul } from "../../graph/ops/elementwise.ts";
import { concat, slice } from "../../graph/ops/join.ts";
import { expandDims, reshape, transpose } from "../../graph/ops/reshape.ts";
import { type Dim, dimAdd } from "../../graph/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { linear } from "../../nn/linear.ts";
import { layerNorm } from "../../nn/norm.ts";
import { normal, ones, type Scope } from "../../nn/scope.ts";
import type { OfaConfig } from "./config.ts";
import { NORM_EPSILON } from "./positions.ts";

/** x W + b, to the model's own width. */
export const project = (p: Scope, c: OfaConfig, x: Tensor, width = c.width): Tensor =>
  linear(p, x, width, { bias: true, init: normal(c.initializerRange) });

/** What queries are multiplied by. */
export const queryScale = (c: OfaConfig, heads: number): number =>
  ((c.width / heads) * c.scaleFactor) ** -0.5;

/** [..., n, width] -> [..., heads, n, width / heads] */
export function headsFirst(x: Tensor, heads: number): Tensor {
  const lead = x.shape.slice(0, -1);
  const width = x.shape[x.shape.length - 1] as number;
  const split = reshape(x, [...lead, heads, width / heads]);
  const order = split.shape.map((_, i) => i);
  const n = lead.length - 1;
  return transpose(split, [...order.slice(0, n), n + 1, n, n + 2]);
}

/** Keys and values of the source, [batch, heads, source, headDim] each. */
export interface SourceState {
  readonly key: Tensor;
  readonly value: Tensor;
}

/** What a block attends to. */
export type Attended =
  /** x itself; with a cache, what it holds too. */
  | {
      readonly kind: "self";
      readonly causal: boolean;
      readonly cache?: { readonly key: Tensor; readonly value: Tensor; readonly past: Tensor };
    }
  /** States of the source [batch, source, width]. */
  | { readonly kind: "source"; readonly states: Tensor }
  | { readonly kind: "kept"; readonly source: SourceState };

export interface AttentionBlock {
  readonly x: Tensor;
  readonly heads: number;
  /** Added to the scores: [batch or 1, heads, queries, keys]. */
  readonly bias: Tensor;
  readonly to: Attended;
}

/**
 * x + norm(attention(norm(x))). Norms are `NAME_layer_norm` and `NAME_mid_layer_norm`.
 *
 * @returns x after it, and the cache with the new keys and values where one was given
 */
export function attentionBlock(
  layer: Scope,
  name: "self_attn" | "cross_attn",
  c: OfaConfig,
  { x, heads, bias, to }: AttentionBlock,
): { x: Tensor; key?: Tensor; value?: Tensor } {
  const p = layer.in(name);
  const normed = layerNorm(layer.in(`${name}_layer_norm`), x, NORM_EPSILON);
  const [batch, seq] = x.shape;
  const split = (y: Tensor): Tensor => reshape(y, [batch, y.shape[1], heads, c.width / heads]);
  const scale = queryScale(c, heads);
  const q = split(project(p.in("q_proj"), c, normed));
  let mixed: { output: Tensor; presentKey?: Tensor; presentValue?: Tensor };
  if (to.kind === "kept") {
    const options = { causal: false, scale, window: 0, softCap: 0, bias };
    const { key, value } = to.source;
    mixed = p.trace(() => ({ output: attend(q, key, value, options, queryPlaces(q, q)) }));
  } else {
    const from = to.kind === "source" ? to.states : normed;
    const k = split(project(p.in("k_proj"), c, from));
    const v = split(project(p.in("v_proj"), c, from));
    const options =
      to.kind === "self"
        ? { causal: to.causal, scale, bias, cache: to.cache }
        : { causal: false, scale, bias };
    mixed = p.trace(() => attention(q, k, v, options));
  }
  const { output } = mixed; // [batch, seq, heads, headDim]
  const factor = (): Tensor => expandDims(p.parameter("c_attn", [heads], ones), 1);
  const scaled = c.scaleHeads ? p.trace(() => mul(output, factor())) : output;
  const y = project(p.in("out_proj"), c, reshape(scaled, [batch, seq, c.width]));
  const last = c.scaleAttention
    ? layerNorm(layer.in(`${name}_mid_layer_norm`), y, NORM_EPSILON)
    : y;
  return { x: add(x, last), key: mixed.presentKey, value: mixed.presentValue };
}

/** The source's keys and values as a decoder layer's steps want them. */
export function sourceState(layer: Scope, c: OfaConfig, states: Tensor): SourceState {
  const p = layer.in("cross_attn");
  const of = (name: string): Tensor => headsFirst(project(p.in(name), c, states), c.decoderHeads);
  return { key: of("k_proj"), value: of("v_proj") };
}

/** A stretch of x that is of one modality. */
export interface Stretch {
  readonly modality: string;
  readonly length: Dim;
}

/**
 * x + fc2(norm(gelu(fc1(norm(x))))). Modalities with networks of their own have them as
 * `experts_fc1.NAME` and `experts_fc2.NAME` (OFASys, module/transformer_layer.py).
 *
 * @param stretches modalities along x, in order
 */
export function feedForwardBlock(
  layer: Scope,
  c: OfaConfig,
  x: Tensor,
  inner: number,
  stretches: readonly Stretch[],
): Tensor {
  const normed = layerNorm(layer.in("final_layer_norm"), x, NORM_EPSILON);
  const network = (y: Tensor, fc1: Scope, fc2: Scope): Tensor => {
    const between = gelu(project(fc1, c, y, inner));
    const scaled = c.scaleInner
      ? layerNorm(layer.in("ffn_layer_norm"), between, NORM_EPSILON)
      : between;
    return project(fc2, c, scaled);
  };
  let start: Dim = 0;
  const parts = joinAlike(stretches, c.modalFfn).map(({ modality, length }) => {
    const end = dimAdd(start, length);
    const part = slice(normed, 1, start, end);
    start = end;
    return c.modalFfn.includes(modality)
      ? network(part, layer.in("experts_fc1", modality), layer.in("experts_fc2", modality))
      : network(part, layer.in("fc1"), layer.in("fc2"));
  });
  return add(x, parts.length === 1 ? parts[0] : concat(parts, 1));
}

/** Neighbours that take the same network as one stretch. */
function joinAlike(stretches: readonly Stretch[], own: readonly string[]): Stretch[] {
  const joined: Stretch[] = [];
  for (const { modality, length } of stretches) {
    const name = own.includes(modality) ? modality : "";
    const last = joined.at(-1);
    if (last?.modality === name) {
      joined[joined.length - 1] = { modality: name, length: dimAdd(last.length, length) };
    } else joined.push({ modality: name, length });
  }
  return joined;
}
