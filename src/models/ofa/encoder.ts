/** OFA's encoder: the source's segments one behind another, each with positions of its own. */

import { add, cast, mul, where } from "../../graph/ops/elementwise.ts";
import { gather } from "../../graph/ops/gather.ts";
import { concat, pad } from "../../graph/ops/join.ts";
import { full, scalar } from "../../graph/ops/leaf.ts";
import { matmul } from "../../graph/ops/matmul.ts";
import { expandDims } from "../../graph/ops/reshape.ts";
import { type Dim, dimAdd, dimSub } from "../../graph/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { embeddingTable } from "../../nn/linear.ts";
import { layerNorm } from "../../nn/norm.ts";
import { normal, type Scope } from "../../nn/scope.ts";
import type { Embedded } from "../sequence-body.ts";
import type { OfaConfig } from "./config.ts";
import { attentionBlock, feedForwardBlock, headsFirst, project, queryScale } from "./layer.ts";
import { NORM_EPSILON, type Positions, relativeBias, sourcePositions } from "./positions.ts";

/** Finite, so that a row of nothing but padding gives a mean instead of NaN. */
const HIDDEN = -1e9;

/** What the encoder leaves for the decoder. */
export interface Source {
  /** [batch, length, width] */
  readonly states: Tensor;
  /** Normalised positions, [length, width]. */
  readonly positions: Tensor;
  /** Added to scores of its keys, [batch, 1, 1, length]; left out: all count. */
  readonly mask?: Tensor;
}

/** Runs the encoder over a source of one or more segments. */
export function encode(root: Scope, c: OfaConfig, segments: readonly Embedded[]): Source {
  if (segments.length === 0) throw new Error("ofa: the source has no segment; give at least one");
  const p = root.in("encoder");
  const heads = c.encoderHeads;
  const parts = segments.map((segment) => sourcePositions({ p, heads }, c, segment));
  const positions = concat(
    parts.map(({ embed }) => embed),
    0,
  );
  const valid = joinValid(segments);
  const embedded = concat(
    segments.map((segment) => embedSegment(p, c, segment)),
    1,
  );
  let x = valid ? zeroPadding(embedded, valid) : embedded;
  const absolute = absoluteBias(p, c, heads, {
    query: ["pos_q_linear", positions],
    key: ["pos_k_linear", positions],
  });
  const mask = valid && keyMask(valid);
  const shared = mask ? add(expandDims(absolute, 0), mask) : expandDims(absolute, 0);
  const stretches = segments.map(({ modality, embed }) => ({ modality, length: embed.shape[1] }));
  for (let i = 0; i < c.encoderLayers; i++) {
    const layer = p.in("layers", i);
    const bias = add(shared, expandDims(diagonal(parts, i), 0));
    const to = { kind: "self", causal: false } as const;
    x = attentionBlock(layer, "self_attn", c, { x, heads, bias, to }).x;
    x = feedForwardBlock(layer, c, x, c.encoderInner, stretches);
  }
  return { states: layerNorm(p.in("layer_norm"), x, NORM_EPSILON), positions, mask };
}

/** A segment with its kind's vector, normalised: [batch, length, width]. */
function embedSegment(p: Scope, c: OfaConfig, { modality, embed }: Embedded): Tensor {
  const known = { text: 0, image: 1 }[modality];
  const own = p.in("adaptor", modality);
  let x = embed;
  if (c.typeEmbedding) {
    const init = normal(c.width ** -0.5);
    const type =
      known === undefined
        ? embeddingTable(own.in("type_embedding"), 1, c.width, init)
        : gather(embeddingTable(p.in("type_embedding"), 2, c.width, init), scalar(known, "i64"));
    x = add(x, type);
  }
  if (!(modality === "text" ? c.textNorm : c.patchNorm)) return x;
  const names = { text: "layernorm_embedding", image: "patch_layernorm_embedding" };
  const norm =
    known === undefined ? own.in("layernorm_embedding") : p.in(names[modality as "text"]);
  return layerNorm(norm, x, NORM_EPSILON);
}

/** bool [batch, length] of all segments; undefined where none has padding. */
function joinValid(segments: readonly Embedded[]): Tensor | undefined {
  if (segments.every(({ valid }) => !valid)) return undefined;
  const all = segments.map(({ embed, valid }) => valid ?? full(embed.shape.slice(0, 2), 1, "bool"));
  return concat(all, 1);
}

/** x [batch, length, width] with zeros where it is padding. */
export const zeroPadding = (x: Tensor, valid: Tensor): Tensor =>
  mul(x, expandDims(cast(valid, "f32"), -1));

/** What hides padding from queries: bool [batch, keys] -> f32 [batch, 1, 1, keys]. */
export const keyMask = (valid: Tensor): Tensor =>
  expandDims(expandDims(where(valid, scalar(0), HIDDEN), 1), 1);

/**
 * Products of learned positions, [..., heads, queries, keys].
 *
 * @param of names of the linear maps, and normalised positions [..., n, width]
 */
export function absoluteBias(
  p: Scope,
  c: OfaConfig,
  heads: number,
  of: { readonly query: readonly [string, Tensor]; readonly key: readonly [string, Tensor] },
): Tensor {
  const query = positionQuery(p.in(of.query[0]), c, heads, of.query[1]);
  const key = headsFirst(project(p.in(of.key[0]), c, of.key[1]), heads);
  return matmul(query, key, { transposeB: true });
}

/** Scaled queries of positions: [..., n, width] -> [..., heads, n, headDim]. */
export const positionQuery = (p: Scope, c: OfaConfig, heads: number, at: Tensor): Tensor =>
  headsFirst(mul(project(p, c, at), queryScale(c, heads)), heads);

/** Relative biases of a layer: each segment's own block, nothing between: [heads, all, all]. */
function diagonal(parts: readonly Positions[], layer: number): Tensor {
  const total = parts.map(({ embed }) => embed.shape[0]).reduce(dimAdd);
  let start: Dim = 0;
  const rows = parts.map(({ embed, relative }) => {
    const end = dimAdd(start, embed.shape[0]);
    const block = pad(relativeBias(relative, layer), 2, start, dimSub(total, end));
    start = end;
    return block;
  });
  return concat(rows, 1);
}
