/** A model folder in a few kilobytes: config, tokenizer and weights, made on the spot. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { saveSafetensors } from "../../src/checkpoint/index.ts";
import { zeros } from "../../src/graph/ndarray.ts";
import { trainBpe } from "../../src/media/text/index.ts";

export interface TinyModel extends Disposable {
  readonly folder: string;
}

export const tinyConfig = {
  architectures: ["Qwen3ForCausalLM"],
  model_type: "qwen3",
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 16,
  vocab_size: 300,
  max_position_embeddings: 1000,
};

export async function createTinyModel(): Promise<TinyModel> {
  const folder = mkdtempSync(join(tmpdir(), "onefold-cli-"));
  const write = (name: string, value: unknown): void =>
    writeFileSync(join(folder, name), JSON.stringify(value));
  write("config.json", tinyConfig);
  const specialTokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];
  write("tokenizer.json", trainBpe(["one two one two"], { vocabSize: 262, specialTokens }));
  write("tokenizer_config.json", {
    tokenizer_class: "Qwen2Tokenizer",
    eos_token: "<|im_end|>",
    chat_template:
      "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}" +
      "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}" +
      "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}",
  });
  await saveSafetensors(join(folder, "model.safetensors"), [
    { name: "model.embed_tokens.weight", array: zeros("bf16", [300, 8]) },
    { name: "model.norm.weight", array: zeros("f32", [8]) },
  ]);
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
