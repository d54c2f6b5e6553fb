/** A file of gguf-py's own writer, read through the interfaces that safetensors are read through. */

import { expect, it } from "vitest";
import { readConfigJson, readGenerationJson } from "../../../src/checkpoint/companions.ts";
import { openCheckpoint } from "../../../src/checkpoint/index.ts";
import { loadChatTemplate, loadTokenizer } from "../../../src/media/text/index.ts";

const folder = new URL("../../fixtures/gguf/", import.meta.url).pathname;
const file = `${folder}tiny.gguf`;

it.each([true, false])(
  "reads tensors by their Hugging Face names (mapped: %s)",
  async (mapping) => {
    using gguf = await openCheckpoint(file, { mapping });
    using expected = await openCheckpoint(`${folder}tiny.safetensors`);
    const same = (name: string, theirs: string): void => {
      expect(gguf.readAs(name, "f32")).toEqual(expected.read(theirs));
    };
    same("model.embed_tokens.weight", "token_embd.weight");
    same("lm_head.weight", "output.weight");
    same("model.norm.weight", "output_norm.weight");
    same("model.layers.0.input_layernorm.weight", "blk.0.attn_norm.weight");
    same("model.layers.0.post_attention_layernorm.weight", "blk.0.ffn_norm.weight");
    same("model.layers.0.self_attn.q_proj.weight", "blk.0.attn_q.weight");
    same("model.layers.0.self_attn.k_proj.weight", "blk.0.attn_k.weight");
    same("model.layers.0.self_attn.v_proj.weight", "blk.0.attn_v.weight");
    same("model.layers.0.self_attn.o_proj.weight", "blk.0.attn_output.weight");
    same("model.layers.0.self_attn.q_norm.weight", "blk.0.attn_q_norm.weight");
    same("model.layers.0.self_attn.k_norm.weight", "blk.0.attn_k_norm.weight");
    same("model.layers.0.mlp.gate.weight", "blk.0.ffn_gate_inp.weight");
  },
);

it("splits stacked experts into one tensor each", async () => {
  using gguf = await openCheckpoint(file);
  using expected = await openCheckpoint(`${folder}tiny.safetensors`);
  for (const part of ["gate", "up", "down"]) {
    const stack = expected.read(`blk.0.ffn_${part}_exps.weight`);
    const size = stack.data.length / 3;
    for (let e = 0; e < 3; e++) {
      const one = gguf.read(`model.layers.0.mlp.experts.${e}.${part}_proj.weight`);
      expect(one.shape).toEqual(stack.shape.slice(1));
      expect(one.data).toEqual(stack.data.slice(e * size, (e + 1) * size));
    }
  }
});

it("names the stored form, and converts from it", async () => {
  using gguf = await openCheckpoint(file);
  const name = "model.embed_tokens.weight";
  expect(gguf.info(name)).toMatchObject({ dtype: "f32", encoding: "Q8_0", shape: [12, 64] });
  expect(gguf.info("model.norm.weight").encoding).toBeUndefined();
  const wide = gguf.read(name).data as Float32Array;
  const into = new Float64Array(wide.length);
  expect(gguf.readAs(name, "f64", into).data).toBe(into);
  expect(Float32Array.from(into)).toEqual(wide);
});

it("reads the configuration from the metadata", async () => {
  const { values } = await readConfigJson(file);
  expect(values).toMatchObject({
    model_type: "qwen3_moe",
    hidden_size: 64,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    head_dim: 32,
    vocab_size: 12,
    rms_norm_eps: 1e-6,
    rope_theta: 1e6,
    tie_word_embeddings: false,
    attention_bias: false,
    num_experts: 3,
    num_experts_per_tok: 2,
    moe_intermediate_size: 32,
  });
  expect((await readGenerationJson(file))?.values).toEqual({ eos_token_id: [7] });
});

it("builds the tokenizer and the template", async () => {
  const tokenizer = await loadTokenizer(file);
  expect([...tokenizer.encode("abc a<|im_end|><think>")]).toEqual([5, 6, 7, 8]);
  expect(tokenizer.decode([5, 6, 7, 8], { skipSpecial: true })).toBe("abc a<think>");
  expect(tokenizer.eosId).toBe(7);
  const template = await loadChatTemplate(file);
  expect(template.render({ messages: [{ role: "user", content: "hi" }] })).toBe("hi<|im_end|>");
});
