/** Attention that keeps what queries give keys, as its gradient wants it. */

import { dimMul } from "../shape.ts";
import { apply, type Op, type Tensor } from "../tensor.ts";
import { type AttentionAttrs, attentionParts, emitAttention } from "./attention-kernel.ts";
import { applyWeights, attentionWeights, queryPlaces } from "./attention-parts.ts";
import { add, mul, sub } from "./elementwise.ts";
import { matmul } from "./matmul.ts";
import { sum } from "./reduce.ts";
import { reshape, sumTo, transpose } from "./reshape.ts";

const HEADS_FIRST = [0, 2, 1, 3];

/**
 * Inputs: q, k, v and maybe a bias. Outputs: y [batch, seq, heads, width], weights
 * [batch, heads, seq, keys]. The kernel's softmax does not go over what the mask hides: over
 * masked scores it is six times slower, for it makes denormal numbers of them, which all that
 * reads the weights would meet too.
 */
const weightedAttentionOp: Op<AttentionAttrs> = {
  name: "weightedAttention",
  infer([q, k, v]) {
    const [batch, seq, heads] = q.shape;
    return [
      { dtype: q.dtype, shape: [batch, seq, heads, v.shape[3]] },
      { dtype: q.dtype, shape: [batch, heads, seq, k.shape[1]] },
    ];
  },
  lower: (to, inputs, node) => emitAttention(to, inputs, node, true),
  expand(inputs, attrs) {
    const { q, k, v, bias } = attentionParts(inputs, attrs);
    const options = { ...attrs, bias };
    const weights = attentionWeights(q, transpose(k, HEADS_FIRST), options, queryPlaces(q, k));
    return [applyWeights(weights, transpose(v, HEADS_FIRST)), weights];
  },
  // y = P v and P = softmax(S), S = scale q kᵀ + bias: dS = P (dP - <dP, P>), where <dP, P> of a
  // query is <dy, y>, so that the large product need not be summed (Dao et al., 2022, appendix B).
  grad({ inputs, outputs: [y, weights], attrs }, [g, gWeights], needed) {
    const { q, k, v, bias } = attentionParts(inputs, attrs);
    const [batch, , kvHeads] = k.shape;
    // Heads of one group are rows of one product: [batch, kvHeads, groups * seq, ...].
    const groups = (q.shape[2] as number) / (kvHeads as number); // whole, by `infer` of attention
    const grouped = (x: Tensor): Tensor =>
      reshape(x, [batch, kvHeads, dimMul(groups, x.shape[2]), x.shape[x.shape.length - 1]]);
    const rows = (x: Tensor): Tensor => grouped(transpose(x, HEADS_FIRST));
    const back = (x: Tensor, like: Tensor): Tensor => {
      const [, length, heads, width] = like.shape;
      return transpose(reshape(x, [batch, heads, length, width]), HEADS_FIRST);
    };
    const p = grouped(weights);
    const gRows = g && rows(g);
    const last = { axes: [-1], keepDims: true };
    let dp = gRows && matmul(gRows, transpose(v, HEADS_FIRST), { transposeB: true });
    let inner = g && rows(sum(mul(g, y), last));
    if (gWeights) {
      const direct = grouped(gWeights);
      dp = dp ? add(dp, direct) : direct;
      const own = sum(mul(direct, p), last);
      inner = inner ? add(inner, own) : own;
    }
    const ds = mul(p, sub(dp!, inner!));
    const dq = mul(matmul(ds, transpose(k, HEADS_FIRST)), attrs.scale);
    const dk = mul(matmul(ds, rows(q), { transposeA: true }), attrs.scale);
    const dv = gRows && matmul(p, gRows, { transposeA: true });
    return [
      back(dq, q),
      back(dk, k),
      dv && back(dv, v),
      bias && needed[3] ? sumTo(reshape(ds, weights.shape), bias.shape) : undefined,
    ];
  },
};

/** Whether a gradient may go through the kept weights: plain softmax, and no cache. */
export const canKeepWeights = ({ softCap, has }: AttentionAttrs): boolean =>
  softCap === 0 && !has.sinks && !has.cache;

/** @returns [batch, seq, heads, width] */
export const weightedAttention = (inputs: readonly Tensor[], attrs: AttentionAttrs): Tensor =>
  apply(weightedAttentionOp, inputs, attrs)[0];
