/** What an OFA checkpoint's config.json says, and the published sizes. */

import { ConfigReader, type JsonObject } from "../config-reader.ts";
import type { Layout } from "../sequence-body.ts";

/**
 * What turns pixels into image tokens: ResNet v1.5 up to its third stage (one token every 16
 * pixels), or one linear map of each square of `size` pixels (small fresh models).
 */
export type OfaStem = ResnetName | { readonly kind: "patch"; readonly size: number };

/** Blocks in the three stages. The first is of no published model; tests use it. */
export const resnetBlocks = {
  resnet18: [2, 2, 2],
  resnet50: [3, 4, 6],
  resnet101: [3, 4, 23],
  resnet152: [3, 8, 36],
} as const;

export type ResnetName = keyof typeof resnetBlocks;

export interface OfaConfig {
  readonly modelType: "ofa";
  readonly vocabSize: number;
  readonly width: number;
  readonly encoderLayers: number;
  readonly decoderLayers: number;
  readonly encoderHeads: number;
  readonly decoderHeads: number;
  readonly encoderInner: number;
  readonly decoderInner: number;
  /** Most positions of a line of text. */
  readonly maxPositions: number;
  /** LayerNorm after each attention's output (NormFormer). */
  readonly scaleAttention: boolean;
  /** LayerNorm between the two maps of the feed-forward network. */
  readonly scaleInner: boolean;
  /** A learned factor of each attention head. */
  readonly scaleHeads: boolean;
  /** LayerNorm of embeddings: of text, of other source segments, of image codes as target. */
  readonly textNorm: boolean;
  readonly patchNorm: boolean;
  readonly codeNorm: boolean;
  /** A learned vector for each kind of source segment. */
  readonly typeEmbedding: boolean;
  /** Token and image embeddings are multiplied by the root of the width. */
  readonly scaleEmbedding: boolean;
  /** The head is the embedding table. */
  readonly tiedHead: boolean;
  /** Queries are divided by the root of this times the width of a head. */
  readonly scaleFactor: number;
  /** Relative distances of text fall into 2 · this - 1 buckets. */
  readonly tokenBuckets: number;
  /** Most rows, and columns, of image tokens. */
  readonly imageBuckets: number;
  /** Side in pixels of images given as codes, of 8 pixels each. */
  readonly codeImageSize: number;
  readonly stem: OfaStem;
  /** Modalities with feed-forward networks of their own (OFASys `modal_ffn`). */
  readonly modalFfn: readonly string[];
  readonly initializerRange: number;
}

/** Where image codes lie, as a target's layout. */
export const codeLayout = ({ codeImageSize }: OfaConfig): Layout => {
  const side = Math.floor(codeImageSize / 8);
  return { kind: "grid", rows: side, columns: side };
};

/** Published sizes (README of OFA-Sys/OFA), for fresh models: `{ ...ofaSizes.tiny, vocab_size }`. */
export const ofaSizes = {
  tiny: sizeOf("resnet50", 256, 4, 4, 4),
  medium: sizeOf("resnet101", 512, 8, 4, 4),
  base: sizeOf("resnet101", 768, 12, 6, 6),
  large: sizeOf("resnet152", 1024, 16, 12, 12),
  huge: sizeOf("resnet152", 1280, 16, 24, 12),
} as const;

/** Keys of a config.json. */
function sizeOf(
  resnet: ResnetName,
  width: number,
  heads: number,
  encoder: number,
  decoder: number,
) {
  return {
    model_type: "ofa",
    resnet_type: resnet,
    d_model: width,
    encoder_layers: encoder,
    decoder_layers: decoder,
    encoder_attention_heads: heads,
    decoder_attention_heads: heads,
    encoder_ffn_dim: 4 * width,
    decoder_ffn_dim: 4 * width,
  };
}

/**
 * The model that the keys of a config.json describe; keys that are left out have the values of the
 * Hugging Face port's configuration_ofa.py. `stem` and `modal_ffn` are keys of our own.
 *
 * @param file path shown in errors
 * @throws Error naming file and key
 * @example
 * const config = readOfaConfig("config.json", { ...ofaSizes.tiny, vocab_size: 59_457 });
 */
