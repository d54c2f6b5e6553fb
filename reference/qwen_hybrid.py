"""Tiny random Qwen3-Next and Qwen3.5 checkpoints with the logits transformers gives them.

Versions: torch 2.13.0 (CPU), transformers 5.18.0, safetensors 0.8.0 (reference/requirements.txt).
Run:      python reference/qwen_hybrid.py [--only NAME] [--out test/fixtures/qwen]

Files, oracle and thresholds are those of qwen.py, which this script imports, but that a seed is
also passed over where float32 is too coarse for it (MAX_ROUNDING). The script refuses a case in
which some norm, bias, decay or config key under `unlike` does not move the logits.
"""

import argparse
import json
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM

from qwen import (BATCH, MAX_STEP_DRIFT, MIN_DISTINCT, MIN_EFFECT, MIN_MARGIN, NEW, PROMPT, SEQ,
                  greedy, load, split_experts, step_by_step, whole)

MAX_ROUNDING = 4e-5  # float32 forward against float64; a norm lifts small sums to full size
VOCAB, HIDDEN = 96, 32
DELTA = {"linear_conv_kernel_dim": 4, "linear_key_head_dim": 8, "linear_value_head_dim": 8,
         "linear_num_key_heads": 2, "linear_num_value_heads": 4}
BASE = {"attention_bias": False, "attention_dropout": 0.0, "bos_token_id": 0, "eos_token_id": 1,
        "head_dim": 16, "hidden_act": "silu", "hidden_size": HIDDEN, "initializer_range": 0.02,
        "intermediate_size": 48, "max_position_embeddings": 128, "num_attention_heads": 4,
        "num_hidden_layers": 4, "num_key_value_heads": 2, "rms_norm_eps": 1e-6,
        "tie_word_embeddings": False, "use_cache": True, "vocab_size": VOCAB, **DELTA}
EXPERTS = {"moe_intermediate_size": 16, "num_experts": 8, "num_experts_per_tok": 2,
           "shared_expert_intermediate_size": 24}
# rope_theta where the published files have it; half of these short heads is 8 channels.
OLD_ROPE = {"rope_theta": 1e7, "rope_scaling": None, "partial_rotary_factor": 0.5}
NEW_ROPE = {"rope_parameters": {"rope_type": "default", "rope_theta": 1e7,
                                "partial_rotary_factor": 0.5}}
MROPE = {"rope_parameters": {"rope_type": "default", "rope_theta": 1e7, "mrope_interleaved": True,
                             "mrope_section": [2, 1, 1], "partial_rotary_factor": 0.5}}
YARN = {"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4, "partial_rotary_factor": 1.0,
                            "factor": 4.0, "original_max_position_embeddings": 32}}
NEXT = {"architectures": ["Qwen3NextForCausalLM"], "model_type": "qwen3_next", **BASE}
NEXT_MOE = {**NEXT, **EXPERTS, "norm_topk_prob": True, "decoder_sparse_step": 1,
            "mlp_only_layers": [], "full_attention_interval": 2, **OLD_ROPE}
TEXT = {"architectures": ["Qwen3_5ForCausalLM"], "model_type": "qwen3_5_text", **BASE, **MROPE}
TEXT_MOE = {"architectures": ["Qwen3_5MoeForCausalLM"], "model_type": "qwen3_5_moe_text",
            **{k: v for k, v in BASE.items() if k != "intermediate_size"}, **EXPERTS, **MROPE}
FULL = ["full_attention"] * 4
MIXED = ["linear_attention", "full_attention", "linear_attention", "linear_attention"]


@dataclass
class Case:
    name: str
    proves: str
    config: dict
    unlike: list[dict] = field(default_factory=list)  # overrides that must change the logits
    same: list[dict] = field(default_factory=list)  # overrides that must not
    stacked: bool = False  # experts as transformers 5 stacks them
    nested: bool = False  # text_config, and weights under model.language_model.
    dtype: torch.dtype = torch.float32


