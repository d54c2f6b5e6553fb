"""Safetensors files as Python writes them, with their values as JSON.

Versions: safetensors 0.8.0, torch 2.13.0 (CPU), huggingface-hub 1.33.0
Command:  python reference/checkpoint_fixtures.py test/fixtures/checkpoint
"""

import json
import math
import sys
from pathlib import Path

import torch
from huggingface_hub import save_torch_state_dict
from safetensors.torch import save_file

out = Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)

floats = [[0.0, -0.0, 1.0], [-1.5, 3.14159265358979, 65504.0], [math.inf, -math.inf, math.nan]]
tiny = [[6e-8, -6e-5, 1e-3]]  # subnormal and small half-precision values


def ints(dtype):
    info = torch.iinfo(dtype)
    return torch.tensor([info.min, 0, 1, info.max], dtype=dtype)


tensors = {
    "f32": torch.tensor(floats + tiny, dtype=torch.float32),
    "f64": torch.tensor(floats + tiny, dtype=torch.float64),
    "f16": torch.tensor(floats + tiny, dtype=torch.float16),
    "bf16": torch.tensor(floats + tiny, dtype=torch.bfloat16),
    "i8": ints(torch.int8),
    "i16": ints(torch.int16),
    "i32": ints(torch.int32),
    "i64": ints(torch.int64),
    "u8": ints(torch.uint8),
    "u16": ints(torch.uint16),
    "u32": ints(torch.uint32),
    "u64": torch.tensor([0, 1, 2**63, 2**64 - 1], dtype=torch.uint64),
    "bool": torch.tensor([[True, False, True]]),
    "scalar": torch.tensor(2.5),
    "empty": torch.zeros(0, 4),
    "odd.u8": torch.tensor([1, 2, 3], dtype=torch.uint8),
    "名前.é": torch.tensor([7], dtype=torch.int32),
}
save_file(tensors, out / "dtypes.safetensors", metadata={"format": "pt"})
text = {
    name: {
        "dtype": str(tensor.dtype).removeprefix("torch."),
        "shape": list(tensor.shape),
        # str keeps NaN, infinities and 64-bit integers, which JSON numbers would lose.
        "values": [str(v) for v in tensor.flatten().tolist()],
        "as_f32": [str(v) for v in tensor.flatten().to(torch.float32).tolist()],
    }
    for name, tensor in tensors.items()
}
(out / "dtypes.json").write_text(json.dumps(text, ensure_ascii=False, indent=1) + "\n")

save_file(
    {"w": torch.zeros(4).to(torch.float8_e4m3fn), "scale": torch.ones(1)},
    out / "float8.safetensors",
)

torch.manual_seed(0)
narrow = torch.cat([torch.randn(40), torch.randn(12) * 1e-6, torch.randn(12) * 1e4])
save_file(
    {"x": narrow, "bf16": narrow.bfloat16(), "f16": narrow.half(), "f64": narrow.double() / 3,
     "third": (narrow.double() / 3).float()},
    out / "narrow.safetensors",
)

shards = {f"layers.{i}.weight": torch.full((4, 4), float(i)) for i in range(5)}
(out / "sharded").mkdir(exist_ok=True)
save_torch_state_dict(shards, out / "sharded", max_shard_size=150)
