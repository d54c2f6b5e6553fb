/** Writes a decoder as a Hugging Face folder that transformers and `loadModel` read. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { convertArray } from "../checkpoint/convert.ts";
import { saveSharded } from "../checkpoint/save.ts";
import type { DType } from "../graph/dtype.ts";
import type { NDArray } from "../graph/ndarray.ts";
import { EXPERT_BIAS } from "../nn/moe-routing.ts";
import type { RopeConfig } from "../nn/rope.ts";
import type { DecoderConfig } from "./decoder.ts";
import { splitExperts } from "./expert-weights.ts";
import { hybridKeys, isHybrid } from "./hybrid-config.ts";
import { onefoldKeys, releasedGateKeys } from "./onefold-config.ts";
import { qwenConfigJson } from "./qwen.ts";
import { packQwen } from "./qwen-names.ts";

const torchNames: Partial<Record<DType, string>> = {
  f32: "float32",
  bf16: "bfloat16",
  f16: "float16",
};

/** Name of a dtype in config.json's `torch_dtype`. */
export const torchDType = (dtype: DType): string => torchNames[dtype] ?? dtype;

/**
 * config.json of a decoder, in the form of published checkpoints (`rope_theta`, `rope_scaling`).
 *
 * @throws Error for a combination of switches that its family's config.json cannot say
 */
export function configJson(c: DecoderConfig, dtype: DType): Record<string, unknown> {
  if (c.modelType === "qwen") return { ...qwenConfigJson(c), torch_dtype: torchDType(dtype) };
  return {
    architectures: [architecture(c.modelType)],
    ...familyKeys(c),
    attention_dropout: 0,
    head_dim: c.headDim,
    hidden_act: "silu",
    hidden_size: c.hiddenSize,
    initializer_range: c.initializerRange,
    intermediate_size: c.intermediateSize,
    max_position_embeddings: c.maxPositions,
    model_type: c.modelType,
    num_attention_heads: c.heads,
    num_hidden_layers: c.layers,
    num_key_value_heads: c.kvHeads,
    rms_norm_eps: c.normEpsilon,
    ...ropeKeys(c),
    ...(isHybrid(c) ? hybridKeys(c) : windowKeys(c)),
    tie_word_embeddings: c.tiedHead,
    torch_dtype: torchDType(dtype),
    use_cache: true,
    vocab_size: c.vocabSize,
  };
}

const architectures: Readonly<Record<string, string>> = {
  qwen2: "Qwen2ForCausalLM",
  qwen2_moe: "Qwen2MoeForCausalLM",
  qwen3: "Qwen3ForCausalLM",
  qwen3_moe: "Qwen3MoeForCausalLM",
  qwen3_next: "Qwen3NextForCausalLM",
  qwen3_5_text: "Qwen3_5ForCausalLM",
  qwen3_5_moe_text: "Qwen3_5MoeForCausalLM",
  onefold: "OnefoldForCausalLM",
};

function architecture(modelType: string): string {
  const name = architectures[modelType];
  if (name) return name;
  const known = Object.keys(architectures).join(", ");
  throw new Error(`config.json: a ${modelType} decoder cannot be saved; ${known} can`);
}

function familyKeys(c: DecoderConfig): Record<string, unknown> {
  const { modelType, qkvBias, outputBias, qkNorm, moe } = c;
  if (isHybrid(c)) return moe ? moeKeys(moe) : {};
  if (modelType === "onefold") return { ...onefoldKeys(c), ...(moe ? moeKeys(moe) : {}) };
  const gateKeys = releasedGateKeys(c);
  const isMoe = modelType.endsWith("_moe");
  const isQwen2 = modelType.startsWith("qwen2") && !outputBias && !qkNorm && (isMoe || qkvBias);
  if (moe?.router) {
    throw new Error(
      `config.json: a ${modelType} decoder cannot be saved with the router ` +
        `${JSON.stringify(moe.router)}; give it the modelType "onefold" (asOnefold)`,
    );
  }
  const isQwen3 =
    modelType.startsWith("qwen3") &&
    (qkNorm || c.gate) &&
    qkvBias === outputBias &&
    !moe?.sharedInner;
  if (isMoe !== (moe !== undefined) || !(isQwen2 || isQwen3)) {
    const found = { modelType, qkvBias, outputBias, qkNorm, experts: moe?.experts ?? 0 };
    throw new Error(
      `config.json: a ${modelType} decoder cannot be saved with ${JSON.stringify(found)}; Qwen2 ` +
        "has q, k, v biases alone, Qwen3 has q and k norms, all biases or none and no shared " +
        "expert, and only the families called _moe have experts",
    );
  }
  const bias = isQwen3 ? { attention_bias: qkvBias, ...gateKeys } : {};
  return moe ? { ...bias, ...(isQwen2 ? { qkv_bias: qkvBias } : {}), ...moeKeys(moe) } : bias;
}