CASES = [
    Case("qwen3-next-dense", "delta nets with two value heads a key head, grouped projections, one "
         "gated attention layer in four, every layer dense; published config form",
         {**NEXT, **EXPERTS, **OLD_ROPE, "mlp_only_layers": [0, 1, 2, 3],
          "full_attention_interval": 4},
         unlike=[{"partial_rotary_factor": 1.0}, {"partial_rotary_factor": 0.25},
                 {"rope_theta": 1e4}, {"rms_norm_eps": 3e-2}]),
    Case("qwen3-next-moe", "experts and a shared one in all layers but the third, attention in "
         "every second layer; one tensor an expert", {**NEXT_MOE, "mlp_only_layers": [2]},
         unlike=[{"norm_topk_prob": False}, {"num_experts_per_tok": 1}]),
    Case("qwen3-next-new", "config form of transformers 5: layer_types, rope_parameters, stacked "
         "experts; partial_rotary_factor left to its default 0.25 of head_dim 32; tied",
         {**NEXT_MOE, "head_dim": 32, "rope_theta": None, "rope_scaling": None,
          "partial_rotary_factor": None, "full_attention_interval": None, "layer_types": MIXED,
          "rope_parameters": {"rope_type": "default", "rope_theta": 1e4},
          "tie_word_embeddings": True}, stacked=True,
         unlike=[{"rope_parameters": {"rope_type": "default", "rope_theta": 1e4,
                                      "partial_rotary_factor": 0.5}}]),
    Case("qwen3-next-shapes", "a key head for each value head, value heads wider than key heads, "
         "three convolution taps, attention biases",
         {**NEXT, **EXPERTS, **OLD_ROPE, "mlp_only_layers": [0, 1, 2, 3], "attention_bias": True,
          "layer_types": MIXED, "linear_conv_kernel_dim": 3, "linear_value_head_dim": 16,
          "linear_num_key_heads": 3, "linear_num_value_heads": 3}),
    Case("qwen3-next-bf16", "bfloat16 weights, computed in float32; one layer of each kind",
         {**NEXT_MOE, "num_hidden_layers": 2}, dtype=torch.bfloat16),
    Case("qwen3-5-text", "separate projections, dense, interleaved M-RoPE that text does not see; "
         "layers from the default interval of 4; tied", {**TEXT, "tie_word_embeddings": True},
         same=[{"rope_parameters": {**MROPE["rope_parameters"], "mrope_section": [1, 2, 1]}}],
         unlike=[{"rope_parameters": {**MROPE["rope_parameters"], "rope_theta": 1e4}}]),
    Case("qwen3-5-nested", "the language half of a vision-language checkpoint: text_config, weights "
         "under model.language_model.", {**TEXT, "layer_types": MIXED}, nested=True),
    Case("qwen3-5-yarn", "YaRN over whole heads",
         {**TEXT, **YARN, "layer_types": ["linear_attention", "full_attention"] * 2},
         unlike=[{"rope_parameters": {**YARN["rope_parameters"], "factor": 2.0}}, NEW_ROPE]),
    Case("qwen3-5-full", "layer_types may name attention alone: nothing is recurrent",
         {**TEXT, "num_hidden_layers": 2, "layer_types": FULL[:2]}),
    Case("qwen3-5-moe", "experts in every layer, no intermediate_size in the config", TEXT_MOE,
         stacked=True, unlike=[{"num_experts_per_tok": 3}]),
]


def present(config: dict) -> dict:
    return {k: v for k, v in config.items() if v is not None or k == "rope_scaling"}


def write_config(case: Case, folder: Path, config: dict | None = None) -> None:
    keys = present(config or case.config)
    # Absent, not null: rope_scaling with rope_parameters would be a second opinion.
    if "rope_parameters" in keys:
        keys.pop("rope_scaling", None)
    if case.nested:
        outer = {"architectures": ["Qwen3_5ForConditionalGeneration"], "model_type": "qwen3_5",
                 "tie_word_embeddings": keys.pop("tie_word_embeddings")}
        keys = outer | {"text_config": {k: v for k, v in keys.items() if k != "architectures"}}
    keys["torch_dtype"] = str(case.dtype).removeprefix("torch.")
    (folder / "config.json").write_text(json.dumps(dict(sorted(keys.items())), indent=2) + "\n")


def shapes(case: Case) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        write_config(case, Path(folder))
        config = AutoConfig.from_pretrained(folder)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    return {k: v.shape for k, v in model.state_dict().items()}


def is_offset(name: str) -> bool:
    """Norms that scale by 1 + weight: all but the delta net's own."""
    return name.endswith("norm.weight") and not name.endswith("linear_attn.norm.weight")


def make_weights(case: Case, seed: int) -> dict[str, torch.Tensor]:
    rng = torch.Generator().manual_seed(seed)
    weights = {}
    for name, shape in sorted(shapes(case).items()):
        noise = torch.randn(shape, generator=rng)
        if name.endswith(("bias", "dt_bias")):
            weights[name] = 0.7 * noise
        elif name.endswith("A_log"):  # some heads forget within tokens, some within hundreds
            weights[name] = 1.5 * noise - 2
        elif name == "model.norm.weight":  # sets the spread of the logits
            weights[name] = (1 + 0.3 * noise.clamp(-2, 2)) * (1.5 / HIDDEN**0.5 / 0.4) - 1
        elif name.endswith("norm.weight"):
            weights[name] = 1.2 * (1 + 0.35 * noise.clamp(-2, 2)) - (1 if is_offset(name) else 0)
        elif name in ("model.embed_tokens.weight", "lm_head.weight"):
            weights[name] = 0.4 * noise
        else:
            out = name.endswith(("o_proj.weight", "out_proj.weight", "down_proj.weight",
                                 "down_proj"))
            weights[name] = (0.8 if out else 1.2) * noise / shape[-1] ** 0.5
    if case.config["tie_word_embeddings"]:
        weights.pop("lm_head.weight", None)
    if not case.stacked:
        weights = dict(split_experts(weights))
    return {k: v.to(case.dtype).contiguous() for k, v in weights.items()}


