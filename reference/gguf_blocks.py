"""Fixtures for the GGUF reader and writer: test/fixtures/gguf/.

Oracle: the gguf package 0.19.0 of llama.cpp (gguf-py: quants.py, gguf_writer.py), numpy 2.4.6.
Run: pip install gguf==0.19.0 numpy==2.4.6 safetensors==0.8.0; python reference/gguf_blocks.py

- blocks.safetensors: for each quantised type, `<type>.bytes` (random blocks, scales finite,
  subnormal and zero among them) and `<type>.values`, what gguf makes of them in f32; `input` and
  `quantised.<type>`, the bytes gguf makes of it.
- tiny.gguf: a qwen3moe model of one layer as gguf's own writer lays it out, stacked experts and
  a small vocabulary included; tiny.safetensors: the same tensors in f32 by llama.cpp's names.
"""

from pathlib import Path

import gguf
import numpy as np
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType as T
from safetensors.numpy import save_file

OUT = Path(__file__).parent.parent / "test/fixtures/gguf"

# Byte offsets of the f16 scales (and minima) within one block.
SCALES = {
    T.Q4_0: [0], T.Q4_1: [0, 2], T.Q5_0: [0], T.Q5_1: [0, 2], T.Q8_0: [0],
    T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208],
}
SPECIAL = np.array([0.0, -0.0, 6e-8, -5.9e-5, 65504.0, 1.0], dtype=np.float16)


def blocks(rng: np.random.Generator) -> dict[str, np.ndarray]:
    out: dict[str, np.ndarray] = {}
    for kind, offsets in SCALES.items():
        size, width = GGML_QUANT_SIZES[kind]
        count = 1536 // size
        data = rng.integers(0, 256, (count, width), dtype=np.uint8)
        for offset in offsets:
            scales = rng.normal(0, 0.1, count).astype(np.float16)
            scales[: len(SPECIAL)] = SPECIAL[: len(scales)]
            data[:, offset : offset + 2] = scales.view(np.uint8).reshape(count, 2)
        out[f"{kind.name}.bytes"] = data
        out[f"{kind.name}.values"] = gguf.dequantize(data, kind).astype(np.float32).reshape(-1)
    values = rng.normal(0, 0.05, (12, 96)).astype(np.float32)
    values[0] = 0
    values[1, :32] = 1e-9  # the scale is below the smallest f16
    values[2] *= 1e4
    values[3, ::2] = 0.5  # ties in the largest and in the rounding
    values[3, 1::2] = -0.5
    values[4] = np.arange(96, dtype=np.float32) - 48
    out["input"] = values
    for kind in (T.Q8_0, T.Q4_0):
        out[f"quantised.{kind.name}"] = gguf.quantize(values, kind)
    return out


def tiny(rng: np.random.Generator) -> None:
    hidden, heads, head_dim, experts, width, vocab = 64, 2, 32, 3, 32, 12
    writer = gguf.GGUFWriter(OUT / "tiny.gguf", "qwen3moe")
    writer.add_block_count(1)
    writer.add_context_length(128)
    writer.add_embedding_length(hidden)
    writer.add_feed_forward_length(96)
    writer.add_head_count(heads)
    writer.add_head_count_kv(1)
    writer.add_key_length(head_dim)
    writer.add_value_length(head_dim)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1e6)
    writer.add_expert_count(experts)
    writer.add_expert_used_count(2)
    writer.add_expert_feed_forward_length(width)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    tokens = ["a", "b", "c", "\u0120", "ab", "abc", "\u0120a", "<|im_end|>", "<think>"]
    tokens += [f"[PAD{i}]" for i in range(len(tokens), vocab)]
    writer.add_token_list(tokens)
    writer.add_token_types([1] * 7 + [3, 4] + [5] * (vocab - 9))
    writer.add_token_merges(["a b", "ab c", "\u0120 a"])
    writer.add_eos_token_id(7)
    writer.add_chat_template("{{ messages[0].content }}<|im_end|>")
    plain: dict[str, np.ndarray] = {}

    def add(name: str, shape: tuple[int, ...], kind: T) -> None:
        values = rng.normal(0, 0.05, shape).astype(np.float32)
        data = values if kind == T.F32 else gguf.quantize(values, kind)
        plain[name] = gguf.dequantize(data, kind).astype(np.float32).reshape(shape)
        writer.add_tensor(name, data, raw_dtype=kind)

    add("token_embd.weight", (vocab, hidden), T.Q8_0)
    add("output_norm.weight", (hidden,), T.F32)
    add("output.weight", (vocab, hidden), T.F16)
    b = "blk.0."
    for name in ("attn_norm", "ffn_norm"):
        add(f"{b}{name}.weight", (hidden,), T.F32)
    for name in ("attn_q_norm", "attn_k_norm"):
        add(f"{b}{name}.weight", (head_dim,), T.F32)
    add(f"{b}attn_q.weight", (heads * head_dim, hidden), T.Q4_0)
    add(f"{b}attn_k.weight", (head_dim, hidden), T.Q5_0)
    add(f"{b}attn_v.weight", (head_dim, hidden), T.BF16)
    add(f"{b}attn_output.weight", (hidden, heads * head_dim), T.Q4_1)
    add(f"{b}ffn_gate_inp.weight", (experts, hidden), T.F32)
    add(f"{b}ffn_gate_exps.weight", (experts, width, hidden), T.Q4_0)
    add(f"{b}ffn_up_exps.weight", (experts, width, hidden), T.Q5_1)
    add(f"{b}ffn_down_exps.weight", (experts, hidden, width), T.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    save_file(plain, OUT / "tiny.safetensors")


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    save_file(blocks(rng), OUT / "blocks.safetensors")
    tiny(rng)
