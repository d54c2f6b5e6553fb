/**
 * Quantised weights as parameters. Beside a `weight` that is not there, a scope then has
 * `weight_packed` u8, `weight_scales` f32 and maybe `weight_zeros` u8 (see
 * graph/ops/quantized-linear.ts), `weight_rows`, which is `weight_packed` as a table, and
 * `weight_order` i64; or `weight_columns` i8 [inputs, outputs] and `weight_scales` f32 [outputs].
 */

import { gather } from "../graph/ops/gather.ts";
import { blockGather, blockMatmul, blockShapes } from "../graph/ops/quantized-linear.ts";
import { rowMatmul } from "../graph/ops/quantized-rows.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type Scope, type WeightFormat, zeros as zeroInit } from "./scope.ts";

type BlockFormat = Extract<WeightFormat, { kind: "blocks" }>;

/** x Wᵀ with the weight of a scope in its format. */
export function quantizedProduct(
  p: Scope,
  x: Tensor,
  outputs: number,
  inputs: number,
  format: WeightFormat,
): Tensor {
  if (format.kind === "per-token") {
    const columns = p.parameter("weight_columns", [inputs, outputs], zeroInit, "i8");
    return rowMatmul(x, columns, p.parameter("weight_scales", [outputs], zeroInit, "f32"));
  }
  const shapes = blockShapes(outputs, inputs, format);
  const packed = p.parameter("weight_packed", shapes.packed, zeroInit, "u8");
  const ordered = format.isOrdered
    ? gather(x, p.parameter("weight_order", [inputs], zeroInit, "i64"), -1)
    : x;
  return blockMatmul(ordered, { packed, ...scalesOf(p, shapes, format) }, format);
}

/** Rows of the table of a scope in its format, which must be in blocks. */
export function quantizedEmbedding(
  p: Scope,
  ids: Tensor,
  rows: number,
  width: number,
  format: WeightFormat,
): Tensor {
  if (format.kind !== "blocks" || format.isOrdered || width % format.block !== 0) {
    const stored = JSON.stringify(format);
    throw new Error(
      `${p.path}.weight: rows of ${width} numbers cannot be read from ${stored}; keep the ` +
        "embedding in f32",
    );
  }
  const shapes = blockShapes(rows, width, format);
  const packed = p.parameter("weight_rows", shapes.rows, zeroInit, "u8");
  return blockGather({ packed, ...scalesOf(p, shapes, format) }, ids, format);
}

function scalesOf(p: Scope, shapes: ReturnType<typeof blockShapes>, format: BlockFormat) {
  return {
    scales: p.parameter("weight_scales", shapes.scales, zeroInit, "f32"),
    zeros: format.hasZeros ? p.parameter("weight_zeros", shapes.zeros, zeroInit, "u8") : undefined,
  };
}
