/**
 * What config.json and generation_config.json would say, from a GGUF file's metadata.
 * Source of the keys: llama.cpp, gguf-py/gguf/constants.py and src/llama-arch.cpp.
 */

import { clip } from "../json.ts";
import type { GgufHeader } from "./header.ts";
import { MetadataReader } from "./metadata.ts";
import { readHeader } from "./open.ts";

type Json = Record<string, unknown>;

const architectures: ReadonlyMap<string, string> = new Map([
  ["qwen2", "Qwen2ForCausalLM"],
  ["qwen3", "Qwen3ForCausalLM"],
  ["qwen3moe", "Qwen3MoeForCausalLM"],
]);

/** Ids bound the memory of the id tables, as in tokenizer.json. */
export const MAX_TOKENS = 1 << 22;

/** Both configurations of a GGUF file. */
export interface GgufConfigs {
  readonly config: Json;
  /** undefined where the file names neither sampling nor an end of text. */
  readonly generation: Json | undefined;
}

/**
 * Reads a GGUF file's metadata as the files of a Hugging Face folder.
 *
 * @throws Error naming the file and the metadata key that is missing or wrong
 */
export async function readGgufConfigs(file: string): Promise<GgufConfigs> {
  const header = await readHeader(file);
  const reader = new MetadataReader(file, header.metadata);
  return { config: configOf(reader, header), generation: generationOf(reader) };
}

function configOf(m: MetadataReader, { tensors }: GgufHeader): Json {
  const arch = m.text("general.architecture");
  const architecture = architectures.get(arch);
  if (!architecture) {
    throw m.error("general.architecture", `one of ${[...architectures.keys()].join(", ")}`);
  }
  const table = tensors.find(({ name }) => name === "token_embd.weight");
  if (table?.shape.length !== 2) {
    throw new Error(
      `${m.file}: tensor "token_embd.weight" must have two dimensions, found ` +
        `${table ? `[${clip(table.shape.join(", "))}]` : "none"}; the file holds no whole model`,
    );
  }
  const has = (name: string): boolean => tensors.some((tensor) => tensor.name === name);
  const heads = m.count(`${arch}.attention.head_count`);
  const hidden = m.count(`${arch}.embedding_length`);
  const isMoe = arch === "qwen3moe";
  const headDim = m.optionalCount(`${arch}.attention.key_length`) ?? Math.floor(hidden / heads);
  return {
    architectures: [architecture],
    model_type: isMoe ? "qwen3_moe" : arch,
    hidden_act: "silu",
    hidden_size: hidden,
    intermediate_size: isMoe
      ? (m.optionalCount(`${arch}.feed_forward_length`) ?? hidden)
      : m.count(`${arch}.feed_forward_length`),
    num_hidden_layers: m.count(`${arch}.block_count`),
    num_attention_heads: heads,
    num_key_value_heads: m.optionalCount(`${arch}.attention.head_count_kv`) ?? heads,
    head_dim: headDim,
    max_position_embeddings: m.count(`${arch}.context_length`),
    rms_norm_eps: m.positive(`${arch}.attention.layer_norm_rms_epsilon`),
    tie_word_embeddings: !has("output.weight"),
    vocab_size: table.shape[0],
    use_sliding_window: false,
    ...(arch === "qwen2" ? {} : { attention_bias: has("blk.0.attn_q.bias") }),
    ...ropeOf(m, arch, headDim),
    ...(isMoe ? expertsOf(m, arch) : {}),
  };
}

function expertsOf(m: MetadataReader, arch: string): Json {
  return {
    num_experts: m.count(`${arch}.expert_count`),
    num_experts_per_tok: m.count(`${arch}.expert_used_count`),
    moe_intermediate_size: m.count(`${arch}.expert_feed_forward_length`),
    decoder_sparse_step: 1,
    mlp_only_layers: [],
    norm_topk_prob: true, // llama.cpp's graph of this architecture always normalises
  };
}

function ropeOf(m: MetadataReader, arch: string, headDim: number): Json {
  const width = m.optionalCount(`${arch}.rope.dimension_count`) ?? headDim;
  const base: Json = {
    rope_theta: m.optionalPositive(`${arch}.rope.freq_base`) ?? 10_000,
    ...(width === headDim ? {} : { partial_rotary_factor: width / headDim }),
  };
  const key = `${arch}.rope.scaling.type`;
  const type = m.has(key) ? m.text(key) : "none";
  if (type === "none") return base;
  if (type !== "linear" && type !== "yarn") throw m.error(key, "one of none, linear, yarn");
  const scaling: Json = { rope_type: type, factor: m.positive(`${arch}.rope.scaling.factor`) };
  if (type === "linear") return { ...base, rope_scaling: scaling };
  const optional: readonly (readonly [string, number | undefined])[] = [
    [
      "original_max_position_embeddings",
      m.optionalCount(`${arch}.rope.scaling.original_context_length`),
    ],
    ["beta_fast", m.optionalPositive(`${arch}.rope.scaling.yarn_beta_fast`)],
    ["beta_slow", m.optionalPositive(`${arch}.rope.scaling.yarn_beta_slow`)],
  ];
  const given = optional.filter(([, value]) => value !== undefined);
  return { ...base, rope_scaling: { ...scaling, ...Object.fromEntries(given) } };
}

/** general.sampling.* by their names in generation_config.json. */
export const samplingKeys: readonly (readonly [string, string])[] = [
  ["general.sampling.temp", "temperature"],
  ["general.sampling.top_k", "top_k"],
  ["general.sampling.top_p", "top_p"],
  ["general.sampling.min_p", "min_p"],
  ["general.sampling.penalty_repeat", "repetition_penalty"],
];

function generationOf(m: MetadataReader): Json | undefined {
  const sampling: Json = {};
  for (const [key, name] of samplingKeys) {
    if (!m.has(key)) continue;
    sampling[name] = name === "top_k" ? m.count(key, 0) : numberOrZero(m, key);
  }
  if (sampling.temperature !== undefined) sampling.do_sample = sampling.temperature !== 0;
  if (sampling.temperature === 0) delete sampling.temperature;
  const stops = endsOf(m);
  const hasAny = Object.keys(sampling).length > 0 || stops.length > 0;
  return hasAny ? { ...sampling, ...(stops.length > 0 ? { eos_token_id: stops } : {}) } : undefined;
}

function numberOrZero(m: MetadataReader, key: string): number {
  const entry = m.values.get(key);
  return entry?.type !== "array" && entry?.value === 0 ? 0 : m.positive(key);
}

/** Control tokens that end an answer wherever they are in a vocabulary, as in llama.cpp. */
const ENDS = ["<|im_end|>", "<|endoftext|>"];

function endsOf(m: MetadataReader): number[] {
  const ids = ["eos", "eot", "eom"].flatMap((kind) => {
    const id = m.optionalCount(`tokenizer.ggml.${kind}_token_id`, 0);
    return id === undefined ? [] : [id];
  });
  if (m.has("tokenizer.ggml.tokens")) {
    const tokens = m.list("tokenizer.ggml.tokens", "string", MAX_TOKENS);
    ids.push(...ENDS.map((text) => tokens.indexOf(text)).filter((id) => id >= 0));
  }
  return [...new Set(ids)];
}
