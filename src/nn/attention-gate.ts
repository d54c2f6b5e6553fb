/**
 * Gates of attention: the grid of Qiu et al., "Gated Attention for Large Language Models"
 * (arXiv 2505.06708), whose best point is a sigmoid for each head and channel on what attention
 * gives, before the output projection.
 */

import { silu } from "../graph/ops/activation.ts";
import { add, mul, sigmoid } from "../graph/ops/elementwise.ts";
import { split } from "../graph/ops/join.ts";
import { expandDims, reshape } from "../graph/ops/reshape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type LinearOptions, linear } from "./linear.ts";
import { type Scope, zeros } from "./scope.ts";

export const gatePositions = ["attention", "value", "key", "query", "output"] as const;
export const gateGranularities = ["element", "head"] as const;
export const gateCombinations = ["multiply", "add"] as const;
export const gateActivations = ["sigmoid", "non-sparse", "silu", "identity"] as const;
export const gateLayouts = ["separate", "by-head", "by-group", "constant"] as const;

type OneOf<T extends readonly string[]> = T[number];

export interface AttentionGate {
  /**
   * What is gated: attention's result before `o_proj` (G1 of the paper), the projected values (G2),
   * keys (G3) or queries (G4), before their norms, or the result of `o_proj` (G5).
   */
  readonly position: OneOf<typeof gatePositions>;
  /** A score for each channel, or one for all channels of a head. */
  readonly granularity: OneOf<typeof gateGranularities>;
  /** All heads have the same scores. */
  readonly isShared: boolean;
  readonly combine: OneOf<typeof gateCombinations>;
  /** "non-sparse" is (1 + sigmoid) / 2: it cannot close. */
  readonly activation: OneOf<typeof gateActivations>;
  /**
   * Where scores come from: a `gate_proj` of its own; further rows of `q_proj`, behind each head's
   * query (Qwen3-Next, Qwen3.5) or behind the queries of each group of heads that share a key
   * (the paper's own checkpoints); or parameters, whatever the token (`gate.weight`).
   */
  readonly layout: OneOf<typeof gateLayouts>;
}

/** The gate of Qwen3-Next and Qwen3.5. */
export const fusedHeadGate: AttentionGate = {
  position: "attention",
  granularity: "element",
  isShared: false,
  combine: "multiply",
  activation: "sigmoid",
  layout: "by-head",
};

export interface GateSizes {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly hiddenSize: number;
}

/**
 * What is wrong with a combination, in words; undefined where nothing is.
 */
export function gateProblem(gate: AttentionGate): string | undefined {
  const { position, granularity, isShared, layout } = gate;
  if (position === "output" && (granularity === "head" || isShared)) {
    return "the result of o_proj has no heads: its gate is one of elements, and not shared";
  }
  const isFused = layout === "by-head" || layout === "by-group";
  if (isFused && (position !== "attention" || isShared)) {
    return `q_proj holds (${layout}) only gates of attention's result that heads do not share`;
  }
  return undefined;
}

/** Heads and channels of a gate's scores. */
function scoreShape(gate: AttentionGate, sizes: GateSizes): [heads: number, channels: number] {
  if (gate.position === "output") return [1, sizes.hiddenSize];
  const isOfKeys = gate.position === "key" || gate.position === "value";
  const heads = isOfKeys ? sizes.kvHeads : sizes.heads;
  return [gate.isShared ? 1 : heads, gate.granularity === "head" ? 1 : sizes.headDim];
}

/**
 * Queries, and the gate's scores before their activation where `q_proj` holds them.
 *
 * @param x [batch, seq, hidden]
 * @returns query [batch, seq, heads, headDim], logits [batch, seq, heads, headDim or 1]
 */
export function gatedQuery(
  p: Scope,
  x: Tensor,
  gate: AttentionGate | undefined,
  sizes: GateSizes,
  options: LinearOptions,
): { query: Tensor; logits?: Tensor } {
  const [batch, seq] = x.shape;
  const { heads, kvHeads, headDim } = sizes;
  const extra = gate?.granularity === "head" ? 1 : headDim;
  const isFused = gate?.layout === "by-head" || gate?.layout === "by-group";
  const rows = heads * (headDim + (isFused ? extra : 0));
  const y = linear(p.in("q_proj"), x, rows, options);
  if (!isFused) return { query: reshape(y, [batch, seq, heads, headDim]) };
  if (gate.layout === "by-head") {
    const each = reshape(y, [batch, seq, heads, headDim + extra]);
    const [query, logits] = split(each, [headDim, extra], 3);
    return { query, logits };
  }
  const group = heads / kvHeads;
  const groups = reshape(y, [batch, seq, kvHeads, group * (headDim + extra)]);
  const [query, logits] = split(groups, [group * headDim, group * extra], 3);
  return {
    query: reshape(query, [batch, seq, heads, headDim]),
    logits: reshape(logits, [batch, seq, heads, extra]),
  };
}

/**
 * Scores before their activation of a gate that `q_proj` does not hold.
 *
 * @param x [batch, seq, hidden]
 * @returns [batch or 1, seq or 1, heads or 1, channels or 1]
 */
export function gateLogits(
  p: Scope,
  x: Tensor,
  gate: AttentionGate,
  sizes: GateSizes,
  options: LinearOptions,
): Tensor {
  const [batch, seq] = x.shape;
  const [heads, channels] = scoreShape(gate, sizes);
  if (gate.layout === "constant") {
    const weight = p.in("gate").parameter("weight", [heads, channels], zeros);
    return reshape(weight, [1, 1, heads, channels]);
  }
  const y = linear(p.in("gate_proj"), x, heads * channels, options);
  return reshape(y, [batch, seq, heads, channels]);
}

/** Scores of a gate: its activation. */
export function gateScores({ activation }: AttentionGate, logits: Tensor): Tensor {
  if (activation === "silu") return silu(logits);
  if (activation === "identity") return logits;
  const open = sigmoid(logits);
  return activation === "sigmoid" ? open : add(mul(open, 0.5), 0.5);
}

/**
 * What a gate makes of y.
 *
 * @param y [batch, seq, heads, channels]; for the position "output" [batch, seq, hidden]
 * @param scores as `gateScores` gives them
 */
export function applyGate(gate: AttentionGate, y: Tensor, scores: Tensor): Tensor {
  const isFlat = y.shape.length === 3;
  const whole = isFlat ? expandDims(y, 2) : y;
  const gated = gate.combine === "add" ? add(whole, scores) : mul(whole, scores);
  return isFlat ? reshape(gated, y.shape) : gated;
}
