"""Items a second of lm-evaluation-harness (`hf`, CPU, float32) on 220 items of multiple choice.

Run: python bench/torch/eval_items.py DIR [threads] [batch], with lm-eval 0.4.13; bench/eval-items.ts is
ours. Loading is not counted; a first evaluation of 20 items warms up.
"""

import os
import sys
import time
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
import torch
from lm_eval import simple_evaluate
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager

folder = Path(sys.argv[1]).resolve()
threads, batch = (int(arg) for arg in [*sys.argv[2:], "2", "16"][:2])
torch.set_num_threads(threads)
os.chdir(Path(__file__).resolve().parents[2] / "test/fixtures/evaluate/parity")
model = HFLM(str(folder), device="cpu", dtype="float32", batch_size=batch)


def run(limit):
    start = time.perf_counter()
    found = simple_evaluate(
        model=model,
        tasks=["endings"],
        task_manager=TaskManager(include_path=".", include_defaults=False),
        limit=limit,
        bootstrap_iters=0,
    )
    return time.perf_counter() - start, found["results"]["endings"]["acc,none"]


run(20)
seconds, acc = run(None)
print(f"lm-eval: {220 / seconds:.1f} items/s, acc {acc:.4f}, {threads} threads, batches of {batch}")
