/** A model that a config describes: seeded weights, and what it is saved as. */

import type { Tokenizer } from "../../media/text/index.ts";
import { asOnefold, configJson, type DecoderConfig, readModelConfig } from "../../models/index.ts";
import { initialise } from "../../nn/initialise.ts";
import { gradientGraph } from "../gradient.ts";
import { decoderLoss } from "../language-model.ts";
import type { PreparedModel } from "./prepare.ts";
import type { FreshModel, TrainConfig } from "./schema.ts";

/** The decoder of a config's keys; experts have a bias where the balance is to move it. */
export function freshModel(
  keys: FreshModel,
  { train: { seed }, balance }: TrainConfig,
  file: string,
  tokenizer: Tokenizer,
): PreparedModel {
  const config = readFresh(keys, balance?.bias_rate !== undefined, file, tokenizer);
  const values = initialise(gradientGraph(decoderLoss(config)).parameters, seed);
  return {
    config,
    weights: ({ name }) => values.get(name)!,
    configFile: (dtype) => configJson(config, dtype),
    [Symbol.dispose]: () => values.clear(),
  };
}

function readFresh(
  { router, ...keys }: FreshModel,
  bias: boolean,
  file: string,
  tokenizer: Tokenizer,
): DecoderConfig {
  const { hidden_size: hidden, num_attention_heads: heads } = keys;
  const inner = keys.intermediate_size ?? 3 * hidden;
  const config = readModelConfig(`${file}, model`, {
    ...keys,
    num_key_value_heads: keys.num_key_value_heads ?? heads,
    head_dim: keys.head_dim ?? evenHeadDim(file, hidden, heads),
    intermediate_size: inner,
    vocab_size: keys.vocab_size ?? tokenizer.vocabSize,
    ...(keys.num_experts !== undefined && expertDefaults(keys, inner)),
  });
  const { shared_expert_intermediate_size: shared = 0 } = keys;
  const { moe } = config;
  if (!moe) return config;
  const isOwn = router?.score === "sigmoid" || router?.grouped || (router && router.scale !== 1);
  const isShared = shared > 0 && moe.sharedInner === 0; // qwen3_moe has no such expert
  if (router?.grouped && moe.experts % moe.topK !== 0) {
    throw new Error(
      `${file}: "model.router.grouped" needs groups of one size, but ${moe.experts} experts are ` +
        `not ${moe.topK} of them; change num_experts or num_experts_per_tok`,
    );
  }
  if (!isOwn && !bias && !isShared) return config;
  const withShared = { ...config, moe: { ...moe, sharedInner: shared } };
  return asOnefold(withShared, isOwn || bias ? { ...router, bias } : undefined);
}

function expertDefaults(keys: FreshModel, inner: number) {
  const topK = keys.num_experts_per_tok ?? 2;
  return {
    num_experts_per_tok: topK,
    moe_intermediate_size: keys.moe_intermediate_size ?? Math.max(1, Math.floor(inner / topK)),
    norm_topk_prob: keys.norm_topk_prob ?? keys.model_type === "qwen3_moe",
  };
}

function evenHeadDim(file: string, hidden: number, heads: number): number {
  if ((hidden / heads) % 2 === 0) return hidden / heads;
  throw new Error(
    `${file}: model.hidden_size ${hidden} over ${heads} heads is not an even whole number; ` +
      "change one of them or give model.head_dim",
  );
}
