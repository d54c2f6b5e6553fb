/**
 * Settings of routed experts in config.json, as Qwen2-MoE, Qwen3-MoE and later ones share them, and
 * of routers that none of these families has.
 */

import type { MoeConfig } from "../nn/moe.ts";
import { type RouterOptions, routerScores } from "../nn/moe-routing.ts";
import type { ConfigReader } from "./config-reader.ts";
import type { DecoderConfig } from "./decoder.ts";
import { isHybrid } from "./hybrid-config.ts";

/** What a family's config class assumes where config.json is silent. */
export interface MoeDefaults {
  readonly experts: number;
  readonly topK: number;
  readonly inner: number;
  readonly normalise: boolean;
  /** 0: the family has no shared expert, and its key is not read. */
  readonly sharedInner: number;
}

/**
 * Reads which layers have experts (every `decoder_sparse_step`-th, but those of `mlp_only_layers`)
 * and their sizes.
 */
export function readMoe(
  config: ConfigReader,
  layers: number,
  defaults: MoeDefaults,
): MoeConfig & { readonly layers: readonly boolean[] } {
  // transformers 5 writes the one name for Qwen3-MoE, every published file has the other.
  const key = config.has("num_local_experts") ? "num_local_experts" : "num_experts";
  const experts = config.count(key, defaults.experts);
  const topK = config.count("num_experts_per_tok", defaults.topK);
  if (topK > experts) {
    throw config.error("num_experts_per_tok", `at most ${key} ${experts}`, topK);
  }
  const step = config.count("decoder_sparse_step", 1);
  const dense = readDenseLayers(config, layers);
  return {
    experts,
    topK,
    inner: config.count("moe_intermediate_size", defaults.inner),
    normalise: config.flag("norm_topk_prob", defaults.normalise),
    sharedInner:
      defaults.sharedInner > 0
        ? config.count("shared_expert_intermediate_size", defaults.sharedInner)
        : 0,
    layers: Array.from({ length: layers }, (_, i) => !dense.has(i) && (i + 1) % step === 0),
  };
}

/** Reads a router of another kind than softmax over all experts: only `onefold` has the key. */
export function readRouter(config: ConfigReader, moe: MoeConfig): RouterOptions | undefined {
  const keys = config.object("router");
  if (!keys) return undefined;
  const grouped = keys.flag("grouped", false);
  if (grouped && moe.experts % moe.topK !== 0) {
    throw keys.error(
      "grouped",
      `false: ${moe.experts} experts are not ${moe.topK} groups`,
      grouped,
    );
  }
  return {
    score: keys.choice("score", routerScores, "softmax"),
    grouped,
    bias: keys.flag("bias", false),
    scale: keys.positive("scale", 1),
  };
}

/**
 * The decoder as one of `model_type` "onefold", with what its family's config.json cannot say of
 * experts: another router, or a bias in the one it has. Weights keep their names, but other tools
 * refuse that type, where they would otherwise compute something else.
 *
 * @param router what changes in it
 * @throws Error where the decoder has no experts, or is of a family that "onefold" cannot describe
 */
export function asOnefold(config: DecoderConfig, router?: RouterOptions): DecoderConfig {
  const { moe, modelType } = config;
  if (!moe || isHybrid(config) || modelType === "qwen") {
    throw new Error(
      `a ${modelType} decoder cannot have another router; those of the types qwen2_moe, ` +
        "qwen3_moe and onefold that have experts can",
    );
  }
  const changed = router && { router: { ...moe.router, ...router } };
  return { ...config, modelType: "onefold", moe: { ...moe, ...changed } };
}

function readDenseLayers(config: ConfigReader, layers: number): Set<unknown> {
  const list = config.list("mlp_only_layers") ?? [];
  for (const layer of list) {
    if (!Number.isInteger(layer) || (layer as number) < 0 || (layer as number) >= layers) {
      throw config.error("mlp_only_layers", `a list of layers below ${layers}`, layer);
    }
  }
  return new Set(list);
}
