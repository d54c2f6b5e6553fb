"""Items a second of lm-evaluation-harness (`hf`, CPU, float32) on a task of our tests.

Run: python bench/torch/eval_items.py DIR [--task endings] [--threads 2] [--batch 16] [--limit N]
     [--stdin]

Needs lm-eval (measured with 0.4.13). Loading is not counted; 20 items warm up. With --stdin, a line
"step" asks for one evaluation, answered by {"ms": ..}: bench/eval-items.ts takes turns with it.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
import lm_eval
import torch
from lm_eval import simple_evaluate
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager

p = argparse.ArgumentParser()
p.add_argument("folder")
p.add_argument("--task", default="endings")
p.add_argument("--threads", type=int, default=2)
p.add_argument("--batch", type=int, default=16)
p.add_argument("--limit", type=int)
p.add_argument("--stdin", action="store_true")
o = p.parse_args()

answers, sys.stdout = sys.stdout, sys.stderr  # libraries print too
say = lambda **line: print(json.dumps(line), file=answers, flush=True)
torch.set_num_threads(o.threads)
folder = Path(o.folder).resolve()
os.chdir(Path(__file__).resolve().parents[2] / "test/fixtures/evaluate/parity")
model = HFLM(str(folder), device="cpu", dtype="float32", batch_size=o.batch)
# The checkpoint's own limit of answers would stand in the place of the task's.
model.model.generation_config.max_new_tokens = None
parameters = sum(each.numel() for each in model.model.parameters())
say(lm_eval=lm_eval.__version__, torch=torch.__version__, parameters=parameters)


def evaluate(limit):
    tasks = TaskManager(include_path=".", include_defaults=False)
    start = time.perf_counter()
    found = simple_evaluate(
        model=model, tasks=[o.task], task_manager=tasks, limit=limit, bootstrap_iters=0
    )
    ms = 1000 * (time.perf_counter() - start)
    items = found["n-samples"][o.task]["effective"]
    return {"ms": ms, "items": items, "acc": found["results"][o.task].get("acc,none")}


evaluate(20)
if o.stdin:
    say(ready=True)
    for line in sys.stdin:
        if line.strip() == "quit":
            break
        say(**evaluate(o.limit))
else:
    say(**evaluate(o.limit))
