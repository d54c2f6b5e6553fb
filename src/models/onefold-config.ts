/**
 * `model_type` "onefold": decoders that no published family describes, such as Qwen3's with a gate
 * or a norm of a paper. Other tools refuse the type, where under a known one they would leave the
 * weights that they do not know aside and compute something else.
 *
 * Beyond Qwen3's keys: `qk_norm`, `attention_output_bias`, `attention_gate` (an object with
 * position, granularity, shared, combine, activation and layout), `residual_norm` (kind, and rank
 * and scale, limit or alpha), and of experts `router` (score, grouped, bias, scale). The paper's own checkpoints are of the type "qwen3" and say
 * `headwise_attn_output_gate` or `elementwise_attn_output_gate` (readReleasedGate).
 */

import {
  type AttentionGate,
  gateActivations,
  gateCombinations,
  gateGranularities,
  gateLayouts,
  gatePositions,
  gateProblem,
} from "../nn/attention-gate.ts";
import type { NormVariant } from "../nn/residual-norm.ts";
import type { ConfigReader } from "./config-reader.ts";
import type { DecoderConfig } from "./decoder.ts";
import { readMoe, readRouter } from "./moe-config.ts";
import { readDenseConfig } from "./qwen2.ts";
import { readRope } from "./rope-config.ts";

/** Reads the config of a decoder that is onefold's own. */
export function readOnefoldConfig(config: ConfigReader): DecoderConfig {
  const dense = readDenseConfig(config);
  const headDim = config.count("head_dim", Math.max(1, Math.floor(dense.hiddenSize / dense.heads)));
  const bias = config.flag("attention_bias", false);
  const gate = readGate(config);
  const norm = readNorm(config);
  return {
    ...dense,
    modelType: "onefold",
    headDim,
    rope: readRope(config, headDim),
    qkvBias: bias,
    outputBias: config.flag("attention_output_bias", bias),
    qkNorm: config.flag("qk_norm", true),
    ...(gate && { gate }),
    ...(norm && { norm }),
    ...(config.has("num_experts") && { moe: readExperts(config, dense) }),
  };
}

function readExperts(
  config: ConfigReader,
  { layers, intermediateSize: inner }: Pick<DecoderConfig, "layers" | "intermediateSize">,
): NonNullable<DecoderConfig["moe"]> {
  const sharedInner = config.has("shared_expert_intermediate_size") ? inner : 0;
  const defaults = { experts: 8, topK: 2, inner, normalise: true, sharedInner };
  const moe = readMoe(config, layers, defaults);
  const router = readRouter(config, moe);
  return { ...moe, ...(router && { router }) };
}

function readGate(config: ConfigReader): AttentionGate | undefined {
  const keys = config.object("attention_gate");
  if (!keys) return undefined;
  const gate: AttentionGate = {
    position: keys.choice("position", gatePositions),
    granularity: keys.choice("granularity", gateGranularities, "element"),
    isShared: keys.flag("shared", false),
    combine: keys.choice("combine", gateCombinations, "multiply"),
    activation: keys.choice("activation", gateActivations, "sigmoid"),
    layout: keys.choice("layout", gateLayouts, "separate"),
  };
  const problem = gateProblem(gate);
  if (problem) throw new Error(`${keys.file}: ${problem}`);
  return gate;
}

function readNorm(config: ConfigReader): NormVariant | undefined {
  const keys = config.object("residual_norm");
  const kind = keys?.choice("kind", ["rms", "pre-affine", "gated", "clipped", "tanh"]);
  if (!keys || kind === undefined || kind === "rms") return undefined;
  if (kind === "gated") {
    return { kind, rank: keys.count("rank", 16), scale: keys.positive("scale", 2) };
  }
  if (kind === "clipped") return { kind, limit: keys.positive("limit") };
  if (kind === "tanh") return { kind, alpha: keys.positive("alpha", 0.5) };
  return { kind };
}

/** What config.json says of such a decoder beyond the dense keys and the experts'. */
export function onefoldKeys(c: DecoderConfig): Record<string, unknown> {
  if (c.gate) {
    const problem = gateProblem(c.gate);
    if (problem) throw new Error(`config.json: ${problem}`);
  }
  const { isShared: shared = false, ...gate } = c.gate ?? {};
  return {
    attention_bias: c.qkvBias,
    attention_output_bias: c.outputBias,
    qk_norm: c.qkNorm,
    ...(c.gate && { attention_gate: { ...gate, shared } }),
    ...(c.norm && { residual_norm: c.norm }),
  };
}

const releasedGate: AttentionGate = {
  position: "attention",
  granularity: "element",
  isShared: false,
  combine: "multiply",
  activation: "sigmoid",
  layout: "by-group",
};

/** The gate of the paper's own checkpoints (github.com/qiuzh20/gated_attention). */
export function readReleasedGate(config: ConfigReader): AttentionGate | undefined {
  const isByElement = config.flag("elementwise_attn_output_gate", false);
  // Where both are set, their code takes the first.
  if (config.flag("headwise_attn_output_gate", false)) {
    return { ...releasedGate, granularity: "head" };
  }
  return isByElement ? releasedGate : undefined;
}

/**
 * What config.json says of a gate in the paper's own form.
 *
 * @throws Error for a gate or norm that it cannot say
 */
export function releasedGateKeys(c: DecoderConfig): Record<string, unknown> {
  if (!c.gate && !c.norm) return {};
  const { gate } = c;
  const expected = gate && { ...releasedGate, granularity: gate.granularity };
  const isSame = JSON.stringify(sorted(gate)) === JSON.stringify(sorted(expected));
  if (c.modelType !== "qwen3" || c.norm || !gate || !isSame) {
    throw new Error(
      `config.json: a ${c.modelType} decoder cannot be saved with the gate ` +
        `${JSON.stringify(gate)} and the norm ${JSON.stringify(c.norm)}; give it the modelType ` +
        '"onefold"',
    );
  }
  return {
    elementwise_attn_output_gate: gate.granularity === "element",
    headwise_attn_output_gate: gate.granularity === "head",
    qkv_bias: c.qkvBias,
    use_qk_norm: c.qkNorm,
  };
}

const sorted = (value: object | undefined) => value && Object.entries(value).sort();
