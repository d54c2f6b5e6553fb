"""Tiny random first-generation Qwen checkpoints (QWenLMHeadModel) with the logits they must give.

Versions: torch 2.13.0 (CPU), safetensors 0.8.0 (reference/requirements.txt).
Run:      python reference/qwen_v1.py [--only NAME] [--out test/fixtures/qwen]

transformers has no code for this architecture: it came with its checkpoints as modeling_qwen.py.
The oracle below is written anew from what that file computes. Read for it:
  github.com/mapengAdam/qianwen-72B, modeling_qwen.py, revision 3334bfe3d6d9d445cbe54185cd6aaef7e1e3c068
    (a mirror of Qwen-72B: rotary embedding, RMSNorm, prompt and step inputs);
  github.com/alibaba/MNN, transformers/llm/export/llm_models/Qwen-1_8B/modeling_qwen.py, revision
    7cad2ee83f12f2ca86eaf36a2010eed322a68b2e (attention, MLP, dynamic NTK, logn).
What both have in common, and these fixtures hold:
  - c_attn gives q, k, v as thirds of its rows, with a bias; no other layer has one;
  - the MLP is c_proj(w1(x) * silu(w2(x))), each intermediate_size / 2 wide;
  - a pass without a cache over n tokens rotates by base * a ** (d / (d - 2)) with
    a = max(1, 2 ** ceil(log2(n / seq_length) + 1) - 1); a pass behind a cache keeps the a of the
    prompt, so the cached keys and new ones agree;
  - the query of position i (from 1) is multiplied by log(i) / log(seq_length) where i > seq_length.

Each case is a folder as qwen.py describes it; step_logits are those of tokens fed one by one, for
which the prompt is the first token alone.
"""

import argparse
import json
import math
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

torch.set_num_threads(1)  # one summation order, whatever the machine

BATCH, SEQ, PROMPT, NEW = 2, 24, 8, 64
MIN_MARGIN, MIN_DISTINCT, MIN_EFFECT, MAX_ROUNDING = 1e-3, 16, 1e-2, 2e-5


@dataclass
class Case:
    name: str
    proves: str
    keys: dict = field(default_factory=dict)  # replace those of BASE
    unlike: list[dict] = field(default_factory=list)  # replacements that must move the logits
    same: list[dict] = field(default_factory=list)  # replacements that must not
    dtype: torch.dtype = torch.float32
    old_names: bool = False  # config.json in the words of the first release
    same_weights_as: str | None = None


BASE = {
    "architectures": ["QWenLMHeadModel"],
    "attn_dropout_prob": 0.0,
    "bf16": False,
    "emb_dropout_prob": 0.0,
    "fp16": False,
    "fp32": True,
    "hidden_size": 32,
    "initializer_range": 0.02,
    "intermediate_size": 80,
    "kv_channels": 16,
    "layer_norm_epsilon": 1e-6,
    "max_position_embeddings": 128,
    "model_type": "qwen",
    "no_bias": True,
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
    "rotary_emb_base": 10000,
    "rotary_pct": 1.0,
    "scale_attn_weights": True,
    "seq_length": 128,
    "tie_word_embeddings": False,
    "torch_dtype": "float32",
    "use_cache": True,
    "use_dynamic_ntk": True,
    "use_flash_attn": "auto",
    "use_logn_attn": True,
    "vocab_size": 96,
}
OLD_NAMES = {
    "hidden_size": "n_embd", "num_attention_heads": "n_head", "num_hidden_layers": "n_layer",
    "max_position_embeddings": "n_positions", "intermediate_size": "ffn_hidden_size",
    "vocab_size": "padded_vocab_size",
}
OFF = {"use_dynamic_ntk": False, "use_logn_attn": False}

CASES = [
    Case("qwen-v1", "packed q, k, v, the gate in w2, own head, everything within seq_length",
         same=[OFF], unlike=[{"rotary_emb_base": 1000}]),
    Case("qwen-v1-long", "seq_length 6: a prompt of 24 grows the base by 7 (log2 is whole), queries "
         "grow from position 7 on; the prompt's growth stays while 64 more tokens come",
         {"seq_length": 6},
         unlike=[{"use_dynamic_ntk": False}, {"use_logn_attn": False}, {"seq_length": 5}]),
    Case("qwen-v1-ntk", "dynamic NTK alone, seq_length 7", {"seq_length": 7, "use_logn_attn": False},
         unlike=[{"use_dynamic_ntk": False}, {"seq_length": 5}], same=[{"seq_length": 11}]),
    Case("qwen-v1-logn", "logn alone, seq_length 10, crossed while decoding",
         {"seq_length": 10, "use_dynamic_ntk": False},
         unlike=[{"use_logn_attn": False}, {"seq_length": 11}]),
    Case("qwen-v1-partial-rotary", "rotary_pct 0.5: half of each head's channels turn",
         {"rotary_pct": 0.5, "seq_length": 6}, unlike=[{"rotary_pct": 1.0}, OFF]),
    Case("qwen-v1-old-names", "the weights of qwen-v1-long, config.json in GPT-2's words",
         {"seq_length": 6}, old_names=True, same_weights_as="qwen-v1-long"),
    Case("qwen-v1-bf16", "bfloat16 weights, computed in float32", {"seq_length": 12},
         dtype=torch.bfloat16),
]


