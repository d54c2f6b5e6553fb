"""What lm-evaluation-harness makes of six tasks on two tiny random checkpoints.

Versions: lm-eval 0.4.13, datasets 5.0.1, transformers 5.18.0, torch 2.13.0 (CPU), float32.
Run:      pip install lm-eval==0.4.13 && python reference/harness_parity.py

For test/evaluate/parity.test.ts. The tasks' YAML in test/fixtures/evaluate/parity/ is written by
hand and read by both harnesses; this script invents the items (*.jsonl, no published rows) and the
checkpoints (bfloat16; the tokenizer is test/fixtures/text/trained-tokenizer.json), and writes
`expected.json.gz`: by checkpoint and task the results, and for each sample its responses
([log-likelihood, is greedy], or a text), values and, as a check of the prompts, their SHA-256.

A random model answers nothing right. So that decisions differ, some targets and endings are what one
of the checkpoints writes in a first pass. Nothing is selected: the smallest gap between the two best
choices is printed.
"""

import gzip
import hashlib
import json
import os
import random
import shutil
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
import torch
import transformers
from lm_eval import simple_evaluate
from lm_eval.tasks import TaskManager
from transformers import Qwen2Config, Qwen3Config

torch.set_num_threads(1)
ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "test/fixtures/evaluate/parity"
TASKS = ["endings", "letters", "pronouns", "numbers", "last-words", "documents"]
VOCAB = 900  # of trained-tokenizer.json: <|endoftext|> 897, <|im_start|> 898, <|im_end|> 899

WORDS = """river stone lantern quiet market window copper garden seven bread letter harbour winter
the a of and under over behind before slowly never always carries opens finds paints counts breaks
small golden empty old bright heavy Ada Noor Ilse Tomas Mei kettle bridge orchard ladder thread
salt paper candle wheel 12 305 7 café naïve Straße Zürich ångström 河流 石头 灯笼 安静 市场 窗户 花园 面包
🙂 🌧️ ∑ don't it's""".split()


def words(rng: random.Random, low: int, high: int) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(low, high)))


