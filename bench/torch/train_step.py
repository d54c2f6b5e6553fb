"""Training-step times of PyTorch on the CPU, paired with bench/'s TypeScript steps.

Run:  python bench/torch/train_step.py --model qwen3 [--steps 10] [--warmup 3] [--threads N]
      python bench/torch/train_step.py --model gpt   [--compile]
      python bench/torch/train_step.py --model qwen3 --stdin

Needs torch only (measured with 2.13.0). One step: forward, cross entropy over every position,
backward, clip_grad_norm_ 1.0, AdamW (fused where torch has it for this device), on a fresh
random batch made outside the clock. float32, no dropout.

The first line printed is JSON describing the run (parameters, threads, every option). Then
  default   one {"ms": .., "loss": ..} line a step, and a last {"steps_ms": [..], "median_ms": ..}
  --stdin   {"ready": true} after the warm-up; then each line "step" read from standard input is
            answered by one {"ms": .., "loss": ..} line; "parts" by a step timed in parts
            ({"ms", "forward_ms", "backward_ms", "clip_ms", "adamw_ms", "loss"}); "quit" or end of
            input ends it. Nothing runs in between, so another process can take turns on the cores.

Models (defaults):
  qwen3  layers 6, hidden 256, heads 8, kv-heads 4, head-dim 32, intermediate 768, vocab 4096,
         batch 16, seq 128. RMSNorm (eps 1e-6), q/k norm per head before RoPE (rotate-half, base
         1e6), grouped causal attention, SwiGLU, no biases, tied head: 5,770,880 parameters.
  gpt    layers 6, hidden 384, heads 6 (head-dim 64), intermediate 1536, vocab 65, batch 8,
         seq 256. nanoGPT's shakespeare-char: LayerNorm and Linear without biases (--bias adds
         them), erf GELU, learned positions, tied head: 10,745,088 parameters (nanoGPT prints
         10.65M, leaving out the positions; 10,770,816 with biases).
"""

import argparse
import json
import statistics
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


def rope_tables(seq: int, dim: int, base: float) -> tuple[torch.Tensor, torch.Tensor]:
    angles = torch.outer(torch.arange(seq).float(), base ** -(torch.arange(0, dim, 2) / dim))
    both = torch.cat([angles, angles], -1)  # [seq, dim]
    return both.cos(), both.sin()


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat([-second, first], -1) * sin


class QwenBlock(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.heads, self.kv, self.dim = o.heads, o.kv_heads, o.head_dim
        self.input_norm = nn.RMSNorm(o.hidden, eps=1e-6)
        self.q = nn.Linear(o.hidden, o.heads * o.head_dim, bias=False)
        self.k = nn.Linear(o.hidden, o.kv_heads * o.head_dim, bias=False)
        self.v = nn.Linear(o.hidden, o.kv_heads * o.head_dim, bias=False)
        self.o = nn.Linear(o.heads * o.head_dim, o.hidden, bias=False)
        self.q_norm = nn.RMSNorm(o.head_dim, eps=1e-6)
        self.k_norm = nn.RMSNorm(o.head_dim, eps=1e-6)
        self.post_norm = nn.RMSNorm(o.hidden, eps=1e-6)
        self.gate = nn.Linear(o.hidden, o.intermediate, bias=False)
        self.up = nn.Linear(o.hidden, o.intermediate, bias=False)
        self.down = nn.Linear(o.intermediate, o.hidden, bias=False)

    def attend(self, x, cos, sin):
        batch, seq, _ = x.shape
        h = self.input_norm(x)
        q = self.q_norm(self.q(h).view(batch, seq, self.heads, self.dim)).transpose(1, 2)
        k = self.k_norm(self.k(h).view(batch, seq, self.kv, self.dim)).transpose(1, 2)
        v = self.v(h).view(batch, seq, self.kv, self.dim).transpose(1, 2)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=self.kv != self.heads)
        return self.o(y.transpose(1, 2).reshape(batch, seq, self.heads * self.dim))

    def forward(self, x, cos, sin):
        x = x + self.attend(x, cos, sin)
        h = self.post_norm(x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h))


class Qwen3(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.embed = nn.Embedding(o.vocab, o.hidden)
        self.blocks = nn.ModuleList(QwenBlock(o) for _ in range(o.layers))
        self.norm = nn.RMSNorm(o.hidden, eps=1e-6)
        cos, sin = rope_tables(o.seq, o.head_dim, 1e6)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def forward(self, ids):
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x, self.cos, self.sin)
        return F.linear(self.norm(x), self.embed.weight)  # [batch, seq, vocab]


