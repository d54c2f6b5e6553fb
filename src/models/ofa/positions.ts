/**
 * Positions of a segment. OFA adds none to the embeddings: products of learned positions and
 * learned values of relative ones are added to the attention scores instead.
 */

import { add, minimum } from "../../graph/ops/elementwise.ts";
import { gather } from "../../graph/ops/gather.ts";
import { slice } from "../../graph/ops/join.ts";
import { iota, vector } from "../../graph/ops/leaf.ts";
import { transpose } from "../../graph/ops/reshape.ts";
import { type Dim, dimEquals } from "../../graph/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { embeddingTable } from "../../nn/linear.ts";
import { layerNorm } from "../../nn/norm.ts";
import { normal, type Scope, zeros } from "../../nn/scope.ts";
import type { Embedded, Layout } from "../sequence-body.ts";
import {
  codeBuckets,
  imageBucketCount,
  imageBuckets,
  imageCode,
  textBucketCount,
  textBuckets,
} from "./buckets.ts";
import type { OfaConfig } from "./config.ts";

export const NORM_EPSILON = 1e-5;

/** One kind of relative position: rows of a table that each layer has. */
interface Relative {
  /** i64 [..., queries, keys] */
  readonly rows: Tensor;
  /** [rows, heads] of a layer. */
  table(layer: number): Tensor;
}

export interface Positions {
  /** After their norm, [queries, width] (or with a batch before). */
  readonly embed: Tensor;
  readonly relative: readonly Relative[];
}

/** The encoder or the decoder: its scope, and how many heads its layers have. */
interface Side {
  readonly p: Scope;
  readonly heads: number;
}

/** Positions of a whole source segment among themselves. */
export function sourcePositions(side: Side, c: OfaConfig, segment: Embedded): Positions {
  const { layout, modality, embed } = segment;
  const length = embed.shape[1];
  if (layout.kind === "line") {
    const places = iota(length);
    return linePositions(side, c, modality, { at: places, keys: places, length });
  }
  const { rows, columns } = checkWindow(c, layout);
  const frames = layout.kind === "frames" ? layout.frames : 1;
  if (!dimEquals(length, frames * rows * columns)) {
    throw new Error(
      `ofa: a segment of ${length} positions is laid out as ${frames} x ${rows} x ${columns}; ` +
        "give the layout of its own length",
    );
  }
  const cells = Array.from({ length: rows * columns }, (_, i) => ({
    row: Math.floor(i / columns),
    column: i % columns,
  }));
  const everywhere = (of: readonly number[]): Tensor =>
    vector(Array.from({ length: frames }, () => of).flat(), "i64");
  const ids = everywhere(cells.map(({ row, column }) => row * c.imageBuckets + column + 1));
  const codes = everywhere(cells.map(({ row, column }) => imageCode(row, column, c.imageBuckets)));
  const image = gather(imageTable(side.p, c), ids);
  const relative = [imageRelative(side, c, imageBuckets(codes, codes, c.imageBuckets))];
  if (layout.kind === "grid") {
    return { embed: layerNorm(side.p.in("image_pos_ln"), image, NORM_EPSILON), relative };
  }
  // A frame's own positions, from 1 (OFASys, adaptor/video_image_sequence.py).
  const own = side.p.in("adaptor", modality);
  const span = c.maxPositions + 1;
  const frame = vector(
    Array.from({ length: length as number }, (_, i) => Math.floor(i / cells.length) + 1),
    "i64",
  );
  const table = embeddingTable(own.in("embed_frame_positions"), span, c.width, zeros);
  const between = textBuckets(frame, frame, c.tokenBuckets, span);
  relative.push(lineRelative(own.in("video_rel_pos_table_list"), side.heads, c, between));
  const both = add(image, gather(table, frame));
  return { embed: layerNorm(own.in("layernorm_position"), both, NORM_EPSILON), relative };
}

/** Places of new target positions `at` (i64 [..., n]) and of all that they may see (i64 [m]). */
export interface Places {
  readonly at: Tensor;
  readonly keys: Tensor;
  /** Where `at` is 0, 1, …: how many. */
  readonly length?: Dim;
}