function moeKeys(moe: NonNullable<DecoderConfig["moe"]>): Record<string, unknown> {
  const { sharedInner, router } = moe;
  return {
    decoder_sparse_step: 1,
    mlp_only_layers: moe.layers.flatMap((isSparse, i) => (isSparse ? [] : [i])),
    moe_intermediate_size: moe.inner,
    norm_topk_prob: moe.normalise,
    num_experts: moe.experts,
    num_experts_per_tok: moe.topK,
    ...(sharedInner > 0 ? { shared_expert_intermediate_size: sharedInner } : {}),
    ...(router && { router }),
  };
}

function ropeKeys({ rope, headDim }: DecoderConfig): Record<string, unknown> {
  return {
    rope_theta: rope.theta,
    rope_scaling: ropeScaling(rope),
    ...(rope.width === headDim ? {} : { partial_rotary_factor: rope.width / headDim }),
  };
}

function ropeScaling(rope: RopeConfig): Record<string, unknown> | null {
  if (rope.type === "default") return null;
  const base = { rope_type: rope.type, factor: rope.factor };
  // "dynamic" takes its original length from max_position_embeddings.
  if (rope.type !== "yarn") return base;
  return {
    ...base,
    original_max_position_embeddings: rope.originalLength,
    beta_fast: rope.betaFast,
    beta_slow: rope.betaSlow,
    attention_factor: rope.attentionFactor,
    truncate: rope.truncate,
  };
}

function windowKeys({ windows, layers }: DecoderConfig): Record<string, unknown> {
  const sizes = new Set(windows.filter((window) => window > 0));
  if (sizes.size > 1) {
    throw new Error(`config.json: only one sliding window can be said, found ${[...sizes]}`);
  }
  const [window = null] = sizes;
  if (window === null) {
    return { max_window_layers: layers, sliding_window: null, use_sliding_window: false };
  }
  return {
    layer_types: windows.map((w) => (w > 0 ? "sliding_attention" : "full_attention")),
    sliding_window: window,
    use_sliding_window: true,
  };
}

export interface WriteModelOptions {
  /** Of the written weights (default f32). */
  readonly dtype?: DType;
  /**
   * Contents of further files by name (tokenizer.json, generation_config.json, …); objects are
   * written as JSON. A config.json among them replaces the one made from `config`.
   */
  readonly files?: Readonly<Record<string, unknown>>;
}

/**
 * Writes config.json, the weights and any companion files into an existing folder; wrap it in
 * `saveDirectoryAtomically` so that a reader never sees half of it.
 *
 * @param config the decoder's; undefined for another model, which then has no config.json of ours
 */
export async function writeModelFiles(
  dir: string,
  config: DecoderConfig | undefined,
  weights: ReadonlyMap<string, NDArray>,
  { dtype = "f32", files = {} }: WriteModelOptions = {},
): Promise<void> {
  const needsConfig = config !== undefined && files["config.json"] === undefined;
  const own = needsConfig ? { "config.json": configJson(config, dtype) } : {};
  for (const [name, content] of Object.entries({ ...files, ...own })) {
    const isText = typeof content === "string" || content instanceof Uint8Array;
    const bytes = isText ? content : `${JSON.stringify(content, null, 2)}\n`;
    await writeFile(join(dir, name), bytes);
  }
  await saveSharded(
    dir,
    Array.from(
      config?.modelType === "qwen" ? packQwen(weights) : splitExperts(weights),
      ({ load, ...weight }) => ({
        ...weight,
        ...(weight.name.endsWith(`.${EXPERT_BIAS}`)
          ? { dtype: "f32", load } // smaller steps than other dtypes tell apart
          : { dtype, load: () => convertArray(load(), dtype) }),
      }),
    ),
  );
}
