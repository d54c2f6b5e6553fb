"""Tiny random checkpoints with gated attention, and the logits of the gates' whole grid.

Versions: torch 2.13.0 (CPU), transformers 5.18.0, safetensors 0.8.0 (reference/requirements.txt).
Run:      python reference/gated_attention.py [--out test/fixtures]

transformers has no model with these gates (arXiv 2505.06708) but Qwen3-Next's, so its Qwen3 gets
them by hooks on the projections: what the hooks do follows modeling_qwen3.py of
github.com/qiuzh20/gated_attention for `q_proj` that holds the gate behind the queries of each group
of heads. Folders qwen/qwen3-gate-{headwise,elementwise} look like the released checkpoints and are
read as the other cases of qwen.py are. gates/grid.safetensors: weights of one layer, and for each
other gate NAME.weight of its projection and NAME.logits.
"""

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import DynamicCache, Qwen3Config, Qwen3ForCausalLM

torch.set_num_threads(1)
BATCH, SEQ, PROMPT, NEW, VOCAB, HIDDEN, HEADS, KV, WIDTH = 2, 24, 8, 64, 96, 32, 4, 2, 16
MIN_MARGIN, MIN_EFFECT = 1e-3, 1e-2
GROUP = HEADS // KV
KEYS = {"attention_bias": False, "attention_dropout": 0.0, "head_dim": WIDTH, "hidden_act": "silu",
        "hidden_size": HIDDEN, "initializer_range": 0.02, "intermediate_size": 40,
        "max_position_embeddings": 128, "num_attention_heads": HEADS, "num_key_value_heads": KV,
        "rms_norm_eps": 1e-6, "rope_theta": 1e4, "tie_word_embeddings": True, "vocab_size": VOCAB}
ACTIVATIONS = {"sigmoid": torch.sigmoid, "non-sparse": lambda x: 0.5 + 0.5 * torch.sigmoid(x),
               "silu": torch.nn.functional.silu, "identity": lambda x: x}


def build(layers, seed):
    rope = {"rope_theta": KEYS["rope_theta"], "rope_type": "default"}
    keys = {k: v for k, v in KEYS.items() if k != "rope_theta"}
    model = Qwen3ForCausalLM(Qwen3Config(**keys, rope_parameters=rope, num_hidden_layers=layers,
                                         attn_implementation="eager")).eval()
    rng = torch.Generator().manual_seed(seed)
    for name, tensor in sorted(model.named_parameters()):
        noise = torch.randn(tensor.shape, generator=rng)
        if name == "model.norm.weight":
            value = (1 + 0.3 * noise.clamp(-2, 2)) * (2.5 / HIDDEN**0.5 / 0.4)
        elif name.endswith("norm.weight"):
            value = 1.2 * (1 + 0.35 * noise.clamp(-2, 2))
        elif name.endswith("embed_tokens.weight"):
            value = 0.4 * noise
        else:
            value = 1.5 * noise / tensor.shape[-1] ** 0.5
        tensor.data.copy_(value)
    return model, rng


def gate_layer(attention, weight, position, granularity, shared, combine, activation):
    """Hooks that gate one layer; `weight` gives the scores of a token, [scores, hidden]."""
    held = {}
    heads = KV if position in ("key", "value") else HEADS

    def apply(y):
        score = ACTIVATIONS[activation](held["x"] @ weight.T)
        if position != "output":
            y = y.unflatten(-1, (heads, WIDTH))
            score = score.unflatten(-1, (1 if shared else heads, -1))
        out = y + score if combine == "add" else y * score
        return out if position == "output" else out.flatten(-2)

    attention.register_forward_pre_hook(
        lambda _, args, kwargs: held.update(x=kwargs.get("hidden_states", args[0] if args else None)),
        with_kwargs=True)
    if position == "attention":
        attention.o_proj.register_forward_pre_hook(lambda _, args: (apply(args[0]),))
    else:
        name = {"query": "q_proj", "key": "k_proj", "value": "v_proj", "output": "o_proj"}[position]
        getattr(attention, name).register_forward_hook(lambda _, __, y: apply(y))


