"""Training-step times of a mixture of experts in PyTorch on the CPU, paired with bench/moe-step.ts.

Run:  python bench/torch/moe_step.py [--experts-by loop|sorted|grouped] [--threads N]

Needs torch only (measured with 2.13.0). The decoder of train_step.py's qwen3, with experts in
place of every MLP: softmax over 16, the best 2 with weights that add up to 1, SwiGLU of width 384.
A step is the same too, with a balance loss (experts * sum of frequency * mean gate, a mean over
layers, coefficient 0.01) beside cross entropy. Experts are computed in one of three ways:
  loop     as transformers' Qwen3MoeExperts: for each expert its tokens, index_add_ of the results
  sorted   rows sorted by expert, a linear map for each block of them, back by the inverse order
  grouped  rows sorted by expert, torch._grouped_mm (transformers' "grouped_mm" experts)

The first line printed is JSON describing the run; {"ready": true} follows after the warm-up. Each
line "step" read is answered by {"ms": ..}, "memory" by {"peak": bytes}, "profile" by a step's time
by operator {"ops": {name: ms}}; "quit" or end of input ends it.
"""

import argparse
import json
import resource
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn
from train_step import QwenBlock, make_optimizer, rope_tables

LAYERS, HIDDEN, VOCAB, BATCH, SEQ = 6, 256, 4096, 16, 128
EXPERTS, TOP_K, INNER, COEFFICIENT = 16, 2, 384, 0.01
SHAPE = argparse.Namespace(hidden=HIDDEN, heads=8, kv_heads=4, head_dim=32, intermediate=1)


class Experts(nn.Module):
    def __init__(self, by: str):
        super().__init__()
        self.by = by
        self.router = nn.Linear(HIDDEN, EXPERTS, bias=False)
        self.gate_up = nn.Parameter(torch.empty(EXPERTS, 2 * INNER, HIDDEN))
        self.down = nn.Parameter(torch.empty(EXPERTS, HIDDEN, INNER))

    def forward(self, x):
        shape = x.shape
        x = x.reshape(-1, HIDDEN)
        gates = self.router(x).softmax(-1)
        weights, chosen = gates.topk(TOP_K)
        weights = weights / weights.sum(-1, keepdim=True)
        counts = torch.bincount(chosen.flatten(), minlength=EXPERTS)
        balance = EXPERTS * (counts / chosen.numel() * gates.mean(0)).sum()
        y = self.loop(x, weights, chosen) if self.by == "loop" else self.by_order(x, weights, chosen, counts)
        return y.view(shape), balance

    def loop(self, x, weights, chosen):
        y = torch.zeros_like(x)
        for e, (gate_up, down) in enumerate(zip(self.gate_up.unbind(), self.down.unbind())):
            token, place = torch.where(chosen == e)
            if len(token) == 0:
                continue
            gate, up = F.linear(x[token], gate_up).chunk(2, -1)
            part = F.linear(F.silu(gate) * up, down)
            y.index_add_(0, token, part * weights[token, place, None])
        return y

    def by_order(self, x, weights, chosen, counts):
        order = chosen.flatten().argsort(stable=True)
        rows = x[order // TOP_K]
        if self.by == "grouped":
            ends = counts.cumsum(0).int()
            gate, up = torch._grouped_mm(rows, self.gate_up.transpose(1, 2), offs=ends).chunk(2, -1)
            part = torch._grouped_mm(F.silu(gate) * up, self.down.transpose(1, 2), offs=ends)
        else:
            parts = []
            weights_of = zip(self.gate_up.unbind(), self.down.unbind())  # one gradient, not 16 sums
            for block, (gate_up, down) in zip(rows.split(counts.tolist()), weights_of):
                gate, up = F.linear(block, gate_up).chunk(2, -1)
                parts.append(F.linear(F.silu(gate) * up, down))
            part = torch.cat(parts)
        inverse = torch.empty_like(order)
        inverse[order] = torch.arange(len(order))
        return (part[inverse].view(-1, TOP_K, HIDDEN) * weights[..., None]).sum(1)


class Block(QwenBlock):
    def __init__(self, by: str):
        super().__init__(SHAPE)
        del self.gate, self.up, self.down
        self.experts = Experts(by)

    def forward(self, x, cos, sin):
        x = x + self.attend(x, cos, sin)
        y, balance = self.experts(self.post_norm(x))
        return x + y, balance


class Mixture(nn.Module):
    def __init__(self, by: str):
        super().__init__()
        self.embed = nn.Embedding(VOCAB, HIDDEN)
        self.blocks = nn.ModuleList(Block(by) for _ in range(LAYERS))
        self.norm = nn.RMSNorm(HIDDEN, eps=1e-6)
        cos, sin = rope_tables(SEQ, SHAPE.head_dim, 1e6)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def forward(self, ids):
        x, balances = self.embed(ids), []
        for block in self.blocks:
            x, balance = block(x, self.cos, self.sin)
            balances.append(balance)
        return F.linear(self.norm(x), self.embed.weight), torch.stack(balances).mean()


def main() -> None:
    p = argparse.ArgumentParser()
    p.add_argument("--experts-by", choices=["loop", "sorted", "grouped"], default="sorted")
    p.add_argument("--threads", type=int)
    p.add_argument("--warmup", type=int, default=2)
    o = p.parse_args()
    if o.threads:
        torch.set_num_threads(o.threads)
    torch.manual_seed(0)
    model = Mixture(o.experts_by)
    parameters = list(model.parameters())
    for weight in parameters:
        if weight.ndim >= 2:
            nn.init.normal_(weight, std=0.02)
    optimizer, fused = make_optimizer(model, 1e-3)

    def say(**line) -> None:
        print(json.dumps(line), flush=True)

    def step() -> float:
        ids = torch.randint(0, VOCAB, (BATCH, SEQ + 1))
        start = time.perf_counter()
        logits, balance = model(ids[:, :-1])
        loss = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten()) + COEFFICIENT * balance
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        return 1e3 * (time.perf_counter() - start)

    def profile() -> dict:
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as found:
            step()
        return {e.key: e.self_cpu_time_total / 1e3 for e in found.key_averages()}

    say(torch=torch.__version__, threads=torch.get_num_threads(), by=o.experts_by, fused=fused,
        parameters=sum(p.numel() for p in parameters))
    for _ in range(o.warmup):
        step()
    say(ready=True)
    for line in sys.stdin:
        word = line.strip()
        if word == "quit":
            return
        if word == "memory":
            say(peak=1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        else:
            say(**({"ops": profile()} if word == "profile" else {"ms": step()}))


if __name__ == "__main__":
    main()
