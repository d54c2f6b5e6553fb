/** OFA's own checkpoints, as fairseq wrote them: their names, and the settings that shapes tell. */

import type { Checkpoint } from "../../checkpoint/checkpoint.ts";
import type { JsonObject } from "../config-reader.ts";
import { resnetBlocks } from "./config.ts";

/** Whether the tensors have fairseq's names. */
export const isFairseq = (checkpoint: Checkpoint): boolean =>
  checkpoint.names.some((name) =>
    /\.(encoder_attn|attn_ln|self_attn_ln|ffn_layernorm)\./.test(name),
  );

/** fairseq's name of a tensor (OFA, models/ofa/unify_transformer_layer.py). */
export function fairseqName(name: string): string {
  const middle = name.startsWith("encoder.") ? "attn_ln" : "self_attn_ln";
  return name
    .replace(".self_attn_mid_layer_norm.", `.${middle}.`)
    .replace(".cross_attn_mid_layer_norm.", ".cross_attn_ln.")
    .replace(".cross_attn_layer_norm.", ".encoder_attn_layer_norm.")
    .replace(".cross_attn.", ".encoder_attn.")
    .replace(".ffn_layer_norm.", ".ffn_layernorm.");
}

/**
 * Keys of a config.json from the shapes of a checkpoint without one. Only what no shape tells (the
 * factor of attention, the size of code images) is that of the published models.
 *
 * @throws Error (of the checkpoint) where a tensor that every OFA has is missing
 */
export function keysOfShapes(checkpoint: Checkpoint): JsonObject {
  const has = (name: string): boolean => checkpoint.has(fairseqName(name));
  const shape = (name: string): readonly number[] => checkpoint.info(fairseqName(name)).shape;
  const count = (prefix: string): number => {
    let n = 0;
    while (checkpoint.names.some((name) => name.startsWith(`${prefix}.${n}.`))) n++;
    return n;
  };
  const [vocab, width] = shape("encoder.embed_tokens.weight");
  const [relative, heads] = shape("encoder.token_rel_pos_table_list.0.weight");
  const blocks = [1, 2, 3].map((stage) => count(`encoder.embed_images.layer${stage}`));
  const resnet = Object.entries(resnetBlocks).find(([, of]) => `${of}` === `${blocks}`)?.[0];
  const ownHead = checkpoint.has("decoder.output_projection.weight") && !isTied(checkpoint);
  return {
    model_type: "ofa",
    vocab_size: vocab,
    d_model: width,
    encoder_layers: count("encoder.layers"),
    decoder_layers: count("decoder.layers"),
    encoder_attention_heads: heads,
    decoder_attention_heads: shape("decoder.token_rel_pos_table_list.0.weight")[1],
    encoder_ffn_dim: shape("encoder.layers.0.fc1.weight")[0],
    decoder_ffn_dim: shape("decoder.layers.0.fc1.weight")[0],
    max_position_embeddings: shape("encoder.embed_positions.weight")[0] - 2,
    token_bucket_size: (relative + 1) / 2,
    image_bucket_size: Math.round(Math.sqrt(shape("encoder.embed_image_positions.weight")[0] - 1)),
    ...(resnet && { resnet_type: resnet }),
    scale_attn: has("encoder.layers.0.self_attn_mid_layer_norm.weight"),
    scale_fc: has("encoder.layers.0.ffn_layer_norm.weight"),
    scale_heads: has("encoder.layers.0.self_attn.c_attn"),
    layernorm_embedding: has("encoder.layernorm_embedding.weight"),
    patch_layernorm_embedding: has("encoder.patch_layernorm_embedding.weight"),
    code_layernorm_embedding: has("decoder.code_layernorm_embedding.weight"),
    add_type_embedding: has("encoder.type_embedding.weight"),
    share_decoder_input_output_embed: !ownHead,
  };
}

/** Whether the head's weight is the embedding's: the same bytes of the file, or equal ones. */
function isTied(checkpoint: Checkpoint): boolean {
  const names = ["encoder.embed_tokens.weight", "decoder.output_projection.weight"];
  const [table, head] = names.map((name) => checkpoint.info(name));
  if (table.file === head.file && table.offset === head.offset) return true;
  const [a, b] = names.map((name) => {
    const { data } = checkpoint.read(name);
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  });
  const isEqual = a.equals(b);
  for (const name of names) checkpoint.release(name);
  return isEqual;
}
