/** Linear maps and embeddings, in the layout of Hugging Face checkpoints. */

import { add } from "../graph/ops/elementwise.ts";
import { gather } from "../graph/ops/gather.ts";
import { matmul } from "../graph/ops/matmul.ts";
import { shapeError, type Tensor } from "../graph/tensor.ts";
import { quantizedEmbedding, quantizedProduct } from "./quantized.ts";
import { type Initialiser, normal, type Scope, zeros } from "./scope.ts";

export interface LinearOptions {
  readonly bias?: boolean;
  readonly init?: Initialiser;
}

/**
 * x Wᵀ (+ b) with `weight` [outputs, inputs] and `bias` [outputs]. Where the scope holds the weight
 * quantised, the product is that of its format.
 *
 * @param x [..., inputs]
 * @returns [..., outputs]
 */
export function linear(
  p: Scope,
  x: Tensor,
  outputs: number,
  { bias = false, init = normal(0.02) }: LinearOptions = {},
): Tensor {
  return p.trace(() => {
    const y = p.adapt(x, product(p, x, outputs, init));
    return bias ? add(y, p.parameter("bias", [outputs], zeros)) : y;
  });
}

function product(p: Scope, x: Tensor, outputs: number, init: Initialiser): Tensor {
  const inputs = x.shape[x.shape.length - 1];
  if (typeof inputs !== "number") throw shapeError("linear", "last axis is not a number", [x]);
  p.observe("weight", x);
  const format = p.formatOf("weight");
  if (format) return quantizedProduct(p, x, outputs, inputs, format);
  return matmul(x, p.parameter("weight", [outputs, inputs], init), { transposeB: true });
}

/** The table of an embedding: `weight` [rows, width]. */
export const embeddingTable = (
  p: Scope,
  rows: number,
  width: number,
  init: Initialiser = normal(0.02),
): Tensor => p.parameter("weight", [rows, width], init);

/**
 * Rows of an embedding table.
 *
 * @param ids i64 [...]
 * @returns [..., width]
 */
export const embedding = (
  p: Scope,
  ids: Tensor,
  rows: number,
  width: number,
  init?: Initialiser,
): Tensor =>
  p.trace(() => {
    const format = p.formatOf("weight");
    if (format) return quantizedEmbedding(p, ids, rows, width, format);
    return gather(embeddingTable(p, rows, width, init), ids);
  });

/**
 * A head that is tied to an embedding: x times the table's transpose.
 *
 * @param p the embedding's scope
 * @param x [..., width]
 * @returns [..., rows]
 */
export const tiedHead = (p: Scope, x: Tensor, rows: number, init?: Initialiser): Tensor =>
  product(p, x, rows, init ?? normal(0.02));
