/** The gated feed-forward network of every Qwen decoder. */

import { silu } from "../graph/ops/activation.ts";
import { mul } from "../graph/ops/elementwise.ts";
import { remat } from "../graph/remat.ts";
import { shapeError, type Tensor } from "../graph/tensor.ts";
import { linear } from "./linear.ts";
import { type Initialiser, normal, type Scope, zeros } from "./scope.ts";

/**
 * SwiGLU (Shazeer, 2020): down(silu(gate x) · up x), with `gate_proj`, `up_proj` and `down_proj`.
 * A fresh one gives zero: see `decoder`.
 *
 * @param x [..., hidden]
 * @param inner width between
 * @param init of gate and up
 * @param recompute what is between is computed again in the backward pass, not kept for it
 * @returns [..., hidden]
 */
export function gatedMlp(
  p: Scope,
  x: Tensor,
  inner: number,
  init: Initialiser = normal(0.02),
  recompute = false,
): Tensor {
  const hidden = x.shape[x.shape.length - 1];
  if (typeof hidden !== "number") throw shapeError("gatedMlp", "last axis is not a number", [x]);
  const gate = linear(p.in("gate_proj"), x, inner, { init });
  const up = linear(p.in("up_proj"), x, inner, { init });
  const down = (open: Tensor, x: Tensor): Tensor => {
    const gated = p.trace(() => mul(silu(open), x));
    return linear(p.in("down_proj"), gated, hidden, { init: zeros });
  };
  return (recompute ? remat(down) : down)(gate, up);
}