def write(name: str, rows: list[dict]) -> None:
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (FOLDER / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def items() -> dict[str, list[dict]]:
    rng = random.Random(6)
    blanks = ["", "", "", " ", "  ", "\n"]
    endings = [
        {
            "place": words(rng, 1, 2),
            "start": words(rng, 2, 12) + rng.choice(blanks),
            "endings": [words(rng, 1, 6) for _ in range(rng.randint(2, 5))],
        }
        for _ in range(220)
    ]
    for row in endings:
        row["label"] = rng.randrange(len(row["endings"]))

    def letter(longest: int) -> dict:
        options = [words(rng, 1, 3) for _ in range(4)]
        question = words(rng, 3, longest) + rng.choice(["?", " ?", "\n"])
        return {"question": question, "options": options, "answer": rng.choice("ABCD")}

    pronouns = [
        {"before": words(rng, 2, 6) + " ", "first": words(rng, 1, 2), "second": words(rng, 1, 2),
         "after": words(rng, 2, 6), "label": rng.randrange(2)}
        for _ in range(60)
    ]
    numbers = [
        # A few are longer than the model's context: their beginning is cut off.
        {"question": words(rng, 2, 10 if i % 20 else 200), "answer": rng.choice("abcdefgh")}
        for i in range(200)
    ]
    last_words = [{"start": words(rng, 2, 10), "end": f" {words(rng, 1, 2)}"} for _ in range(60)]
    documents = [{"text": words(rng, 1, 30 if i % 3 else 150)} for i in range(20)]
    return {
        "endings": endings, "letters": [letter(12) for _ in range(100)],
        "letters-train": [letter(6) for _ in range(5)], "pronouns": pronouns,
        "numbers": numbers, "last-words": last_words, "documents": documents,
    }


def checkpoints() -> dict[str, Path]:
    shared = dict(
        vocab_size=VOCAB, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        max_position_embeddings=128, eos_token_id=899, bos_token_id=None,
    )
    configs = {
        "qwen3": Qwen3Config(**shared, hidden_size=32, intermediate_size=48, head_dim=8,
                             tie_word_embeddings=True),
        "qwen2": Qwen2Config(**shared, hidden_size=16, intermediate_size=32,
                             tie_word_embeddings=False),
    }
    folders = {}
    for name, config in configs.items():
        generator = torch.Generator().manual_seed(6)
        model = transformers.AutoModelForCausalLM.from_config(config)
        for key, weight in model.named_parameters():
            # Wide enough for likely and unlikely tokens; norms stay near 1.
            scale, mean = (0.2, 1.0) if "norm" in key else (0.6, 0.0)
            weight.data = (torch.randn(weight.shape, generator=generator) * scale + mean).bfloat16()
        folder = FOLDER / name
        shutil.rmtree(folder, ignore_errors=True)
        model.to(torch.bfloat16).save_pretrained(folder)
        (folder / "generation_config.json").unlink(missing_ok=True)
        tokens = {"bos_token": None, "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>",
                  "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 128}
        (folder / "tokenizer_config.json").write_text(json.dumps(tokens, indent=1) + "\n")
        # The test puts a folder together the same way.
        folders[name] = Path(tempfile.mkdtemp()) / name
        shutil.copytree(folder, folders[name])
        shutil.copy(ROOT / "test/fixtures/text/trained-tokenizer.json",
                    folders[name] / "tokenizer.json")
    return folders


def evaluate(folder: Path, tasks: list[str]) -> dict:
    os.chdir(FOLDER)  # data files are named relative to it
    return simple_evaluate(
        model="hf",
        model_args={"pretrained": str(folder), "dtype": "float32"},
        tasks=tasks,
        task_manager=TaskManager(include_path=str(FOLDER), include_defaults=False),
        batch_size=8,
        device="cpu",
        bootstrap_iters=0,
    )


def greedy_ends(folder: Path, starts: list[str]) -> list[str]:
    """Two tokens that the model writes behind each start."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    inputs = [tokenizer(start, return_tensors="pt") for start in starts]
    outs = [model.generate(**one, max_new_tokens=2, do_sample=False)[0, -2:] for one in inputs]
    return [tokenizer.decode(out) for out in outs]


def rounded(value):
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(each) for each in value]
    return round(float(value), 6) if isinstance(value, float) else value


def sample_of(sample: dict) -> dict:
    arguments = sample["arguments"]
    if isinstance(arguments, dict):
        arguments = [[each["arg_0"], each.get("arg_1")] for each in arguments.values()]
    texts = [[text for text in each if isinstance(text, str) and text] for each in arguments]
    asked = json.dumps(texts, ensure_ascii=False, separators=(",", ":"))
    responses = [response for [response] in sample["resps"]]
    if isinstance(responses[0], (list, tuple)):
        responses = [[float(ll), int(greedy)] for ll, greedy in responses]
    return {
        "asked": hashlib.sha256(asked.encode()).hexdigest()[:8],
        "responses": rounded(responses),
        "values": {name: rounded(float(sample[name])) for name in sample["metrics"]
                   if isinstance(sample[name], (int, float))},
        **({"filtered": sample["filtered_resps"]} if sample["filter"] != "none" else {}),
    }


def main() -> None:
    rows = items()
    folders = checkpoints()
    for name, value in rows.items():
        write(name, value)
    for turn, folder in enumerate(folders.values()):
        for sample in evaluate(folder, ["numbers"])["samples"]["numbers"]:
            index = sample["doc_id"]
            [filtered] = sample["filtered_resps"]
            if index % 6 == turn and sample["filter"] == "whole":
                rows["numbers"][index]["answer"] = filtered
            if index % 6 == 2 + turn and sample["filter"] == "first-letter":
                rows["numbers"][index]["answer"] = filtered.upper()
        own = rows["last-words"][turn::4]
        for row, end in zip(own, greedy_ends(folder, [row["start"] for row in own])):
            row["end"] = end
        own = rows["endings"][turn::8]
        starts = [f"{row['place']}: {row['start']}" for row in own]
        for row, end in zip(own, greedy_ends(folder, starts)):
            row["endings"][row["label"]] = end.removeprefix(" ")
    for name in ("numbers", "last-words", "endings"):
        write(name, rows[name])

    expected, closest = {}, float("inf")
    for name, folder in folders.items():
        found = evaluate(folder, TASKS)
        of_tasks = {}
        for task in TASKS:
            samples = {}
            for sample in found["samples"][task]:
                samples.setdefault(sample["filter"], []).append(sample_of(sample))
            results = {key: value for key, value in found["results"][task].items()
                       if "," in key and isinstance(value, float)}
            of_tasks[task] = {"results": rounded(results), "samples": samples}
            for sample in samples.get("none", []):
                if len(sample["responses"]) > 1:
                    best, second = sorted((r[0] for r in sample["responses"]), reverse=True)[:2]
                    closest = min(closest, best - second)
            print(name, task, len(samples[next(iter(samples))]), results)
        expected[name] = of_tasks
    print("the two best choices are at least", closest, "apart")
    data = json.dumps(expected, ensure_ascii=False, separators=(",", ":")).encode()
    (FOLDER / "expected.json.gz").write_bytes(gzip.compress(data, 9, mtime=0))


if __name__ == "__main__":
    main()