# --- oracle ------------------------------------------------------------------------------------

class Oracle:
    """One conversation: keys and values of what was fed, and the growth its prompt fixed."""

    def __init__(self, keys, weights, dtype=torch.float32):
        self.keys = keys
        self.w = {name: tensor.to(dtype) for name, tensor in weights.items()}
        self.past = [None] * keys["num_hidden_layers"]
        self.growth = 1

    def feed(self, tokens):
        c, w = self.keys, self.w
        start = 0 if self.past[0] is None else self.past[0][0].shape[1]
        if start == 0 and c["use_dynamic_ntk"]:
            exponent = math.ceil(math.log(tokens.shape[1] / c["seq_length"], 2) + 1)
            self.growth = max(1, 2 ** exponent - 1)
        x = w["transformer.wte.weight"][tokens]
        for layer in range(c["num_hidden_layers"]):
            p = f"transformer.h.{layer}."
            x = x + self.attend(layer, self.norm(x, p + "ln_1"), start)
            h = self.norm(x, p + "ln_2")
            up, gate = h @ w[p + "mlp.w1.weight"].T, h @ w[p + "mlp.w2.weight"].T
            x = x + (up * F.silu(gate)) @ w[p + "mlp.c_proj.weight"].T
        return self.norm(x, "transformer.ln_f") @ w["lm_head.weight"].T

    def norm(self, x, name):
        scale = torch.rsqrt(x.float().pow(2).mean(-1, keepdim=True) + self.keys["layer_norm_epsilon"])
        return (x.float() * scale).to(x.dtype) * self.w[name + ".weight"]

    def attend(self, layer, x, start):
        c, w, p = self.keys, self.w, f"transformer.h.{layer}.attn."
        heads, width = c["num_attention_heads"], c["kv_channels"]
        packed = x @ w[p + "c_attn.weight"].T + w[p + "c_attn.bias"]
        q, k, v = (part.unflatten(-1, (heads, width)) for part in packed.split(c["hidden_size"], -1))
        q, k = self.rotate(q, start), self.rotate(k, start)
        if self.past[layer] is not None:
            k, v = (torch.cat(pair, 1) for pair in zip(self.past[layer], (k, v)))
        self.past[layer] = (k, v)
        places = torch.arange(start + 1, k.shape[1] + 1)
        if c["use_logn_attn"]:
            logs = [math.log(i, c["seq_length"]) if i > c["seq_length"] else 1.0 for i in places]
            q = q * torch.tensor(logs).to(q.dtype)[None, :, None, None]
        scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / width ** 0.5
        hidden = torch.arange(1, k.shape[1] + 1)[None, :] > places[:, None]
        weights = scores.masked_fill(hidden, float("-inf")).softmax(-1)
        mixed = torch.einsum("bhqk,bkhd->bqhd", weights, v).flatten(2)
        return mixed @ w[p + "c_proj.weight"].T

    def rotate(self, x, start):
        c = self.keys
        d = int(c["kv_channels"] * c["rotary_pct"])
        base = c["rotary_emb_base"] * self.growth ** (d / (d - 2))
        frequencies = 1.0 / base ** (torch.arange(0, d, 2).float() / d)
        angles = torch.outer(torch.arange(start, start + x.shape[1]).float(), frequencies)[:, None]
        cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
        a, b, rest = x[..., :d // 2], x[..., d // 2:d], x[..., d:]
        return torch.cat([a * cos - b * sin, b * cos + a * sin, rest], -1)


def whole(keys, weights, tokens, dtype=torch.float32):
    return Oracle(keys, weights, dtype).feed(tokens)


def step_by_step(keys, weights, tokens):
    oracle = Oracle(keys, weights)
    return torch.cat([oracle.feed(tokens[:, i:i + 1]) for i in range(tokens.shape[1])], 1)


def greedy(keys, weights, prompt):
    """The greedy ids [64] and the smallest gap between the two best logits of a step."""
    oracle, ids, margin, feed = Oracle(keys, weights), [], float("inf"), prompt[None]
    for _ in range(NEW):
        best = oracle.feed(feed)[0, -1].topk(2)
        margin = min(margin, (best.values[0] - best.values[1]).item())
        ids.append(best.indices[0].item())
        feed = best.indices[:1][None]
    return torch.tensor(ids), margin


# --- cases -------------------------------------------------------------------------------------

def make_weights(keys, dtype, seed):
    """Random weights under the checkpoint's names; no norm is 1 and no bias is 0."""
    rng = torch.Generator().manual_seed(seed)
    hidden, inner = keys["hidden_size"], keys["intermediate_size"] // 2
    weights = {}

    def add(name, *shape, gain=None):
        noise = torch.randn(shape, generator=rng)
        weights[name] = noise * gain if gain else 1.2 * noise / shape[-1] ** 0.5

    def norm(name, scale=1.2):
        weights[name] = scale * (1 + 0.35 * torch.randn(hidden, generator=rng).clamp(-2, 2))

    add("transformer.wte.weight", keys["vocab_size"], hidden, gain=0.4)
    for layer in range(keys["num_hidden_layers"]):
        p = f"transformer.h.{layer}."
        norm(p + "ln_1.weight")
        add(p + "attn.c_attn.weight", 3 * hidden, hidden)
        add(p + "attn.c_attn.bias", 3 * hidden, gain=0.7)
        add(p + "attn.c_proj.weight", hidden, hidden)
        norm(p + "ln_2.weight")
        add(p + "mlp.w1.weight", inner, hidden)
        add(p + "mlp.w2.weight", inner, hidden)
        add(p + "mlp.c_proj.weight", hidden, inner)
    norm("transformer.ln_f.weight", 1.1)
    add("lm_head.weight", keys["vocab_size"], hidden, gain=0.4)
    return {name: tensor.to(dtype) for name, tensor in weights.items()}


def check_it_can_fail(case, keys, weights, tokens, logits):
    """The smallest effect of any single mistake this case should catch."""
    def moved(other_keys, other_weights):
        return (whole(other_keys, other_weights, tokens) - logits).abs().max().item()

    effects = {str(u): moved({**keys, **u}, weights) for u in case.unlike}
    for name, tensor in weights.items():
        if tensor.ndim == 1:
            plain = torch.zeros_like(tensor) if name.endswith("bias") else torch.ones_like(tensor)
            effects[name] = moved(keys, {**weights, name: plain})
        if name.endswith("w1.weight"):
            twin = name.replace("w1", "w2")
            effects[f"{name} as gate"] = moved(
                keys, {**weights, name: weights[twin], twin: weights[name]})
    weak = {k: v for k, v in effects.items() if v < MIN_EFFECT}
    wrong = {str(s): moved({**keys, **s}, weights) for s in case.same}
    if weak or any(wrong.values()):
        raise SystemExit(f"{case.name}: too small {weak}, should be nothing {wrong}")
    return min(effects.values())


@torch.no_grad()
def build(case, out, number):
    folder = out / case.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    keys = {**BASE, **case.keys, "torch_dtype": str(case.dtype).removeprefix("torch.")}
    written = {OLD_NAMES.get(k, k): v for k, v in keys.items()} if case.old_names else keys
    (folder / "config.json").write_text(json.dumps(dict(sorted(written.items())), indent=2) + "\n")
    for attempt in range(40):
        seed = 100_000 + 1000 * number + attempt
        if case.same_weights_as:
            weights = load_file(out / case.same_weights_as / "model.safetensors")
            tokens = load_file(out / case.same_weights_as / "expected.safetensors")["tokens"]
        else:
            weights = make_weights(keys, case.dtype, seed)
            rng = torch.Generator().manual_seed(seed)
            tokens = torch.randint(0, keys["vocab_size"], (BATCH, SEQ), generator=rng)
        text, margin = greedy(keys, weights, tokens[0, :PROMPT])
        distinct = text.unique().numel()
        if margin > MIN_MARGIN and distinct >= MIN_DISTINCT:
            break
    else:
        raise SystemExit(f"{case.name}: no seed of 40 meets the greedy margin")
    logits, steps = whole(keys, weights, tokens), step_by_step(keys, weights, tokens)
    rounding = (whole(keys, weights, tokens, torch.float64) - logits).abs().max().item()
    drift = (steps - logits).abs().max().item()
    grows = keys["use_dynamic_ntk"] and keys["seq_length"] < SEQ
    if rounding > MAX_ROUNDING or (drift > MAX_ROUNDING) != grows:
        raise SystemExit(f"{case.name}: rounding {rounding}, step drift {drift}")
    smallest = check_it_can_fail(case, keys, weights, tokens, logits)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    meta = {
        "case": case.name, "proves": case.proves, "torch": torch.__version__,
        "seed": "" if case.same_weights_as else str(seed), "seeds_tried": str(attempt + 1),
        "greedy_min_margin": f"{margin:.3e}", "greedy_distinct": str(distinct),
        "float64_error": f"{rounding:.1e}", "step_drift": f"{drift:.1e}",
        "smallest_effect": f"{smallest:.1e}", "logits_std": f"{logits.std().item():.2f}",
    }
    expected = {"tokens": tokens, "logits": logits.contiguous(), "greedy": text}
    if grows:
        expected["step_logits"] = steps.contiguous()
    # One metadata key: safetensors writes several in random order, and files would differ by run.
    save_file(expected, folder / "expected.safetensors", {"fixture": json.dumps(meta)})
    return meta


def main():
    args = argparse.ArgumentParser()
    here = Path(__file__).resolve().parent.parent
    args.add_argument("--out", type=Path, default=here / "test/fixtures/qwen")
    args.add_argument("--only", help="build the cases whose name contains this")
    options = args.parse_args()
    for number, case in enumerate(CASES, 1):
        if options.only and options.only not in case.name:
            continue
        meta = build(case, options.out, number)
        print(case.name, *(f"{k}={v}" for k, v in meta.items() if k not in ("case", "proves")),
              flush=True)


if __name__ == "__main__":
    main()
