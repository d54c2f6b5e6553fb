"""Processed logits of transformers' generation processors, alone and in its order.

Versions: torch 2.13.0 (CPU), transformers 5.18.0, safetensors 0.8.0 (reference/requirements.txt).
Run:      python reference/sampling.py

Writes test/fixtures/generate/sampling.safetensors:
  logits [8, 64] f32, ties [8, 64] f32 (logits rounded to halves: many equal values)
  prompt [8, 6] i64, generated [8, 10] i64   the history, with repeats; no padding
  out/NAME [8, 64] f32                        processed logits of each case; dropped tokens: -inf
and sampling.json: the cases' parameters in the order they are applied, versions and margins.

Order: repetition penalty (prompt and generated), presence and frequency penalties, temperature,
top-k, top-p, min-p. transformers 5.18 has no presence and frequency penalties: they follow the
formula of OpenAI's API, logit -= frequency * count + presence * (count > 0), count over the
generated tokens only.
"""

import json
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from transformers.generation.logits_process import (
    MinPLogitsWarper, RepetitionPenaltyLogitsProcessor, TemperatureLogitsWarper, TopKLogitsWarper,
    TopPLogitsWarper)

torch.set_num_threads(1)
ROWS, VOCAB, PROMPT, GENERATED = 8, 64, 6, 10
# Cumulative or relative probabilities stay this far from every threshold, so that another
# summation order cannot flip a decision.
MIN_MARGIN = 1e-5

CASES: dict[str, dict] = {
    "repetition": {"repetition_penalty": 1.3},
    "repetition_below_one": {"repetition_penalty": 0.8},
    "presence": {"presence_penalty": 0.7},
    "frequency": {"frequency_penalty": 0.4},
    "presence_frequency": {"presence_penalty": -0.5, "frequency_penalty": 0.9},
    "temperature": {"temperature": 0.6},
    "temperature_hot": {"temperature": 2.5},
    "top_k": {"top_k": 5},
    "top_k_1": {"top_k": 1},
    "top_k_over_vocab": {"top_k": 500},
    "top_k_ties": {"input": "ties", "top_k": 5},
    "top_p": {"top_p": 0.9},
    "top_p_tiny": {"top_p": 1e-4},
    "top_p_small": {"top_p": 0.3},
    "min_p": {"min_p": 0.05},
    "min_p_1": {"min_p": 1.0},
    "min_p_ties": {"input": "ties", "min_p": 0.1},
    "temperature_top_p": {"temperature": 1.8, "top_p": 0.8},
    "top_k_top_p": {"top_k": 12, "top_p": 0.86},
    "top_k_top_p_min_p": {"top_k": 20, "top_p": 0.95, "min_p": 0.08},
    "qwen3_thinking": {"temperature": 0.6, "top_k": 20, "top_p": 0.95, "min_p": 0.0},
    "qwen2_5": {"repetition_penalty": 1.05, "temperature": 0.7, "top_k": 20, "top_p": 0.8},
    "all": {"repetition_penalty": 1.2, "presence_penalty": 0.3, "frequency_penalty": 0.2,
            "temperature": 1.4, "top_k": 30, "top_p": 0.92, "min_p": 0.02},
}


def process(logits, prompt, generated, case) -> tuple[torch.Tensor, float]:
    """The processed logits and the distance of the nearest probability to a threshold."""
    history, x, margin = torch.cat([prompt, generated], 1), logits, 1.0
    if (value := case.get("repetition_penalty")) is not None:
        x = RepetitionPenaltyLogitsProcessor(value)(history, x)
    presence, frequency = case.get("presence_penalty", 0.0), case.get("frequency_penalty", 0.0)
    if presence or frequency:
        counts = torch.zeros_like(x).scatter_add(1, generated, torch.ones(generated.shape))
        x = x - frequency * counts - presence * (counts > 0)
    if (value := case.get("temperature")) is not None:
        x = TemperatureLogitsWarper(value)(history, x)
    if (value := case.get("top_k")) is not None:
        x = TopKLogitsWarper(value)(history, x)
    if (value := case.get("top_p")) is not None:
        # transformers keeps a token when its ascending cumulative probability exceeds 1 - p
        cumulative = x.double().softmax(-1).sort(-1).values.cumsum(-1)
        margin = min(margin, (cumulative[cumulative < 1 - 1e-12] - (1 - value)).abs().min().item())
        x = TopPLogitsWarper(value)(history, x)
    if (value := case.get("min_p")) is not None:
        # A ratio is compared; the top token itself, and zero probabilities, are safe.
        ratio = x.double().softmax(-1)
        ratio = ratio / ratio.amax(-1, keepdim=True)
        open_ones = ratio[(ratio > 0) & (ratio < 1 - 1e-9)]
        if open_ones.numel():
            margin = min(margin, (open_ones - value).abs().min().item())
        x = MinPLogitsWarper(value)(history, x)
    return x, margin


def main() -> None:
    rng = torch.Generator().manual_seed(11)
    # Rows from flat to peaked; both signs, so the repetition penalty takes both branches.
    spread = torch.linspace(0.5, 6, ROWS)[:, None]
    logits = spread * torch.randn(ROWS, VOCAB, generator=rng) - 0.5
    ties = (logits * 2).round() / 2
    # Ids below 24 make repeats likely within and across the two parts.
    prompt = torch.randint(0, 24, (ROWS, PROMPT), generator=rng)
    generated = torch.randint(0, 24, (ROWS, GENERATED), generator=rng)
    inputs = {"logits": logits, "ties": ties}
    stored = {**inputs, "prompt": prompt, "generated": generated}
    listed = []
    for name, case in CASES.items():
        out, margin = process(inputs[case.get("input", "logits")], prompt, generated, case)
        if margin < MIN_MARGIN:
            raise SystemExit(f"{name}: a probability is {margin} from a threshold")
        stored[f"out/{name}"] = out.contiguous()
        parameters = {k: v for k, v in case.items() if k != "input"}
        listed.append({"name": name, "input": case.get("input", "logits"), **parameters,
                       "kept": torch.isfinite(out).sum(-1).tolist(), "margin": round(margin, 8)})
    out = Path(__file__).resolve().parent.parent / "test/fixtures/generate"
    out.mkdir(parents=True, exist_ok=True)
    save_file(stored, out / "sampling.safetensors")
    head = json.dumps({"torch": torch.__version__, "transformers": transformers.__version__})
    rows = ",\n".join("    " + json.dumps(row) for row in listed)
    (out / "sampling.json").write_text(f'{{\n  "versions": {head},\n  "cases": [\n{rows}\n  ]\n}}\n')
    for row in listed:
        print(row)


if __name__ == "__main__":
    main()
