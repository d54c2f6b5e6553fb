"""Tiny Qwen3-Next and Qwen3.5 checkpoints with `mtp.*` weights, and what those guess.

Versions: torch 2.13.0 (CPU), transformers 5.18.0, safetensors 0.8.0 (reference/requirements.txt).
Run:      python reference/mtp.py [--out test/fixtures/mtp]

transformers leaves `mtp.*` out, so the guesses are computed here, in plain torch and float64, from
the final hidden states that transformers gives. What is computed was read in vLLM
(vllm/model_executor/models/qwen3_next_mtp.py and qwen3_5_mtp.py, 2026): at place i the normed
embedding of token i + 1, then the normed final hidden state of token i, through `fc`; one gated
attention layer at position i, with experts where the checkpoint has them; a norm; the decoder's
head. For further guesses that norm's output takes the place of the hidden state.

Files: model.safetensors, config.json; expected.safetensors with `tokens` [n], `hidden` [n, H],
`logits` [n - 1, V] (the guess after token i + 1), and `drafts` [3], `draft_logits` [3, V]: three
guesses in a row after the last token but one.
"""

import argparse
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file

from qwen import load
from qwen_hybrid import (EXPERTS, MIXED, NEXT_MOE, TEXT, Case, make_weights, write_config,
                         write_weights)

CASES = [
    Case("qwen3-next-mtp", "experts, one tensor an expert, tied head",
         {**NEXT_MOE, "num_hidden_layers": 2, "tie_word_embeddings": True}),
    Case("qwen3-5-mtp", "dense, nested", {**TEXT, "layer_types": MIXED[:2],
                                          "num_hidden_layers": 2}, nested=True),
]
LENGTH, DRAFTS, SEED = 24, 3, 7


def mtp_weights(config: dict, seed: int) -> dict[str, torch.Tensor]:
    hidden, d = config["hidden_size"], config["head_dim"]
    heads, kv = config["num_attention_heads"], config["num_key_value_heads"]
    shapes = {"fc": [hidden, 2 * hidden], "norm": [hidden], "pre_fc_norm_embedding": [hidden],
              "pre_fc_norm_hidden": [hidden]}
    layer = {"input_layernorm": [hidden], "post_attention_layernorm": [hidden],
             "self_attn.q_proj": [2 * heads * d, hidden], "self_attn.k_proj": [kv * d, hidden],
             "self_attn.v_proj": [kv * d, hidden], "self_attn.o_proj": [hidden, heads * d],
             "self_attn.q_norm": [d], "self_attn.k_norm": [d]}

    def mlp(prefix: str, inner: int) -> None:
        layer[f"{prefix}.gate_proj"] = [inner, hidden]
        layer[f"{prefix}.up_proj"] = [inner, hidden]
        layer[f"{prefix}.down_proj"] = [hidden, inner]

    if "num_experts" in config:
        layer["mlp.gate"] = [config["num_experts"], hidden]
        layer["mlp.shared_expert_gate"] = [1, hidden]
        mlp("mlp.shared_expert", config["shared_expert_intermediate_size"])
        for e in range(config["num_experts"]):
            mlp(f"mlp.experts.{e}", config["moe_intermediate_size"])
    else:
        mlp("mlp", config["intermediate_size"])
    shapes |= {f"layers.0.{k}": v for k, v in layer.items()}
    rng = torch.Generator().manual_seed(seed)
    weights = {}
    for name, shape in sorted(shapes.items()):
        noise = torch.randn(shape, generator=rng)
        weight = 0.3 * noise if len(shape) == 1 else 1.2 * noise / shape[-1] ** 0.5
        weights[f"mtp.{name}.weight"] = weight.contiguous()
    return weights


