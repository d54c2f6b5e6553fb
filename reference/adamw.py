"""Five AdamW steps, gradient clipping and learning-rate schedules as PyTorch computes them.

Versions: torch 2.13.0 (CPU), transformers 5.18.0, safetensors 0.8.0 (reference/requirements.txt).
Run:      python reference/adamw.py

Writes test/fixtures/train/adamw.safetensors, float32 unless noted. N is a tensor's name:
  init/N            the parameter before step 1
  step{1..5}/grad/N     its raw gradient
  step{1..5}/param/N    the parameter after the step
  step{1..5}/exp_avg/N, step{1..5}/exp_avg_sq/N   the moments after the step
  norm [5], lr [5] f64  global gradient norm before clipping, learning rate the step used
  schedule/{cosine,cosine_min,wsd,wsd_min} [21] f64   the multiplier at steps 0..20
The metadata key "settings" holds settings and versions as JSON. torch.nn.utils.clip_grad_norm_ multiplies by
max_norm / (norm + 1e-6), capped at 1: steps 2 and 4 are below the threshold, the others above.
"""

import json
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from transformers import (get_cosine_schedule_with_warmup,
                          get_cosine_with_min_lr_schedule_with_warmup, get_wsd_schedule)

torch.set_num_threads(1)
STEPS, LR, BETAS, EPS, DECAY, MAX_NORM, WARMUP = 5, 1e-2, (0.9, 0.95), 1e-8, 0.1, 1.0, 2
# No decay on norms, biases and scalars, as the trainer groups them.
SHAPES = {"linear.weight": (8, 16), "conv.weight": (3, 2, 5), "linear.bias": (8,),
          "norm.weight": (16,), "gate": ()}
DECAYED = ["linear.weight", "conv.weight"]
GRAD_SCALES = [1.0, 0.02, 30.0, 0.05, 0.5]  # per step; 178 elements, so norms ~13 times these


def schedule_table(make) -> torch.Tensor:
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    schedule, factors = make(optimizer), []
    for _ in range(21):
        factors.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    return torch.tensor(factors, dtype=torch.float64)


def main() -> None:
    rng = torch.Generator().manual_seed(7)
    params = {n: torch.nn.Parameter(torch.randn(s, generator=rng)) for n, s in SHAPES.items()}
    stored = {f"init/{n}": p.detach().clone() for n, p in params.items()}
    groups = [
        {"params": [params[n] for n in DECAYED], "weight_decay": DECAY},
        {"params": [p for n, p in params.items() if n not in DECAYED], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=LR, betas=BETAS, eps=EPS, foreach=False, fused=False)
    schedule = get_cosine_schedule_with_warmup(optimizer, WARMUP, 2 * STEPS)
    optimizer.step()  # nothing has a gradient yet: does nothing, but the schedule expects it
    schedule.step()  # the multiplier at step 0 is 0: start at step 1
    norms, rates = [], []
    for step, scale in enumerate(GRAD_SCALES, 1):
        for name, p in params.items():
            p.grad = scale * torch.randn(SHAPES[name], generator=rng)
            stored[f"step{step}/grad/{name}"] = p.grad.clone()
        rates.append(schedule.get_last_lr()[0])
        norm = torch.nn.utils.clip_grad_norm_(params.values(), MAX_NORM, foreach=False)
        norms.append(norm.item())
        optimizer.step()
        schedule.step()
        for name, p in params.items():
            state = optimizer.state[p]
            stored[f"step{step}/param/{name}"] = p.detach().clone()
            for key in ("exp_avg", "exp_avg_sq"):
                stored[f"step{step}/{key}/{name}"] = state[key].clone()
    assert [n > MAX_NORM for n in norms] == [True, False, True, False, True], norms
    stored["norm"] = torch.tensor(norms)
    stored["lr"] = torch.tensor(rates, dtype=torch.float64)
    stored["schedule/cosine"] = schedule_table(
        lambda o: get_cosine_schedule_with_warmup(o, 4, 20))
    stored["schedule/cosine_min"] = schedule_table(
        lambda o: get_cosine_with_min_lr_schedule_with_warmup(o, 4, 20, min_lr_rate=0.1))
    for key, floor in (("wsd", 0.0), ("wsd_min", 0.1)):  # with a floor, the warm-up starts there
        stored[f"schedule/{key}"] = schedule_table(lambda o, floor=floor: get_wsd_schedule(
            o, num_warmup_steps=4, num_decay_steps=6, num_training_steps=20,
            warmup_type="linear", decay_type="linear", min_lr_ratio=floor))
    settings = {"steps": STEPS, "lr": LR, "betas": BETAS, "eps": EPS, "weight_decay": DECAY,
                "decayed": DECAYED, "names": list(SHAPES), "max_norm": MAX_NORM,
                "schedule": {"kind": "cosine", "warmup": WARMUP, "total": 2 * STEPS, "first": 1},
                "tables": {"warmup": 4, "total": 20, "wsd_decay": 6, "min_ratio": 0.1},
                "torch": torch.__version__, "transformers": transformers.__version__}
    out = Path(__file__).resolve().parent.parent / "test/fixtures/train/adamw.safetensors"
    out.parent.mkdir(parents=True, exist_ok=True)
    save_file(stored, out, {"settings": json.dumps(settings)})
    print(out.stat().st_size, "bytes; norms", norms, "rates", rates)
    for key in ("cosine", "cosine_min", "wsd", "wsd_min"):
        print(key, [round(x, 4) for x in stored[f"schedule/{key}"].tolist()])


if __name__ == "__main__":
    main()