class GptBlock(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.heads = o.heads
        self.norm1 = nn.LayerNorm(o.hidden, bias=o.bias)
        self.qkv = nn.Linear(o.hidden, 3 * o.hidden, bias=o.bias)
        self.proj = nn.Linear(o.hidden, o.hidden, bias=o.bias)
        self.norm2 = nn.LayerNorm(o.hidden, bias=o.bias)
        self.fc = nn.Linear(o.hidden, o.intermediate, bias=o.bias)
        self.out = nn.Linear(o.intermediate, o.hidden, bias=o.bias)

    def forward(self, x):
        batch, seq, width = x.shape
        parts = self.qkv(self.norm1(x)).view(batch, seq, 3, self.heads, width // self.heads)
        q, k, v = parts.permute(2, 0, 3, 1, 4)  # each [batch, heads, seq, width / heads]
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.proj(y.transpose(1, 2).reshape(batch, seq, width))
        return x + self.out(F.gelu(self.fc(self.norm2(x))))


class Gpt(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.embed = nn.Embedding(o.vocab, o.hidden)
        self.positions = nn.Embedding(o.seq, o.hidden)
        self.blocks = nn.ModuleList(GptBlock(o) for _ in range(o.layers))
        self.norm = nn.LayerNorm(o.hidden, bias=o.bias)

    def forward(self, ids):
        x = self.embed(ids) + self.positions.weight[: ids.shape[1]]
        for block in self.blocks:
            x = block(x)
        return F.linear(self.norm(x), self.embed.weight)


DEFAULTS = {
    "qwen3": dict(layers=6, hidden=256, heads=8, kv_heads=4, head_dim=32, intermediate=768,
                  vocab=4096, batch=16, seq=128),
    "gpt": dict(layers=6, hidden=384, heads=6, kv_heads=6, head_dim=64, intermediate=1536,
                vocab=65, batch=8, seq=256),
}


def read_options() -> argparse.Namespace:
    p = argparse.ArgumentParser()
    p.add_argument("--model", choices=DEFAULTS, default="qwen3")
    for key in DEFAULTS["qwen3"]:
        p.add_argument("--" + key.replace("_", "-"), type=int)
    p.add_argument("--bias", action="store_true", help="gpt only")
    p.add_argument("--lr", type=float, default=1e-3)
    p.add_argument("--steps", type=int, default=10)
    p.add_argument("--warmup", type=int, default=3)
    p.add_argument("--threads", type=int)
    p.add_argument("--compile", action="store_true", help="torch.compile (needs a C++ compiler)")
    p.add_argument("--stdin", action="store_true", help="one step for each line read")
    o = p.parse_args()
    for key, value in DEFAULTS[o.model].items():
        if getattr(o, key) is None:
            setattr(o, key, value)
    return o


def make_optimizer(model: nn.Module, lr: float) -> tuple[torch.optim.Optimizer, bool]:
    """AdamW with decay on matrices only; fused if this torch has a fused CPU kernel."""
    parameters = list(model.parameters())
    groups = [{"params": [p for p in parameters if p.ndim >= 2], "weight_decay": 0.1},
              {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0}]
    settings = dict(lr=lr, betas=(0.9, 0.95), eps=1e-8)
    try:
        return torch.optim.AdamW(groups, fused=True, **settings), True
    except RuntimeError:
        return torch.optim.AdamW(groups, **settings), False


def main() -> None:
    o = read_options()
    if o.threads:
        torch.set_num_threads(o.threads)
    torch.manual_seed(0)
    model = (Qwen3 if o.model == "qwen3" else Gpt)(o)
    for p in model.parameters():
        if p.ndim >= 2:
            nn.init.normal_(p, std=0.02)
    optimizer, fused = make_optimizer(model, o.lr)
    run = torch.compile(model) if o.compile else model
    parameters = list(model.parameters())
    count = sum(p.numel() for p in parameters)

    def say(**line) -> None:
        print(json.dumps(line), flush=True)

    def step() -> dict:
        ids = torch.randint(0, o.vocab, (o.batch, o.seq + 1))
        t0 = time.perf_counter()
        logits = run(ids[:, :-1])
        loss = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
        t1 = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        t2 = time.perf_counter()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        t3 = time.perf_counter()
        optimizer.step()
        t4 = time.perf_counter()
        ms = [round(1e3 * (b - a), 3) for a, b in ((t0, t4), (t0, t1), (t1, t2), (t2, t3), (t3, t4))]
        names = ("ms", "forward_ms", "backward_ms", "clip_ms", "adamw_ms")
        return dict(zip(names, ms)) | {"loss": round(loss.item(), 5)}

    shape = {key: getattr(o, key) for key in DEFAULTS[o.model]}
    say(model=o.model, parameters=count, **shape, bias=o.model == "gpt" and o.bias, lr=o.lr,
        threads=torch.get_num_threads(), torch=torch.__version__, compile=o.compile,
        fused_adamw=fused, tokens_per_step=o.batch * o.seq)
    for _ in range(o.warmup):
        step()
    if o.stdin:
        say(ready=True)
        for line in sys.stdin:
            word = line.strip()
            if word == "quit":
                return
            if word not in ("step", "parts"):
                say(error=f"unknown command {word!r}: expected step, parts or quit")
                continue
            timed = step()
            say(**(timed if word == "parts" else {k: timed[k] for k in ("ms", "loss")}))
        return
    times = []
    for _ in range(o.steps):
        timed = step()
        times.append(timed["ms"])
        say(ms=timed["ms"], loss=timed["loss"])
    say(steps_ms=times, median_ms=statistics.median(times))


if __name__ == "__main__":
    main()
