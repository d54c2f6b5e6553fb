"""LoRA training-step times of PyTorch and PEFT on the CPU, paired with bench/lora-step.ts.

Run:  python bench/torch/lora_step.py DIR [--seq 512] [--rank 16] [--warmup 1] [--threads N]

DIR is a checkpoint of bench/write-checkpoint.ts. Needs torch, transformers and peft (measured with
2.13.0, 5.18.0 and 0.21.0). One step: forward, cross entropy over every position, backward,
clip_grad_norm_ 1.0, AdamW (fused), on a fresh random batch of one sequence made outside the clock.
float32, the base frozen, LoRA on all linear maps but the head, no dropout.

Prints a JSON line describing the run and {"ready": true} after the warm-up; then each line "step"
of standard input is answered by {"ms": ..}, "memory" by {"peak": bytes}; "quit" ends it.
"""

import argparse
import json
import sys
import time

import torch
import torch.nn.functional as F
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM


def peak() -> int:
    """Highest resident memory of this process so far."""
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmHWM"))
    return 1024 * int(line.split()[1])


def main() -> None:
    p = argparse.ArgumentParser()
    p.add_argument("dir")
    p.add_argument("--seq", type=int, default=512)
    p.add_argument("--rank", type=int, default=16)
    p.add_argument("--warmup", type=int, default=1)
    p.add_argument("--threads", type=int)
    o = p.parse_args()
    if o.threads:
        torch.set_num_threads(o.threads)
    torch.manual_seed(0)
    base = AutoModelForCausalLM.from_pretrained(o.dir, dtype=torch.float32)
    settings = LoraConfig(r=o.rank, lora_alpha=2 * o.rank, target_modules="all-linear",
                          task_type="CAUSAL_LM")
    model = get_peft_model(base, settings)
    model.train()
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0.0, fused=True)
    vocab = base.config.vocab_size

    def say(**line) -> None:
        print(json.dumps(line), flush=True)

    def step() -> float:
        ids = torch.randint(0, vocab, (1, o.seq + 1))
        start = time.perf_counter()
        logits = model(ids[:, :-1], use_cache=False).logits
        loss = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        return 1e3 * (time.perf_counter() - start)

    say(torch=torch.__version__, threads=torch.get_num_threads(),
        parameters=sum(p.numel() for p in trained))
    for _ in range(o.warmup):
        step()
    say(ready=True)
    for line in sys.stdin:
        word = line.strip()
        if word == "quit":
            return
        say(**({"peak": peak()} if word == "memory" else {"ms": step()}))


if __name__ == "__main__":
    main()