class Mtp:
    """The layer with its cache, in float64, one place after the other."""

    def __init__(self, config: dict, weights: dict[str, torch.Tensor]):
        self.c = config
        self.w = {k: v.double() for k, v in weights.items()}
        self.keys: list[torch.Tensor] = []
        self.values: list[torch.Tensor] = []

    def norm(self, name: str, x: torch.Tensor) -> torch.Tensor:
        scale = torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.c["rms_norm_eps"])
        return x * scale * (1 + self.w[f"mtp.{name}.weight"])

    def rotate(self, x: torch.Tensor, place: int) -> torch.Tensor:
        rope = self.c.get("rope_parameters") or self.c
        width = int(self.c["head_dim"] * rope["partial_rotary_factor"])
        angle = place * rope["rope_theta"] ** (-torch.arange(0, width, 2).double() / width)
        cos, sin = angle.cos(), angle.sin()
        a, b, rest = x[..., : width // 2], x[..., width // 2: width], x[..., width:]
        return torch.cat([a * cos - b * sin, b * cos + a * sin, rest], -1)

    def mlp(self, name: str, x: torch.Tensor) -> torch.Tensor:
        gate, up, down = (self.w[f"mtp.layers.0.{name}.{part}_proj.weight"]
                          for part in ("gate", "up", "down"))
        return down @ (torch.nn.functional.silu(gate @ x) * (up @ x))

    def feed_forward(self, x: torch.Tensor) -> torch.Tensor:
        if "num_experts" not in self.c:
            return self.mlp("mlp", x)
        scores = torch.softmax(self.w["mtp.layers.0.mlp.gate.weight"] @ x, -1)
        top, chosen = scores.topk(self.c["num_experts_per_tok"])
        y = sum(p * self.mlp(f"mlp.experts.{e}", x)
                for p, e in zip(top / top.sum(), chosen.tolist()))
        shared = torch.sigmoid(self.w["mtp.layers.0.mlp.shared_expert_gate.weight"] @ x)
        return y + shared * self.mlp("mlp.shared_expert", x)

    def place(self, token: int, hidden: torch.Tensor, i: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits and next hidden state at place i, which earlier places were run before."""
        c, w = self.c, self.w
        heads, kv, d = c["num_attention_heads"], c["num_key_value_heads"], c["head_dim"]
        table = w["model.embed_tokens.weight"]
        joined = torch.cat([self.norm("pre_fc_norm_embedding", table[token]),
                            self.norm("pre_fc_norm_hidden", hidden)])
        x = w["mtp.fc.weight"] @ joined
        y = self.norm("layers.0.input_layernorm", x)
        project = {n: w[f"mtp.layers.0.self_attn.{n}_proj.weight"] @ y for n in "qkv"}
        q, gate = project["q"].view(heads, 2 * d).split(d, -1)
        q = self.rotate(self.norm("layers.0.self_attn.q_norm", q), i)
        k = self.rotate(self.norm("layers.0.self_attn.k_norm", project["k"].view(kv, d)), i)
        del self.keys[i:], self.values[i:]
        self.keys.append(k)
        self.values.append(project["v"].view(kv, d))
        keys, values = torch.stack(self.keys), torch.stack(self.values)  # [i + 1, kv, d]
        out = []
        for h in range(heads):
            g = h // (heads // kv)
            weights = torch.softmax(keys[:, g] @ q[h] / d**0.5, 0)
            out.append((weights @ values[:, g]) * torch.sigmoid(gate[h]))
        x = x + w["mtp.layers.0.self_attn.o_proj.weight"] @ torch.cat(out)
        x = x + self.feed_forward(self.norm("layers.0.post_attention_layernorm", x))
        x = self.norm("norm", x)
        return w.get("lm_head.weight", table) @ x, x


@torch.no_grad()
def build(case: Case, out: Path) -> None:
    folder = out / case.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    main = make_weights(case, SEED)
    write_config(case, folder)
    write_weights(case, main, folder)
    loaded = load(folder, torch.float64)
    config = case.config | ({} if "num_experts" not in case.config else EXPERTS)
    extra = mtp_weights(config, SEED + 1)
    stored = {k: v for k, v in main.items()}
    if case.nested:
        stored = {k.replace("model.", "model.language_model.", 1): v for k, v in stored.items()}
    save_file(stored | extra, folder / "model.safetensors", {"format": "pt"})
    rng = torch.Generator().manual_seed(SEED)
    tokens = torch.randint(0, config["vocab_size"], [LENGTH], generator=rng)
    result = loaded(tokens[None], output_hidden_states=True)
    hidden = result.hidden_states[-1][0]
    head = main.get("lm_head.weight", main["model.embed_tokens.weight"]).double()
    assert (hidden @ head.T - result.logits[0]).abs().max() < 1e-5  # it is what the head is given
    mtp = Mtp(config, main | extra)
    logits = [mtp.place(int(tokens[i + 1]), hidden[i], i)[0] for i in range(LENGTH - 1)]
    drafts, draft_logits = [], []
    token, state = int(tokens[-1]), hidden[LENGTH - 2]
    for i in range(DRAFTS):
        scores, state = mtp.place(token, state, LENGTH - 2 + i)
        token = int(scores.argmax())
        top = scores.topk(2).values
        assert top[0] - top[1] > 1e-3, "a draft is decided by rounding; take another seed"
        drafts.append(token)
        draft_logits.append(scores)
    expected = {"tokens": tokens.to(torch.int32), "hidden": hidden.float(),
                "logits": torch.stack(logits).float(),
                "drafts": torch.tensor(drafts, dtype=torch.int32),
                "draft_logits": torch.stack(draft_logits).float()}
    save_file({k: v.contiguous() for k, v in expected.items()}, folder / "expected.safetensors")
    print(case.name, "drafts", drafts)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path,
                        default=Path(__file__).parent.parent / "test/fixtures/mtp")
    for each in CASES:
        build(each, parser.parse_args().out)
