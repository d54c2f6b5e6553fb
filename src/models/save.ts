/** Writes a decoder as a Hugging Face folder that transformers and `loadModel` read. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { convertArray } from "../checkpoint/convert.ts";
import { saveSafetensors } from "../checkpoint/save.ts";
import type { DType } from "../graph/dtype.ts";
import type { NDArray } from "../graph/ndarray.ts";
import type { DecoderConfig } from "./decoder.ts";

const torchNames: Partial<Record<DType, string>> = {
  f32: "float32",
  bf16: "bfloat16",
  f16: "float16",
};

/** config.json of a Qwen3 decoder, in the form of published checkpoints. */
export function qwen3ConfigJson(c: DecoderConfig, dtype: DType): Record<string, unknown> {
  if (c.modelType !== "qwen3" || c.rope.type !== "default" || c.windows.some((w) => w > 0)) {
    throw new Error(
      `qwen3ConfigJson: cannot write a ${c.modelType} decoder with ${c.rope.type} rotary scaling; ` +
        "only plain Qwen3 can be saved so far",
    );
  }
  return {
    architectures: ["Qwen3ForCausalLM"],
    attention_bias: c.qkvBias,
    attention_dropout: 0,
    head_dim: c.headDim,
    hidden_act: "silu",
    hidden_size: c.hiddenSize,
    initializer_range: c.initializerRange,
    intermediate_size: c.intermediateSize,
    max_position_embeddings: c.maxPositions,
    max_window_layers: c.layers,
    model_type: "qwen3",
    num_attention_heads: c.heads,
    num_hidden_layers: c.layers,
    num_key_value_heads: c.kvHeads,
    rms_norm_eps: c.normEpsilon,
    rope_scaling: null,
    rope_theta: c.rope.theta,
    sliding_window: null,
    tie_word_embeddings: c.tiedHead,
    torch_dtype: torchNames[dtype],
    use_cache: true,
    use_sliding_window: false,
    vocab_size: c.vocabSize,
  };
}

/**
 * Writes config.json, model.safetensors and any companion files into an existing folder; wrap it
 * in `saveDirectoryAtomically` so that a reader never sees half of it.
 *
 * @param files contents of further files by name (tokenizer.json, generation_config.json, …);
 *   objects are written as JSON
 */
export async function writeModelFiles(
  dir: string,
  config: DecoderConfig,
  weights: ReadonlyMap<string, NDArray>,
  { dtype = "f32", files = {} }: { dtype?: DType; files?: Readonly<Record<string, unknown>> } = {},
): Promise<void> {
  const all: Record<string, unknown> = { ...files, "config.json": qwen3ConfigJson(config, dtype) };
  for (const [name, content] of Object.entries(all)) {
    const text = typeof content === "string" ? content : `${JSON.stringify(content, null, 2)}\n`;
    await writeFile(join(dir, name), text);
  }
  await saveSafetensors(
    join(dir, "model.safetensors"),
    Array.from(weights, ([name, { shape, ...array }]) => ({
      name,
      dtype,
      shape,
      load: () => convertArray({ shape, ...array }, dtype),
    })),
  );
}
