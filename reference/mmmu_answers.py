"""What lm-evaluation-harness reads from answers to MMMU's questions, and what it asks.

Versions: lm-eval 0.4.13 (lm_eval/tasks/mmmu/utils.py); questions and answers are invented.
Run:      pip install lm-eval==0.4.13 && python reference/mmmu_answers.py

Writes test/fixtures/evaluate/mmmu.json for test/evaluate/benchmarks/mmmu*.test.ts: answers put
together at random from pieces that matter to the rules, with the letter that they name (null where
utils.py draws one) or whether they are right; prompts of the rows that benchmark_tables.py wrote, and
the images that they show; and lists as Python writes them.
"""

import json
import random
from pathlib import Path

import pyarrow.parquet as pq
from lm_eval.tasks.mmmu import utils

HUB = Path(__file__).resolve().parent.parent / "test/fixtures/evaluate/hub"
OUT = HUB.parent / "mmmu.json"
rng = random.Random(6)
utils.random.choice = lambda _: None  # an answer that names no option


def joined(pieces: list[str], most: int) -> str:
    return "".join(rng.choice(pieces) for _ in range(rng.randint(1, most)))


OPTIONS = [
    ["a red kite", "A", "four", "$\\frac{1}{2}$"],
    ["<image 1>", "<image 2>"],
    ["Yes", "yes", "no", "", "I am", "B C", "x", "Y", "last"],
]
CHOICE = ["A", "B", "C", "(A)", "(B)", "(D)", " ", " ", " ", ".", ",", ":", "'", "\n", "the answer is",
          "a red kite", "FOUR", "Yes", " no ", "I am sure that it must be", "a b c d e f", "(I)", " I "]
OPEN = ["is ", "so ", "=", "answer ", "could be ", "\n", ". ", ".", ",", " ", "The ", "3", "-3", "1,234", "0.125",
        ".5", "2.675", "1e3", "5E-2", "12,34", "inf", "nan", "x", "Y", "kite", "Kite ", "7.0", "1_000", "%", "$", "é"]
RIGHT = [["3"], ["0.12"], ["0.13"], ["2.67"], ["2.68"], ["kite"], ["x"], ["1234"], ["1,234"], ["1000", "Y"],
         ["-3", "50%"], ["inf"], ["7"], ["0.05"], ["nan"], [".5 kite", "the 3"]]

choice = []
for _ in range(250):
    options, answer = rng.choice(OPTIONS), joined(CHOICE, 9)
    letters = list("ABCDEFGHI")[: len(options)]
    named = utils.parse_multi_choice_response(answer, letters, dict(zip(letters, options)))
    choice.append([options, answer, named])

written = []
for _ in range(450):
    right = rng.choice(RIGHT)
    # Else hardly one would be right.
    answer = joined(OPEN, 5) + rng.choice(["", rng.choice(right)]) + joined([*OPEN, ""], 3)
    is_right = utils.eval_open(right, utils.parse_open_response(answer))
    written.append([right, answer, bool(is_right)])

prompts = []
for subject in ["Art", "Economics"]:
    table = pq.read_table(HUB / f"mmmu/{subject}/validation-00000-of-00001.parquet")
    for doc in table.to_pylist():
        images = [image["path"].removeprefix(f"{doc['id']}_") for image in utils.doc_to_image(doc)]
        prompts.append([doc["id"], utils.doc_to_text(doc), images])

SIGNS = list("ab'\"\\\n\t\r\x00\x07\x7f\x85\u2028 é河🙂,[]{}$\u00ad\ue000")
lists = []
for _ in range(60):
    texts = [joined(SIGNS, 9) for _ in range(rng.randint(0, 5))]
    lists.append([repr(texts), texts])

found = {"choice": choice, "open": written, "prompts": prompts, "lists": lists}
OUT.write_text("{\n" + ",\n".join(f"{json.dumps(k)}: [\n" + ",\n".join(json.dumps(row) for row in v) + "\n]" for k, v in found.items()) + "\n}\n")
print(sum(row[2] is None for row in choice), "choices name no option;", sum(row[2] for row in written), "of", len(written), "open answers are right")
