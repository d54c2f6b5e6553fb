"""Schedules and trajectories of DDIM, for test/generate/diffusion/ddim.test.ts.

Versions: torch 2.13.0 (CPU), safetensors 0.8.0, diffusers 0.40.0.dev0 (git 58eb52c080).
Run:      python reference/ddim.py   (diffusers from a checkout: PYTHONPATH=<checkout>/src)

The denoiser is linear, x_0 = 0.3 x_t + cos(t): then x_t is linear in the noise that sampling starts
from, and two trajectories, from 0 and from 1, give those of any noise.
"""

import math
from pathlib import Path

import torch
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from safetensors.torch import save_file

out = {}
for name, trained, steps in (
    ("squaredcos_cap_v2", 1000, 50),
    ("squaredcos_cap_v2", 100, 7),
    ("linear", 1000, 20),
):
    scheduler = DDIMScheduler(
        num_train_timesteps=trained,
        beta_schedule=name,
        clip_sample=False,
        prediction_type="sample",
    )
    scheduler.set_timesteps(steps)
    key = f"{name} {trained} {steps}"
    out[f"{key}/signal"] = scheduler.alphas_cumprod.double()
    out[f"{key}/timesteps"] = scheduler.timesteps
    x = torch.tensor([0.0, 1.0], dtype=torch.float64)
    seen = []
    for t in scheduler.timesteps:
        seen.append(x)
        clean = 0.3 * x + math.cos(t)
        step = scheduler.step(clean, t, x, use_clipped_model_output=True)
        x = step.prev_sample
    out[f"{key}/seen"] = torch.stack(seen)
    out[f"{key}/clean"] = step.pred_original_sample
    start, noise = torch.tensor([[0.5, -2.0]]), torch.tensor([[1.0, 0.25]])
    t = torch.tensor([trained // 3])
    out[f"{key}/noisy"] = scheduler.add_noise(start, noise, t).double()

target = Path(__file__).parent.parent / "test/fixtures/generate/ddim.safetensors"
save_file({k: v.contiguous() for k, v in out.items()}, target)
print(target, target.stat().st_size)
