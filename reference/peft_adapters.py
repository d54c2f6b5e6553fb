"""LoRA adapters of a tiny Qwen3, for test/models/adapter.test.ts.

Versions: torch 2.13.0 (CPU), transformers 5.18, peft 0.21.0 (reference/requirements.txt).
Run:      python reference/peft_adapters.py

Each adapter is saved by PEFT itself, with the logits of the adapted model over some tokens, and
those of the merged one. B is random, so that the adapters change something.
"""

import shutil
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import Qwen3Config, Qwen3ForCausalLM

ROOT = Path(__file__).parent.parent / "test/fixtures/adapters"
shutil.rmtree(ROOT, ignore_errors=True)
CASES = {
    "lora": dict(r=4, lora_alpha=12, target_modules=["q_proj", "v_proj"]),
    "rslora": dict(r=4, lora_alpha=8, use_rslora=True, target_modules="all-linear"),
    "dora": dict(r=2, lora_alpha=4, use_dora=True, target_modules=["o_proj", "down_proj", "k_proj"]),
}


def base():
    torch.manual_seed(1)
    config = Qwen3Config(
        vocab_size=40,
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
        max_position_embeddings=64,
        tie_word_embeddings=True,
        initializer_range=0.2,
    )
    return Qwen3ForCausalLM(config).eval()


tokens = torch.tensor([[3, 1, 4, 1, 5, 9, 2, 6, 5, 35, 8, 9]])
model = base()
model.save_pretrained(ROOT / "base")
with torch.no_grad():
    out = {"tokens": tokens, "base": model(tokens).logits[0]}
    for name, options in CASES.items():
        adapted = get_peft_model(base(), LoraConfig(task_type="CAUSAL_LM", **options)).eval()
        torch.manual_seed(len(name))
        for key, value in adapted.named_parameters():
            if "lora_B" in key:
                value.normal_(std=0.1)
            if "magnitude" in key:
                value.mul_(1 + 0.1 * torch.randn_like(value))
        adapted.save_pretrained(ROOT / name)
        (ROOT / name / "README.md").unlink(missing_ok=True)
        out[name] = adapted(tokens).logits[0]
        out[f"{name} merged"] = adapted.merge_and_unload()(tokens).logits[0]
        print(name, (out[name] - out["base"]).abs().max().item())
save_file({k: v.contiguous() for k, v in out.items()}, ROOT / "expected.safetensors")
