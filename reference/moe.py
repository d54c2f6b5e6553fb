"""Two layers of experts with each router and balance loss, written out plainly in PyTorch.

Versions: torch 2.13.0, transformers 5.18.0 (its `load_balancing_loss_func`).
Run: python reference/moe.py test/fixtures/moe/routers.json
"""

import json
import math
import sys

import torch
from transformers.models.qwen3_moe.modeling_qwen3_moe import load_balancing_loss_func

BATCH, SEQ, HIDDEN, EXPERTS, K, INNER, LAYERS = 2, 5, 4, 6, 2, 3, 2
torch.manual_seed(11)
torch.set_default_dtype(torch.float64)


def rounded(t):
    return [float(f"{v:.6g}") for v in t.detach().flatten().tolist()]


shapes = {"x": [BATCH, SEQ, HIDDEN]}
for layer in range(LAYERS):
    shapes[f"{layer}.gate.weight"] = [EXPERTS, HIDDEN]
    shapes[f"{layer}.gate.e_score_correction_bias"] = [EXPERTS]
    shapes[f"{layer}.experts.gate_up_proj"] = [EXPERTS, 2 * INNER, HIDDEN]
    shapes[f"{layer}.experts.down_proj"] = [EXPERTS, HIDDEN, INNER]
values = {name: rounded(torch.randn(shape)) for name, shape in shapes.items()}
MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], dtype=torch.float64)


def experts_of(p, layer, row, e):
    up = p[f"{layer}.experts.gate_up_proj"][e] @ row
    hidden = torch.nn.functional.silu(up[:INNER]) * up[INNER:]
    return p[f"{layer}.experts.down_proj"][e] @ hidden


def choose(p, layer, z, arm):
    """Of one token: chosen experts, their weights, and gates that add up to 1."""
    bias = p[f"{layer}.gate.e_score_correction_bias"] if arm.get("bias") else 0
    if arm.get("score") == "sigmoid":
        s = torch.sigmoid(z)
        gates = s / s.sum()
    elif arm.get("grouped"):
        s = torch.cat([torch.softmax(part, 0) for part in z.split(EXPERTS // K)])
        gates = s / K
    else:
        s = gates = torch.softmax(z, 0)
    ranked = (s + bias).detach()
    if arm.get("grouped"):
        size = EXPERTS // K
        chosen = [g * size + int(ranked[g * size : (g + 1) * size].argmax()) for g in range(K)]
    else:
        chosen = ranked.argsort(descending=True)[:K].tolist()
    w = s[chosen]
    if arm["normalise"]:
        w = w / w.sum()
    return chosen, w * arm.get("scale", 1), gates


def forward(p, arm):
    mask = MASK.flatten() if arm.get("masked") else torch.ones(BATCH * SEQ)
    x, routing = p["x"].reshape(-1, HIDDEN), []
    dropped = []
    for layer in range(LAYERS):
        z = x @ p[f"{layer}.gate.weight"].T
        picks = [choose(p, layer, row, arm) for row in z]
        room = math.inf
        if "capacity" in arm:
            c = arm["capacity"]
            share = c["factor"] * mask.sum().item() / EXPERTS * (1 if c["mode"] == "1x" else K)
            room = max(math.ceil(share - 1e-4), c.get("min", 1))
        used, y = [0] * EXPERTS, [torch.zeros(HIDDEN) for _ in x]
        for j in range(K):  # all first choices before the second ones
            for t, (chosen, w, _) in enumerate(picks):
                if mask[t] == 0:
                    continue
                if used[chosen[j]] >= room:
                    dropped.append([layer, t, j])
                    continue
                used[chosen[j]] += 1
                y[t] = y[t] + w[j] * experts_of(p, layer, x[t], chosen[j])
        x = x + torch.stack(y)
        routing.append((z, picks, mask))
    return x, routing, dropped


def one_balance(picks, mask):
    counts, gates, tokens = torch.zeros(EXPERTS), torch.zeros(EXPERTS), mask.sum()
    for (chosen, _, g), m in zip(picks, mask):
        for e in chosen:
            counts[e] += m
        gates = gates + g * m
    return EXPERTS * (counts / counts.sum() * gates / tokens).sum(), tokens


def balance(routing, arm):
    if arm["scope"] == "hf":
        logits = tuple(z for z, _, _ in routing)
        return load_balancing_loss_func(logits, EXPERTS, K, MASK if arm.get("masked") else None)
    total = 0
    for _, picks, mask in routing:
        if arm["scope"] == "micro":
            total = total + one_balance(picks, mask)[0]
        else:
            rows = [one_balance(picks[i : i + SEQ], mask[i : i + SEQ]) for i in (0, SEQ)]
            total = total + sum(l * n for l, n in rows) / sum(n for _, n in rows)
    return total / LAYERS


def z_loss(routing):
    each = [(torch.logsumexp(z, 1) ** 2 * m).sum() / m.sum() for z, _, m in routing]
    return sum(each) / LAYERS


ARMS = {
    "softmax": {"normalise": False, "scope": "micro"},
    "softmax normalised": {"normalise": True, "scope": "sequence"},
    "sigmoid": {"normalise": False, "score": "sigmoid", "scope": "sequence"},
    "sigmoid biased": {
        "normalise": True, "score": "sigmoid", "bias": True, "scale": 2.5, "scope": "micro",
    },
    "grouped": {"normalise": False, "grouped": True, "scope": "micro"},
    "capacity kx": {
        "normalise": False, "scope": "micro", "capacity": {"factor": 0.75, "mode": "kx"},
    },
    "capacity 1x masked": {
        "normalise": True, "scope": "micro", "masked": True,
        "capacity": {"factor": 1, "mode": "1x"},
    },
    "transformers": {"normalise": True, "scope": "hf"},
    "sequence masked": {"normalise": True, "scope": "sequence", "masked": True},
}
COEFFICIENT, Z = 0.3, 0.05
weights = torch.tensor(rounded(torch.randn(BATCH * SEQ, HIDDEN))).reshape(BATCH * SEQ, HIDDEN)
out = {"shapes": shapes, "values": values, "weights": rounded(weights), "mask": rounded(MASK),
       "coefficient": COEFFICIENT, "zLoss": Z, "arms": {}}
for name, arm in ARMS.items():
    p = {n: torch.tensor(v).reshape(shapes[n]).requires_grad_() for n, v in values.items()}
    y, routing, dropped = forward(p, arm)
    b, z = balance(routing, arm), z_loss(routing)
    count = BATCH * SEQ
    ((y * weights).sum() + count * (COEFFICIENT * b + Z * z)).backward()
    out["arms"][name] = {
        **arm, "y": rounded(y), "balance": b.item(), "z": z.item(), "dropped": dropped,
        "gradients": {
            n: rounded(t.grad) for n, t in p.items()
            if t.grad is not None and ("gate.weight" in n or "down_proj" in n)
        },
    }
json.dump(out, open(sys.argv[1], "w"))
print({n: (a["balance"], len(a["dropped"])) for n, a in out["arms"].items()})
