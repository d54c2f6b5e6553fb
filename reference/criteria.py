"""Values and gradients of task losses, for test/train/criteria/fixtures.test.ts.

Versions: torch 2.13.0 (CPU), safetensors 0.8.0 (reference/requirements.txt).
Run:      python reference/criteria.py

In float64. CTC, BCE and the contrastive loss by PyTorch's own functions; label smoothing and the
dropped rows by OFA's formula (label_smoothed_nll_loss), written out.
"""

import math
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

torch.manual_seed(5)
torch.set_default_dtype(torch.float64)
out = {}


def record(name, losses, **inputs):
    """Losses, and gradients of their weighted sum by float inputs that require one."""
    weights = torch.linspace(0.5, 1.5, losses.numel()).reshape(losses.shape)
    wanted = {k: v for k, v in inputs.items() if v.requires_grad}
    finite = torch.where(losses.isfinite(), losses, 0)
    gradients = torch.autograd.grad((finite * weights).sum(), list(wanted.values()), retain_graph=True)
    out[f"{name}/losses"] = losses.detach()
    for key, value in inputs.items():
        out[f"{name}/{key}"] = value.detach()
    for key, gradient in zip(wanted, gradients):
        out[f"{name}/gradient {key}"] = gradient


ROWS, CLASSES, EPSILON = 7, 9, 0.1
labels = torch.randint(0, CLASSES, (ROWS,))
labels[3] = -100
allowed = torch.rand(ROWS, CLASSES) < 0.5
allowed[torch.arange(ROWS), labels.clamp(min=0)] = True
allowed[5] = False
allowed[5, labels[5]] = True  # a set of one


def smoothed(logits, allowed=None):
    if allowed is not None:
        logits = logits.masked_fill(~allowed, -torch.inf)
    log_probs = F.log_softmax(logits, -1)
    nll = -log_probs.gather(1, labels.clamp(min=0)[:, None])[:, 0]
    if allowed is None:
        each = torch.full((ROWS,), EPSILON / (CLASSES - 1))
        spread = -log_probs.sum(1)
    else:
        each = EPSILON / (allowed.sum(1) - 1).clamp(min=1)
        spread = -log_probs.masked_fill(~allowed, 0).sum(1)
    return torch.where(labels == -100, 0.0, (1 - EPSILON - each) * nll + each * spread)


for name, mask in (("smoothed", None), ("closed set", allowed)):
    logits = torch.randn(ROWS, CLASSES).mul(2).requires_grad_()
    extra = {} if mask is None else {"allowed": mask}
    record(name, smoothed(logits, mask), logits=logits, labels=labels, **extra)

# CTC: different lengths, repeated labels, a row without labels, a row that cannot be.
TIME, LENGTH = 8, 4
for blank in (0, 2):
    logits = torch.randn(5, TIME, CLASSES).mul(1.5).requires_grad_()
    frames = torch.tensor([8, 6, 3, 8, 2])
    sizes = torch.tensor([4, 3, 0, 4, 4])
    choices = torch.tensor([c for c in range(CLASSES) if c != blank])
    targets = choices[torch.randint(0, CLASSES - 1, (5, LENGTH))]
    targets[3] = choices[torch.tensor([1, 1, 4, 4])]
    log_probs = F.log_softmax(logits, -1).transpose(0, 1)
    for zero in (False, True):
        # Gradients of the row that cannot be are NaN in PyTorch without zero_infinity.
        losses = F.ctc_loss(
            log_probs, targets, frames, sizes, blank=blank, reduction="none", zero_infinity=True
        )
        values = F.ctc_loss(
            log_probs, targets, frames, sizes, blank=blank, reduction="none", zero_infinity=zero
        )
        name = f"ctc {blank} {'zero' if zero else 'infinite'}"
        record(name, losses, logits=logits, labels=targets, frames=frames, sizes=sizes)
        out[f"{name}/losses"] = values.detach()

for name, scale in (("contrastive", 2.0), ("contrastive clamped", 5.0)):
    left = torch.randn(6, 5).requires_grad_()
    right = torch.randn(6, 5).requires_grad_()
    log_scale = torch.tensor(scale).requires_grad_()
    logits = F.normalize(left) @ F.normalize(right).T * log_scale.clamp(max=math.log(100)).exp()
    target = torch.arange(6)
    losses = (
        F.cross_entropy(logits, target, reduction="none")
        + F.cross_entropy(logits.T, target, reduction="none")
    ) / 2
    record(name, losses, left=left, right=right, logScale=log_scale)

predicted = torch.randn(3, 5, 4).requires_grad_()
target = torch.randn(3, 5, 4)
valid = torch.arange(5)[None] < torch.tensor([5, 3, 1])[:, None]
losses = F.l1_loss(predicted, target, reduction="none") + F.mse_loss(
    predicted, target, reduction="none"
)
record("frames", losses.mean(2) * valid, predicted=predicted, target=target, valid=valid)

stops = F.one_hot(torch.tensor([4, 2, 0]), 5).double()
logits = torch.randn(3, 5).mul(3).requires_grad_()
losses = F.binary_cross_entropy_with_logits(
    logits, stops, reduction="none", pos_weight=torch.tensor(5.0)
)
record("stops", losses * valid, logits=logits, stops=stops, valid=valid)

losses = torch.randn(11).abs().requires_grad_()
counts = torch.ones(11, dtype=torch.bool)
counts[4] = False
order = torch.topk(torch.where(counts, losses, torch.inf), int(10 * (1 - 0.3)), largest=False)
kept = torch.zeros(11).index_fill(0, order.indices, 1)
record("worst", losses * kept, values=losses, counts=counts)

target = Path(__file__).parent.parent / "test/fixtures/train/criteria.safetensors"
save_file({k: v.contiguous().clone() for k, v in out.items()}, target)
print(target, target.stat().st_size)
