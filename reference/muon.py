"""Steps of torch.optim.Muon, for test/train/muon.test.ts.

Versions: torch 2.13.0 (CPU), safetensors 0.8.0 (reference/requirements.txt).
Run:      python reference/muon.py

torch orthogonalises in bfloat16; here its own code runs in float64 (bfloat16() is made to do
nothing), so that the fixture holds the algorithm and not its rounding.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file

torch.Tensor.bfloat16 = lambda self: self  # the optimiser's only cast

SETTINGS = {"lr": 0.02, "weight_decay": 0.1, "momentum": 0.95, "steps": 4, "max_norm": 1.0}
SHAPES = {"wide": (5, 12), "wide_too": (5, 12), "tall": (9, 4), "square": (6, 6)}

generator = torch.Generator().manual_seed(7)
draw = lambda shape: torch.randn(shape, generator=generator, dtype=torch.float64)

parameters = {name: torch.nn.Parameter(draw(shape)) for name, shape in SHAPES.items()}
out = {f"init/{name}": p.detach().clone() for name, p in parameters.items()}
optimizer = torch.optim.Muon(
    parameters.values(),
    lr=SETTINGS["lr"],
    weight_decay=SETTINGS["weight_decay"],
    momentum=SETTINGS["momentum"],
    nesterov=True,
    adjust_lr_fn="match_rms_adamw",
)
for step in range(1, SETTINGS["steps"] + 1):
    for name, p in parameters.items():
        # Large and small gradients: some steps are clipped, some not.
        p.grad = draw(p.shape) * (0.02 if step % 2 else 0.5)
        out[f"step{step}/grad/{name}"] = p.grad.clone()
    torch.nn.utils.clip_grad_norm_(parameters.values(), SETTINGS["max_norm"])
    optimizer.step()
    for name, p in parameters.items():
        out[f"step{step}/param/{name}"] = p.detach().clone()

target = Path(__file__).parent.parent / "test/fixtures/train/muon.safetensors"
save_file(out, target, metadata={"settings": json.dumps({**SETTINGS, "names": list(SHAPES)})})
