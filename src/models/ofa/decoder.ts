/** OFA's decoder over a whole target, and step by step over caches. */

import { cacheWrite } from "../../graph/ops/attention-parts.ts";
import { add, cast } from "../../graph/ops/elementwise.ts";
import { iota } from "../../graph/ops/leaf.ts";
import { matmul } from "../../graph/ops/matmul.ts";
import { expandDims } from "../../graph/ops/reshape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { layerNorm } from "../../nn/norm.ts";
import type { Scope } from "../../nn/scope.ts";
import type { BodyState, Embedded } from "../sequence-body.ts";
import type { OfaConfig } from "./config.ts";
import { absoluteBias, keyMask, positionQuery, type Source, zeroPadding } from "./encoder.ts";
import { type Attended, attentionBlock, feedForwardBlock, headsFirst, project } from "./layer.ts";
import { NORM_EPSILON, relativeBias, targetPositions } from "./positions.ts";

/** Hidden states [batch, length, width] of a whole target. */
export function decodeAll(
  root: Scope,
  c: OfaConfig,
  source: Source,
  target: Embedded,
  full: boolean,
): Tensor {
  const p = root.in("decoder");
  const heads = c.decoderHeads;
  const length = target.embed.shape[1];
  const places = iota(length);
  const positions = targetPositions({ p, heads }, c, target, {
    at: places,
    keys: places,
    length,
  });
  const { embed: at } = positions;
  const own = absoluteBias(p, c, heads, {
    query: ["self_pos_q_linear", at],
    key: ["self_pos_k_linear", at],
  });
  const crossing = absoluteBias(p, c, heads, {
    query: ["cross_pos_q_linear", at],
    key: ["cross_pos_k_linear", source.positions],
  });
  const masked = (bias: Tensor, mask: Tensor | undefined): Tensor =>
    mask ? add(expandDims(bias, 0), mask) : expandDims(bias, 0);
  const crossBias = masked(crossing, source.mask);
  const ownBias = masked(own, target.valid && keyMask(target.valid));
  return layers(p, c, target, (i) => ({
    ownBias: add(ownBias, expandDims(relativeBias(positions.relative, i), 0)),
    crossBias,
    own: { kind: "self", causal: !full },
    cross: { kind: "source", states: source.states },
  })).hidden;
}

/**
 * Hidden states of the next target positions.
 *
 * @param state as `begin` in body.ts gives it
 * @param past i32 [batch]
 * @param full they see each other, and fill the cache
 */
export function decodeNext(
  root: Scope,
  c: OfaConfig,
  target: Embedded,
  state: BodyState,
  past: Tensor,
  full: boolean,
): { readonly hidden: Tensor; readonly state: BodyState } {
  const p = root.in("decoder");
  const heads = c.decoderHeads;
  const capacity = state.position_key.shape[2];
  const at = add(expandDims(cast(past, "i64"), 1), expandDims(iota(target.embed.shape[1]), 0));
  const positions = targetPositions({ p, heads }, c, target, { at, keys: iota(capacity) });
  // Keys of positions are kept like those of tokens: a layout need not be known before.
  const newKey = headsFirst(project(p.in("self_pos_k_linear"), c, positions.embed), heads);
  const key = cacheWrite(state.position_key, newKey, past);
  const query = (name: string): Tensor => positionQuery(p.in(name), c, heads, positions.embed);
  const against = (q: Tensor, k: Tensor): Tensor => matmul(q, k, { transposeB: true });
  const ownBias = against(query("self_pos_q_linear"), key); // [batch, heads, new, capacity]
  const mask = expandDims(expandDims(state.source_mask, 1), 1);
  const crossBias = add(against(query("cross_pos_q_linear"), state.cross_position_key), mask);
  const { hidden, caches } = layers(p, c, target, (i) => ({
    ownBias: add(ownBias, relativeBias(positions.relative, i)),
    crossBias,
    own: {
      kind: "self",
      causal: !full,
      cache: { key: state[`key.${i}`], value: state[`value.${i}`], past },
    },
    cross: {
      kind: "kept",
      source: { key: state[`cross_key.${i}`], value: state[`cross_value.${i}`] },
    },
  }));
  return { hidden, state: { position_key: key, ...caches } };
}

interface LayerInputs {
  readonly ownBias: Tensor;
  readonly crossBias: Tensor;
  readonly own: Attended;
  readonly cross: Attended;
}

function layers(
  p: Scope,
  c: OfaConfig,
  target: Embedded,
  inputsOf: (layer: number) => LayerInputs,
): { hidden: Tensor; caches: BodyState } {
  const heads = c.decoderHeads;
  const caches: Record<string, Tensor> = {};
  let x = embedTarget(p, c, target);
  for (let i = 0; i < c.decoderLayers; i++) {
    const layer = p.in("layers", i);
    const { ownBias, crossBias, own, cross } = inputsOf(i);
    const after = attentionBlock(layer, "self_attn", c, { x, heads, bias: ownBias, to: own });
    if (after.key && after.value) {
      caches[`key.${i}`] = after.key;
      caches[`value.${i}`] = after.value;
    }
    const inputs = { x: after.x, heads, bias: crossBias, to: cross };
    x = attentionBlock(layer, "cross_attn", c, inputs).x;
    const stretch = { modality: target.modality, length: target.embed.shape[1] };
    x = feedForwardBlock(layer, c, x, c.decoderInner, [stretch]);
  }
  return { hidden: layerNorm(p.in("layer_norm"), x, NORM_EPSILON), caches };
}

/** Targets have no vector of their kind, but a norm: that of text, of codes, or one of their own. */
function embedTarget(p: Scope, c: OfaConfig, { modality, layout, embed, valid }: Embedded): Tensor {
  const isCode = layout.kind === "grid" && c.codeNorm;
  const own = modality === "text" ? p : p.in("adaptor", modality);
  const norm = isCode ? p.in("code_layernorm_embedding") : own.in("layernorm_embedding");
  const x = isCode || c.textNorm ? layerNorm(norm, embed, NORM_EPSILON) : embed;
  return valid ? zeroPadding(x, valid) : x;
}
