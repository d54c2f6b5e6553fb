"""Values and gradients of the alignment losses, for test/train/align/losses.test.ts.

Versions: torch 2.13.0 (CPU), safetensors 0.8.0 (reference/requirements.txt).
Run:      python reference/align.py

Written in float64 from the papers' formulas; where papers leave a choice (IPO over means of
tokens, the mixture of the Jensen-Shannon divergence) as TRL 0.2x chooses.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

torch.manual_seed(7)
torch.set_default_dtype(torch.float64)
VOCAB = 11
SIZES = [3, 5, 1, 4]
ROWS = sum(SIZES)
answers = torch.repeat_interleave(torch.arange(len(SIZES)), torch.tensor(SIZES))
sizes = torch.tensor(SIZES, dtype=torch.float64)
labels = torch.randint(0, VOCAB, (ROWS,))
start = torch.randn(ROWS, VOCAB)
out = {
    "logits": start,
    "labels": labels,
    "answers": answers,
    "sizes": sizes,
}
settings = {}


def scores_of(logits, temperature=1.0):
    return F.log_softmax(logits / temperature, -1).gather(1, labels[:, None])[:, 0]


def by_answer(values):
    return torch.stack([values[answers == i].sum() for i in range(len(SIZES))])


def record(name, loss_of, **inputs):
    logits = start.clone().requires_grad_()
    loss = loss_of(logits)
    (gradient,) = torch.autograd.grad(loss, logits)
    out[f"{name}/loss"] = loss.detach().reshape(1)
    out[f"{name}/gradient"] = gradient
    for key, value in inputs.items():
        out[f"{name}/{key}"] = value


# Old scores near the present ones, so that some ratios are clipped and some are not.
old = scores_of(start, 0.8) + 0.3 * torch.randn(ROWS)
reference = scores_of(start) + 0.5 * torch.randn(ROWS)
advantages = torch.tensor([-0.9, 1.1, 0.4, -0.2])
row_advantages = torch.randn(ROWS)
out |= {"old": old, "reference": reference, "advantages": advantages, "row advantages": row_advantages}


def policy(ratio, clip, aggregate, beta, temperature):
    def loss_of(logits):
        scores = scores_of(logits, temperature)
        change = scores - old
        mean = by_answer(change) / sizes
        if ratio == "token":
            s, a = change.exp(), advantages[answers]
        elif ratio == "sequence":
            s, a = mean.exp(), advantages
        else:
            s = mean.exp().detach()[answers] * (scores - scores.detach()).exp()
            a = row_advantages
        gain = torch.minimum(s * a, s.clamp(1 - clip[0], 1 + clip[1]) * a)
        if ratio == "sequence":
            gain = gain[answers] / sizes[answers] if aggregate == "answer" else gain[answers]
        elif aggregate == "answer":
            gain = gain / sizes[answers]
        loss = -gain.sum()
        if beta:
            d = reference - scores
            k3 = d.exp() - d - 1
            loss = loss + beta * (k3 / sizes[answers] if aggregate == "answer" else k3).sum()
        return loss

    return loss_of


settings["policy"] = [
    dict(ratio=ratio, clip=clip, aggregate=aggregate, beta=beta, temperature=temperature)
    for ratio, clip in (
        ("token", [0.2, 0.28]),
        ("sequence", [0.01, 0.02]),
        ("sequence-token", [0.01, 0.02]),
    )
    for aggregate, beta, temperature in (("answer", 0, 1), ("token", 0.1, 0.8))
]
for i, case in enumerate(settings["policy"]):
    record(f"policy {i}", policy(**case))

reference_sums = by_answer(reference)


def dpo(form, smoothing):
    def loss_of(logits):
        gains = by_answer(scores_of(logits)) - reference_sums
        if form == "ipo":
            gains = gains / sizes
        margin = gains[0::2] - gains[1::2]
        if form == "ipo":
            return ((margin - 1 / (2 * 0.3)) ** 2).sum()
        x = 0.3 * margin
        return -((1 - smoothing) * F.logsigmoid(x) + smoothing * F.logsigmoid(-x)).sum()

    return loss_of


record("dpo", dpo("sigmoid", 0))
record("dpo smoothed", dpo("sigmoid", 0.2))
record("ipo", dpo("ipo", 0))


def simpo(logits):
    means = by_answer(scores_of(logits)) / sizes
    return -F.logsigmoid(2.5 * (means[0::2] - means[1::2]) - 0.8).sum()


record("simpo", simpo)
kinds = torch.tensor([1, -1, 0, 1])


def kto(logits):
    gains = by_answer(scores_of(logits)) - reference_sums
    base = gains[kinds == 0].mean().clamp(min=0).detach()
    liked = 1.5 * (1 - torch.sigmoid(0.3 * (gains - base)))[kinds == 1].sum()
    disliked = 0.7 * (1 - torch.sigmoid(0.3 * (base - gains)))[kinds == -1].sum()
    return liked + disliked


# A base above 0 needs mismatched answers that gained.
reference_kto = reference.clone()
reference_kto[answers == 2] -= 3
saved, reference_sums = reference_sums, by_answer(reference_kto)
record("kto", kto, reference=reference_kto, kinds=kinds)
reference_sums = saved

teacher = torch.randn(ROWS, VOCAB)
K = 4
top = teacher.topk(K)


def top_k(temperature, weight):
    def loss_of(logits):
        student = F.log_softmax(logits.gather(1, top.indices) / temperature, -1)
        soft = F.log_softmax(top.values / temperature, -1)
        divergence = F.kl_div(student, soft, log_target=True, reduction="sum") * temperature**2
        return weight * divergence + (1 - weight) * F.cross_entropy(logits, labels, reduction="sum")

    return loss_of


out |= {"teacher": teacher, "teacher ids": top.indices, "teacher logits": top.values}
record("top k", top_k(1, 1))
record("top k soft", top_k(2, 0.7))


def on_policy(beta, temperature):
    def loss_of(logits):
        student = F.log_softmax(logits / temperature, -1)
        other = F.log_softmax(teacher / temperature, -1)
        if beta == 0:
            return F.kl_div(student, other, log_target=True, reduction="sum")
        if beta == 1:
            return F.kl_div(other, student, log_target=True, reduction="sum")
        mix = (beta * other.exp() + (1 - beta) * student.exp()).log()
        of = lambda p: F.kl_div(mix, p, log_target=True, reduction="sum")
        return beta * of(other) + (1 - beta) * of(student)

    return loss_of


for beta in (0, 0.3, 1):
    record(f"on policy {beta}", on_policy(beta, 1.5))

target = Path(__file__).parent.parent / "test/fixtures/train/align.safetensors"
save_file(
    {k: v.contiguous() for k, v in out.items()}, target, {"settings": json.dumps(settings)}
)
print(target, target.stat().st_size)