export function readOfaConfig(file: string, values: JsonObject): OfaConfig {
  const config = new ConfigReader(file, values);
  config.choice("model_type", ["ofa"]);
  refuse(config);
  const width = config.count("d_model", 512);
  const normformer = config.flag("normformer", true);
  return {
    modelType: "ofa",
    vocabSize: config.count("vocab_size", 59_457),
    width,
    encoderLayers: config.count("encoder_layers", 4),
    decoderLayers: config.count("decoder_layers", 4),
    encoderHeads: readHeads(config, "encoder_attention_heads", width),
    decoderHeads: readHeads(config, "decoder_attention_heads", width),
    encoderInner: config.count("encoder_ffn_dim", 2048),
    decoderInner: config.count("decoder_ffn_dim", 2048),
    maxPositions: config.count("max_position_embeddings", 1024),
    scaleAttention: config.flag("scale_attn", normformer),
    scaleInner: config.flag("scale_fc", normformer),
    scaleHeads: config.flag("scale_heads", true),
    textNorm: config.flag("layernorm_embedding", true),
    patchNorm: config.flag("patch_layernorm_embedding", true),
    codeNorm: config.flag("code_layernorm_embedding", true),
    typeEmbedding: config.flag("add_type_embedding", true),
    scaleEmbedding: config.flag("scale_embedding", false),
    tiedHead: config.flag("share_decoder_input_output_embed", true),
    scaleFactor: config.positive("attn_scale_factor", 2),
    tokenBuckets: config.count("token_bucket_size", 256),
    imageBuckets: config.count("image_bucket_size", 42),
    codeImageSize: config.count("code_image_size", 128),
    stem: readStem(config),
    modalFfn: readModalFfn(config),
    initializerRange: config.positive("init_std", 0.02),
  };
}

/** The config.json of a configuration, with every key that decides its form. */
export function ofaConfigJson(c: OfaConfig): JsonObject {
  return {
    model_type: "ofa",
    architectures: ["OFAModel"],
    is_encoder_decoder: true,
    vocab_size: c.vocabSize,
    d_model: c.width,
    encoder_layers: c.encoderLayers,
    decoder_layers: c.decoderLayers,
    encoder_attention_heads: c.encoderHeads,
    decoder_attention_heads: c.decoderHeads,
    encoder_ffn_dim: c.encoderInner,
    decoder_ffn_dim: c.decoderInner,
    max_position_embeddings: c.maxPositions,
    normformer: c.scaleAttention && c.scaleInner,
    scale_attn: c.scaleAttention,
    scale_fc: c.scaleInner,
    scale_heads: c.scaleHeads,
    layernorm_embedding: c.textNorm,
    patch_layernorm_embedding: c.patchNorm,
    code_layernorm_embedding: c.codeNorm,
    add_type_embedding: c.typeEmbedding,
    scale_embedding: c.scaleEmbedding,
    share_decoder_input_output_embed: c.tiedHead,
    attn_scale_factor: c.scaleFactor,
    token_bucket_size: c.tokenBuckets,
    image_bucket_size: c.imageBuckets,
    code_image_size: c.codeImageSize,
    ...(typeof c.stem === "string"
      ? { resnet_type: c.stem }
      : { stem: { kind: "patch", size: c.stem.size } }),
    modal_ffn: c.modalFfn,
    init_std: c.initializerRange,
    encoder_normalize_before: true,
    decoder_normalize_before: true,
    entangle_position_embedding: false,
    activation_function: "gelu",
    bos_token_id: 0,
    pad_token_id: 1,
    eos_token_id: 2,
    forced_eos_token_id: 2,
  };
}

/** What no published model has and this library does not compute. */
function refuse(config: ConfigReader): void {
  for (const key of ["encoder_normalize_before", "decoder_normalize_before"]) {
    if (!config.flag(key, true)) throw config.error(key, "true (norms before each block)", false);
  }
  if (config.flag("entangle_position_embedding", false)) {
    throw config.error("entangle_position_embedding", "false (positions as biases alone)", true);
  }
  config.choice("activation_function", ["gelu"], "gelu");
}

function readHeads(config: ConfigReader, key: string, width: number): number {
  const heads = config.count(key, 8);
  if (width % heads !== 0) throw config.error(key, `a divisor of "d_model" ${width}`, heads);
  return heads;
}

function readStem(config: ConfigReader): OfaStem {
  const patch = config.object("stem");
  if (!patch) {
    const names = Object.keys(resnetBlocks) as ResnetName[];
    return config.choice("resnet_type", names, "resnet101");
  }
  patch.choice("kind", ["patch"]);
  return { kind: "patch", size: patch.count("size") };
}

function readModalFfn(config: ConfigReader): string[] {
  const names = config.list("modal_ffn") ?? [];
  return names.map((name) => {
    if (typeof name === "string" && /^[a-z]\w*$/.test(name)) return name;
    throw config.error("modal_ffn", 'a list of modalities such as "image"', names);
  });
}