def released(granularity, out):
    for seed in range(100):
        model, rng = build(2, seed)
        tokens = torch.randint(0, VOCAB, (BATCH, SEQ), generator=rng)
        plain = model(tokens).logits
        weights = {k: v.clone() for k, v in model.state_dict().items() if k != "lm_head.weight"}
        extra = 1 if granularity == "head" else WIDTH
        for i, layer in enumerate(model.model.layers):
            gate = 2 * torch.randn(HEADS * extra, HIDDEN, generator=rng) / HIDDEN**0.5
            name = f"model.layers.{i}.self_attn.q_proj.weight"
            # Rows: for each key head its group's queries, then its group's gates.
            query = weights[name].view(KV, GROUP * WIDTH, HIDDEN)
            weights[name] = torch.cat([query, gate.view(KV, GROUP * extra, HIDDEN)], 1).flatten(0, 1)
            gate_layer(layer.self_attn, gate, "attention", granularity, False, "multiply", "sigmoid")
        logits = model(tokens).logits
        ids, margin, cache, feed = [], float("inf"), DynamicCache(config=model.config), tokens[:1, :PROMPT]
        for _ in range(NEW):
            best = model(feed, past_key_values=cache).logits[0, -1].topk(2)
            margin = min(margin, (best.values[0] - best.values[1]).item())
            feed = best.indices[:1][None]
            ids.append(feed.item())
        if margin > MIN_MARGIN and len(set(ids)) >= 16 and (logits - plain).abs().max() > MIN_EFFECT:
            break
    folder = out / "qwen" / f"qwen3-gate-{granularity}wise"
    folder.mkdir(parents=True, exist_ok=True)
    config = {"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", **KEYS, "num_hidden_layers": 2,
              "elementwise_attn_output_gate": granularity == "element",
              "headwise_attn_output_gate": granularity == "head", "qkv_bias": False,
              "use_qk_norm": True, "rope_scaling": None, "torch_dtype": "float32"}
    (folder / "config.json").write_text(json.dumps(dict(sorted(config.items())), indent=2) + "\n")
    save_file({k: v.contiguous() for k, v in weights.items()}, folder / "model.safetensors", {"format": "pt"})
    note = json.dumps({"seed": seed, "margin": margin, "torch": torch.__version__})
    save_file({"tokens": tokens, "logits": logits.contiguous(), "greedy": torch.tensor(ids)},
              folder / "expected.safetensors", {"fixture": note})


GRID = [("attention", "element", False, "multiply", "sigmoid"),
        ("attention", "head", False, "multiply", "sigmoid"),
        ("attention", "element", True, "multiply", "sigmoid"),
        ("attention", "head", True, "multiply", "sigmoid"),
        ("attention", "element", False, "multiply", "non-sparse"),
        ("attention", "element", False, "multiply", "silu"),
        ("attention", "element", False, "add", "silu"),
        ("attention", "element", False, "add", "identity"),
        ("value", "element", False, "multiply", "sigmoid"),
        ("value", "head", False, "multiply", "sigmoid"),
        ("value", "element", True, "add", "silu"),
        ("key", "element", False, "multiply", "sigmoid"),
        ("key", "head", False, "multiply", "sigmoid"),
        ("query", "element", False, "multiply", "sigmoid"),
        ("query", "head", False, "add", "identity"),
        ("output", "element", False, "multiply", "sigmoid"),
        ("output", "element", False, "add", "silu")]


def grid(out):
    tensors = {}
    for number, gate in enumerate(GRID):
        position, granularity, shared, *_ = gate
        model, rng = build(1, 7)
        tokens = torch.randint(0, VOCAB, (1, 12), generator=rng)
        heads = KV if position in ("key", "value") else HEADS
        scores = HIDDEN if position == "output" else (
            (1 if shared else heads) * (1 if granularity == "head" else WIDTH))
        weight = 2 * torch.randn(scores, HIDDEN, generator=torch.Generator().manual_seed(number)) / HIDDEN**0.5
        plain = model(tokens).logits
        gate_layer(model.model.layers[0].self_attn, weight, *gate)
        logits = model(tokens).logits
        assert (logits - plain).abs().max() > MIN_EFFECT, gate
        name = " ".join([position, granularity, "shared" if shared else "own", *gate[3:]])
        tensors[f"{name}.weight"], tensors[f"{name}.logits"] = weight, logits[0].contiguous()
    tensors |= {k: v.clone() for k, v in model.state_dict().items() if k != "lm_head.weight"}
    (out / "gates").mkdir(exist_ok=True)
    save_file({**tensors, "tokens": tokens}, out / "gates" / "grid.safetensors")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=Path("test/fixtures"))
    out = parser.parse_args().out
    with torch.no_grad():
        for granularity in ("head", "element"):
            released(granularity, out)
        grid(out)
