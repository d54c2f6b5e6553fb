/** A layer of routed experts, as Qwen's mixture-of-experts models have in place of the MLP. */

import { add, mul, sigmoid } from "../graph/ops/elementwise.ts";
import { chosenMoe, moe as moeOp, routedMoe } from "../graph/ops/moe.ts";
import { shapeError, type Tensor } from "../graph/tensor.ts";
import { linear } from "./linear.ts";
import { gatedMlp } from "./mlp.ts";
import { jittered, type RouterOptions, route } from "./moe-routing.ts";
import { type Initialiser, normal, type Scope, zeros } from "./scope.ts";

export interface MoeConfig {
  readonly experts: number;
  /** Experts a token goes through (`num_experts_per_tok`). */
  readonly topK: number;
  /** Width inside an expert (`moe_intermediate_size`). */
  readonly inner: number;
  /** The chosen experts' weights are divided by their sum (`norm_topk_prob`). */
  readonly normalise: boolean;
  /** Width of an expert that every token goes through, behind a sigmoid gate; 0: there is none. */
  readonly sharedInner: number;
  /** A router of another kind; left out: softmax over all experts, then the highest. */
  readonly router?: RouterOptions;
}

/**
 * Gate and up matrices of all experts in the engine's order: [experts, 2 · inner, hidden], row 2i
 * of gate, row 2i + 1 of up. No checkpoint stores this; models/expert-weights.ts makes it from
 * what they do store, once, when a model is loaded.
 */
export const GATE_UP = "experts.gate_up_interleaved";
/** [experts, hidden, inner], as transformers 5 names it. */
export const DOWN = "experts.down_proj";

/**
 * Mixture of experts: router `gate.weight` [experts, hidden], experts, and the optional
 * `shared_expert` that is weighed by the sigmoid of `shared_expert_gate.weight` [1, hidden].
 *
 * @param x [..., hidden]
 * @param init of all but the output matrices, which start at zero
 * @returns [..., hidden]
 * @example
 * const y = moe(p.in("mlp"), x, {
 *   experts: 128, topK: 8, inner: 768, normalise: true, sharedInner: 0,
 * });
 */
export function moe(
  p: Scope,
  x: Tensor,
  { experts, topK, inner, normalise, sharedInner, router }: MoeConfig,
  init: Initialiser = normal(0.02),
): Tensor {
  const hidden = x.shape[x.shape.length - 1];
  if (typeof hidden !== "number") throw shapeError("moe", "last axis is not a number", [x]);
  const { routes } = p;
  const seen = routes?.jitter ? jittered(p, x, routes.jitter) : x;
  const logits = linear(p.in("gate"), seen, experts, { init });
  const routed = p.trace(() => {
    // Quantised experts are matrices of their own, as in published checkpoints.
    const one = (rows: Tensor, expert: number): Tensor =>
      gatedMlp(p.in("experts", expert), rows, inner, init);
    const all = () => ({
      gateUp: p.parameter(GATE_UP, [experts, 2 * inner, hidden], init),
      down: p.parameter(DOWN, [experts, hidden, inner], zeros),
    });
    const isQuantized = hasQuantizedExperts(p, experts);
    if (!routes && !router) {
      if (isQuantized) return routedMoe(x, logits, { topK, normalise }, one);
      return moeOp(x, logits, all(), { topK, normalise });
    }
    const routing = route(p, logits, { topK, normalise, router }, routes);
    routes?.observe?.(routing);
    return chosenMoe(x, routing, isQuantized ? one : all(), experts);
  });
  if (sharedInner === 0) return routed;
  const shared = gatedMlp(p.in("shared_expert"), x, sharedInner, init);
  const weight = linear(p.in("shared_expert_gate"), x, 1, { init }); // [..., 1]
  return p.trace(() => add(routed, mul(sigmoid(weight), shared)));
}

const hasQuantizedExperts = (p: Scope, experts: number): boolean =>
  Array.from({ length: experts }, (_, e) => e).some((e) =>
    ["gate_proj", "up_proj", "down_proj"].some((kind) =>
      p.in("experts", e, kind).formatOf("weight"),
    ),
  );