def write_weights(case: Case, weights: dict[str, torch.Tensor], folder: Path) -> None:
    if case.nested:
        weights = {k.replace("model.", "model.language_model.", 1): v for k, v in weights.items()}
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


def effect(case: Case, weights, tokens, logits, config: dict | None = None) -> float:
    with tempfile.TemporaryDirectory() as folder:
        write_config(case, Path(folder), config)
        write_weights(case, weights, Path(folder))
        return (whole(Path(folder), tokens) - logits).abs().max().item()


def check_it_can_fail(case: Case, weights, tokens, logits) -> float:
    effects = {}
    for override in case.unlike:
        effects[str(override)] = effect(case, weights, tokens, logits, case.config | override)
    for name, tensor in weights.items():
        if tensor.ndim == 1:
            plain = torch.ones_like(tensor) if name.endswith("attn.norm.weight") else 0 * tensor
            effects[name] = effect(case, {**weights, name: plain}, tokens, logits)
    weak = {k: v for k, v in effects.items() if v < MIN_EFFECT}
    if weak:
        raise SystemExit(f"{case.name}: these changes do not move the logits enough: {weak}")
    for override in case.same:
        moved = effect(case, weights, tokens, logits, case.config | override)
        if moved > 1e-6:
            raise SystemExit(f"{case.name}: {override} moved the logits by {moved}")
    return min(effects.values())


@torch.no_grad()
def build(case: Case, out: Path, number: int) -> dict:
    folder = out / case.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write_config(case, folder)
    for attempt in range(80):
        seed = 100_000 + 1000 * number + attempt
        weights = make_weights(case, seed)
        rng = torch.Generator().manual_seed(seed)
        tokens = torch.randint(0, VOCAB, (BATCH, SEQ), generator=rng)
        write_weights(case, weights, folder)
        logits, steps = whole(folder, tokens), step_by_step(folder, tokens)
        rounding = (whole(folder, tokens, torch.float64) - logits).abs().max().item()
        drift = (steps - logits).abs().max().item()
        if rounding > MAX_ROUNDING or drift > MAX_STEP_DRIFT:
            continue
        text, margin = greedy(folder, tokens[0, :PROMPT])
        distinct = text.unique().numel()
        if margin > MIN_MARGIN and distinct >= MIN_DISTINCT:
            break
    else:
        raise SystemExit(f"{case.name}: no seed of 80 has margin and rounding in bounds")
    made = load(folder).generate(tokens[:1, :PROMPT], attention_mask=torch.ones(1, PROMPT).long(),
                                 do_sample=False, max_new_tokens=NEW, min_new_tokens=None,
                                 eos_token_id=-1, pad_token_id=0)[0, PROMPT:]
    if not torch.equal(made, text):
        raise SystemExit(f"{case.name}: generate() gives another greedy text")
    smallest = check_it_can_fail(case, weights, tokens, logits)
    meta = {
        "case": case.name, "proves": case.proves, "torch": torch.__version__,
        "transformers": transformers.__version__, "seed": str(seed),
        "seeds_tried": str(attempt + 1), "greedy_min_margin": f"{margin:.3e}",
        "greedy_distinct": str(distinct), "float64_error": f"{rounding:.1e}",
        "step_drift": f"{drift:.1e}", "smallest_effect": f"{smallest:.1e}",
        "logits_std": f"{logits.std().item():.2f}",
    }
    expected = {"tokens": tokens, "logits": logits.contiguous(), "greedy": text}
    save_file(expected, folder / "expected.safetensors", {"fixture": json.dumps(meta)})
    return meta


def main() -> None:
    args = argparse.ArgumentParser()
    here = Path(__file__).resolve().parent.parent
    args.add_argument("--out", type=Path, default=here / "test/fixtures/qwen")
    args.add_argument("--only", help="build the cases whose name contains this")
    options = args.parse_args()
    for number, case in enumerate(CASES, 1):
        if options.only and options.only not in case.name:
            continue
        meta = build(case, options.out, number)
        size = sum(f.stat().st_size for f in (options.out / case.name).iterdir())
        print(f"{case.name:20} {size / 1000:6.0f} kB", *(f"{k}={meta[k]}" for k in (
            "seeds_tried", "greedy_min_margin", "greedy_distinct", "float64_error", "step_drift",
            "smallest_effect", "logits_std")), flush=True)


if __name__ == "__main__":
    main()
