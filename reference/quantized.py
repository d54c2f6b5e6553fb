"""Tiny Qwen3 checkpoints in the layouts of GPTQ, AWQ and FP8, with logits of the same weights.

Writes test/fixtures/quantized/<kind>/{config.json,model.safetensors,expected.safetensors}:
weights packed here, number by number, after the conventions of AutoGPTQ (`QuantLinear.pack`),
AutoAWQ (`WQLinear_GEMM.from_linear`) and transformers' finegrained_fp8; logits by transformers
in f32 with the weights that the packed numbers stand for.

Versions: torch 2.13.0 (CPU), transformers 5.18.0, safetensors 0.8.0. Run:
    python reference/quantized.py
"""

import json
import pathlib

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import Qwen3Config, Qwen3ForCausalLM

ROOT = pathlib.Path(__file__).parent.parent / "test/fixtures/quantized"
CONFIG = dict(
    vocab_size=96, hidden_size=64, intermediate_size=96, num_hidden_layers=1,
    num_attention_heads=2, num_key_value_heads=1, head_dim=32, max_position_embeddings=64,
    rms_norm_eps=1e-6, rope_theta=10000.0, tie_word_embeddings=True, attention_bias=False,
)
AWQ_ORDER = [0, 2, 4, 6, 1, 3, 5, 7]


def pack_words(numbers, bits, order=None):
    """uint [rows, n] -> int32 [rows, n * bits / 32], the first number in the lowest bits."""
    per = 32 // bits
    rows, n = numbers.shape
    words = np.zeros((rows, n // per), dtype=np.uint32)
    for c in range(n // per):
        for i in range(per):
            column = c * per + (order[i] if order else i)
            words[:, c] |= numbers[:, column].astype(np.uint32) << np.uint32(bits * i)
    return torch.from_numpy(words.view(np.int32).copy())


def groups_of(weight, group_of_input, groups, bits, sym):
    """Scales f16 and zero points [groups, out] of a weight [out, in]; numbers [out, in]."""
    out, inputs = weight.shape
    top = 2**bits - 1
    scales = np.zeros((groups, out), dtype=np.float16)
    zeros = np.zeros((groups, out), dtype=np.int64)
    for g in range(groups):
        part = weight[:, group_of_input == g]
        low, high = np.minimum(part.min(1), 0), np.maximum(part.max(1), 0)
        if sym:
            high = np.maximum(np.abs(low), high)
            low = -high
        scale = ((high - low) / top).astype(np.float16)
        scales[g] = scale
        zero = np.round(-low / scale.astype(np.float32))
        zeros[g] = (top + 1) // 2 if sym else np.clip(zero, 1, top)
    s, z = scales[group_of_input].T.astype(np.float32), zeros[group_of_input].T
    numbers = np.clip(np.round(weight / s) + z, 0, top).astype(np.int64)
    return scales, zeros, numbers, (numbers - z) * s


def gptq(weight, bits, sym, desc_act, rng):
    out, inputs = weight.shape
    group = 32
    g_idx = np.arange(inputs) // group
    if desc_act:
        g_idx = rng.permutation(g_idx)
    scales, zeros, numbers, floats = groups_of(weight, g_idx, inputs // group, bits, sym)
    tensors = {
        # Words run along the inputs here, along the outputs in qzeros.
        "qweight": pack_words(numbers, bits).T.contiguous(),
        "qzeros": pack_words(zeros - 1, bits),
        "scales": torch.from_numpy(scales),
        "g_idx": torch.from_numpy(g_idx.astype(np.int32)),
    }
    return tensors, floats


def awq(weight):
    inputs = weight.shape[1]
    group = 32
    scales, zeros, numbers, floats = groups_of(
        weight, np.arange(inputs) // group, inputs // group, 4, False)
    tensors = {
        "qweight": pack_words(numbers.T.copy(), 4, AWQ_ORDER),
        "qzeros": pack_words(zeros, 4, AWQ_ORDER),
        "scales": torch.from_numpy(scales),
    }
    return tensors, floats


def fp8(weight, block=(24, 32)):
    out, inputs = weight.shape
    rows, columns = -(-out // block[0]), -(-inputs // block[1])
    scales = torch.zeros(rows, columns)
    stored = torch.zeros(out, inputs, dtype=torch.float8_e4m3fn)
    floats = torch.zeros(out, inputs)
    w = torch.from_numpy(weight)
    for r in range(rows):
        for c in range(columns):
            at = (slice(r * block[0], (r + 1) * block[0]), slice(c * block[1], (c + 1) * block[1]))
            scales[r, c] = w[at].abs().max() / 448
            stored[at] = (w[at] / scales[r, c]).to(torch.float8_e4m3fn)
            floats[at] = stored[at].float() * scales[r, c]
    return {"weight": stored, "weight_scale_inv": scales}, floats.numpy()


GPTQ = dict(quant_method="gptq", group_size=32, checkpoint_format="gptq")
KINDS = {
    "gptq-int4": (lambda w, r: gptq(w, 4, True, False, r),
                  dict(GPTQ, bits=4, sym=True, desc_act=False)),
    "gptq-int4-act-order": (lambda w, r: gptq(w, 4, False, True, r),
                            dict(GPTQ, bits=4, sym=False, desc_act=True)),
    "gptq-int8": (lambda w, r: gptq(w, 8, False, False, r),
                  dict(GPTQ, bits=8, sym=False, desc_act=False)),
    "awq": (lambda w, r: awq(w),
            dict(quant_method="awq", version="gemm", bits=4, group_size=32, zero_point=True)),
    "fp8": (lambda w, r: fp8(w),
            dict(quant_method="fp8", fmt="e4m3", activation_scheme="dynamic",
                 weight_block_size=[24, 32])),
}

for kind, (quantize, settings) in KINDS.items():
    torch.manual_seed(1)
    rng = np.random.default_rng(2)
    model = Qwen3ForCausalLM(Qwen3Config(**CONFIG)).eval()
    tensors = {}
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith("_proj.weight"):
                weight.copy_(torch.randn_like(weight) * 0.2)
                parts, floats = quantize(weight.numpy(), rng)
                weight.copy_(torch.from_numpy(np.ascontiguousarray(floats, dtype=np.float32)))
                path = name[: -len(".weight")]
                tensors.update({f"{path}.{end}": part for end, part in parts.items()})
            else:
                if name.endswith("embed_tokens.weight"):
                    weight.copy_((torch.randn_like(weight) * 0.5).bfloat16().float())
                tensors[name] = weight.detach().clone().to(torch.bfloat16)
        tokens = torch.from_numpy(rng.integers(0, 96, (1, 16)))
        logits = model(tokens).logits
    folder = ROOT / kind
    folder.mkdir(parents=True, exist_ok=True)
    config = dict(CONFIG, architectures=["Qwen3ForCausalLM"], model_type="qwen3",
                  hidden_act="silu", torch_dtype="float16", quantization_config=settings)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    save_file({"tokens": tokens, "logits": logits.contiguous()}, folder / "expected.safetensors")
    print(kind, float(logits.abs().max()))