/** Positions of target segments: a line, or image codes in a grid behind their start symbol. */
export function targetPositions(
  side: Side,
  c: OfaConfig,
  { layout, modality }: Pick<Embedded, "layout" | "modality">,
  places: Places,
): Positions {
  if (layout.kind === "line") return linePositions(side, c, modality, places);
  if (layout.kind === "frames") {
    throw new Error('ofa: a target in frames has no positions; give it the layout "line"');
  }
  const { rows, columns } = checkWindow(c, layout);
  const cells = Array.from({ length: rows * columns }, (_, i) => i);
  const place = (i: number) => [Math.floor(i / columns), i % columns] as const;
  const ids = cells.map((i) => place(i)[0] * c.imageBuckets + place(i)[1] + 1);
  const codes = cells.map((i) => imageCode(...place(i), c.imageBuckets));
  // A cache may have room for more keys than there are codes, and a batch padding behind the last.
  const [at, keys] = [places.at, places.keys].map((of) => minimum(of, cells.length));
  const codeOf = (of: Tensor): Tensor => gather(vector([0, ...codes], "i64"), of);
  const embed = gather(imageTable(side.p, c), gather(vector([0, ...ids], "i64"), at));
  return {
    embed: layerNorm(side.p.in("image_pos_ln"), embed, NORM_EPSILON),
    relative: [imageRelative(side, c, codeBuckets(at, keys, c.imageBuckets, codeOf))],
  };
}

/** What the kinds of relative positions add to a layer's scores: [..., heads, queries, keys]. */
export function relativeBias(relative: readonly Relative[], layer: number): Tensor {
  const biases = relative.map(({ rows, table }) => {
    const values = gather(table(layer), rows); // [..., queries, keys, heads]
    const rank = values.shape.length;
    const lead = values.shape.map((_, i) => i).slice(0, -3);
    return transpose(values, [...lead, rank - 1, rank - 3, rank - 2]);
  });
  return biases.reduce((a, b) => add(a, b));
}

function linePositions(side: Side, c: OfaConfig, modality: string, places: Places): Positions {
  const isText = modality === "text";
  const own = isText ? side.p : side.p.in("adaptor", modality);
  const span = c.maxPositions + 2;
  const { at, keys, length } = places;
  const longest = length ?? keys.shape[0];
  if (typeof longest === "number" && longest > span) {
    throw new Error(
      `ofa: ${longest} positions of ${modality} exceed "max_position_embeddings" ` +
        `${c.maxPositions}; shorten it or raise the setting of a fresh model`,
    );
  }
  const table = embeddingTable(own.in("embed_positions"), span, c.width, normal(c.width ** -0.5));
  const embed = length === undefined ? gather(table, at) : slice(table, 0, 0, length);
  const norm = own.in(isText ? "pos_ln" : "layernorm_position");
  const rows = textBuckets(at, keys, c.tokenBuckets, span);
  const relative = lineRelative(own.in("token_rel_pos_table_list"), side.heads, c, rows);
  return { embed: layerNorm(norm, embed, NORM_EPSILON), relative: [relative] };
}

const lineRelative = (p: Scope, heads: number, c: OfaConfig, rows: Tensor): Relative => ({
  rows,
  table: (layer) => embeddingTable(p.in(layer), textBucketCount(c.tokenBuckets), heads, zeros),
});

const imageRelative = ({ p, heads }: Side, c: OfaConfig, rows: Tensor): Relative => ({
  rows,
  table: (layer) =>
    embeddingTable(
      p.in("image_rel_pos_table_list", layer),
      imageBucketCount(c.imageBuckets),
      heads,
      zeros,
    ),
});

/** Row 0 is for what stands before image codes. */
const imageTable = (p: Scope, c: OfaConfig): Tensor =>
  embeddingTable(
    p.in("embed_image_positions"),
    c.imageBuckets ** 2 + 1,
    c.width,
    normal(c.width ** -0.5),
  );

function checkWindow<L extends Exclude<Layout, { kind: "line" }>>(c: OfaConfig, layout: L): L {
  if (layout.rows > c.imageBuckets || layout.columns > c.imageBuckets) {
    throw new Error(
      `ofa: ${layout.rows} x ${layout.columns} image tokens exceed "image_bucket_size" ` +
        `${c.imageBuckets}; give a smaller image`,
    );
  }
  return layout;
}
