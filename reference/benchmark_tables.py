"""Local copies of benchmarks as their data sets are stored on the hub, for test/evaluate/benchmarks.

Writes test/fixtures/evaluate/hub with pyarrow 25.0.1. The rows are made up; columns, types and names
of files are those of cais/mmlu, Rowan/hellaswag, allenai/ai2_arc, openai/gsm8k, lukaemon/bbh (with
prompts of suzgunmirac/BIG-Bench-Hard), ceval/ceval-exam, haonan-li/cmmlu, openai/openai_humaneval,
google-research-datasets/mbpp, google/IFEval and MMMU/MMMU. mmmu/Math holds rows that cannot be asked.

    python reference/benchmark_tables.py
"""

import struct
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

OUT = Path(__file__).parent.parent / "test/fixtures/evaluate/hub"
TEXTS = pa.list_(pa.string())


def write(name, rows, types={}):
    """Columns are in the order of the first row; those without a type are guessed."""
    path = OUT / f"{name}-00000-of-00001.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = {key: pa.array([row[key] for row in rows], types.get(key)) for key in rows[0]}
    pq.write_table(pa.table(columns), path, compression="snappy")


def mmlu(question, answer):
    return {"question": question, "subject": "sums", "choices": ["1", "2", "3", "4"], "answer": answer}


write("mmlu/sums/dev", [mmlu("1 + 1?", 1), mmlu("0 + 1?", 0)], {"choices": TEXTS})
write("mmlu/sums/test", [mmlu("2 + 1?", 2), mmlu("2 + 2?", 3)], {"choices": TEXTS})

write(
    "hellaswag/data/validation",
    [
        {
            "ind": i,
            "activity_label": "Baking",
            "ctx_a": "Someone opens an oven.",
            "ctx_b": "the cook",
            "ctx": "Someone opens an oven. the cook",
            "endings": ["takes the bread.", "sings.", "runs.", "sits."],
            "source_id": f"made~{i}",
            "split": "val",
            "split_type": "indomain",
            "label": "0",
        }
        for i in range(2)
    ],
    {"ind": pa.int32(), "endings": TEXTS},
)

CHOICES = pa.struct([("text", TEXTS), ("label", TEXTS)])
for level in ["Easy", "Challenge"]:
    write(
        f"arc/ARC-{level}/test",
        [
            {"id": "a", "question": "What melts?", "choices": {"text": ["ice", "sand"], "label": ["A", "B"]}, "answerKey": "A"},
            {"id": "b", "question": "What burns?", "choices": {"text": ["ice", "wood"], "label": ["1", "2"]}, "answerKey": "2"},
        ],
        {"choices": CHOICES},
    )

sums = [{"question": f"What is {n} and 1?", "answer": f"It is {n} + 1 = <<{n}+1={n + 1}>>{n + 1}.\n#### {n + 1}"} for n in range(7)]
write("gsm8k/main/train", sums[:5])
write("gsm8k/main/test", sums[5:])

write("bbh/colour_words/test", [{"input": "Grass?", "target": "green"}, {"input": "Sky?", "target": "blue"}])
questions = "\n\n".join(
    f"Q: {thing}?\nA: Let's think step by step.\nThink of {thing.lower()}. So the answer is {colour}."
    for thing, colour in [("Coal", "black"), ("Snow", "white"), ("Blood", "red")]
)
(OUT / "bbh/cot-prompts").mkdir(exist_ok=True)
(OUT / "bbh/cot-prompts/colour_words.txt").write_text(f"A canary stands here.\n-----\nName the colour.\n\n{questions}\n")

exam = {"A": "一", "B": "二", "C": "三", "D": "四"}
for split in ["dev", "val"]:
    rows = [{"id": i, "question": f"{i}加一？", **exam, "answer": "AB"[i], "explanation": ""} for i in range(2)]
    write(f"ceval/law/{split}", rows, {"id": pa.int32()})
for split in ["dev", "test"]:
    write(f"cmmlu/anatomy/{split}", [{"Question": "几只手？", **exam, "Answer": "B"}] * 2)

write(
    "humaneval/openai_humaneval/test",
    [
        {
            "task_id": "Test/0",
            "prompt": 'def double(x):\n    """Twice x."""\n',
            "canonical_solution": "    return 2 * x\n",
            "test": "def check(candidate):\n    assert candidate(2) == 4\n",
            "entry_point": "double",
        }
    ],
)


def program(task):
    return {
        "task_id": task,
        "text": f"Write a function f{task}.",
        "code": f"def f{task}(x):\r\n  return x * {task}",
        "test_list": [f"assert f{task}({x}) == {x * task}" for x in range(3)],
        "test_setup_code": "",
        "challenge_test_list": [],
    }


mbpp = {"task_id": pa.int32(), "test_list": TEXTS, "challenge_test_list": TEXTS}
write("mbpp/full/prompt", [program(task) for task in [2, 3, 4]], mbpp)
write("mbpp/full/test", [program(task) for task in [11, 12]], mbpp)

KWARGS = pa.list_(pa.struct([("num_words", pa.int64()), ("relation", pa.string())]))
write(
    "ifeval/data/train",
    [
        {
            "key": 1,
            "prompt": "Say something short, without commas.",
            "instruction_id_list": ["punctuation:no_comma", "length_constraints:number_words"],
            "kwargs": [{}, {"num_words": 9, "relation": "less than"}],
        }
    ],
    {"key": pa.int64(), "instruction_id_list": TEXTS, "kwargs": KWARGS},
)

options = "Correct Answer,Incorrect Answer 1,Incorrect Answer 2,Incorrect Answer 3"
for name in ["main", "diamond", "extended"]:
    (OUT / "gpqa").mkdir(exist_ok=True)
    (OUT / f"gpqa/gpqa_{name}.csv").write_text(f"Question,{options}\n" + "Which?,this,that,those,none\n" * 2)

(OUT / "humaneval-x/js/data").mkdir(parents=True, exist_ok=True)
(OUT / "humaneval-x/js/data/humaneval.jsonl").write_text(
    '{"task_id": "JavaScript/0", "prompt": "const double = (x) => {\\n", "canonical_solution": "  return 2 * x;\\n}\\n", '
    '"test": "const testDouble = () => { console.assert(double(2) === 4) }\\ntestDouble()\\n", "declaration": "", "example_test": ""}\n'
)


def png(red, green, blue):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    line = b"\0" + bytes([red, green, blue]) * 8
    head = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(line * 8)) + chunk(b"IEND", b"")


RED, BLUE = png(255, 0, 0), png(0, 0, 255)
IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def mmmu(name, question, answer, options="[]", images=(), **other):
    files = [{"bytes": file, "path": f"{name}_{i + 1}.png"} if file is not None else None for i, file in enumerate(images)]
    return {
        "id": name,
        "question": question,
        "options": options,
        "explanation": "",
        **{f"image_{i + 1}": files[i] if i < len(files) else None for i in range(7)},
        "img_type": "['Paintings']",
        "answer": answer,
        "topic_difficulty": "Easy",
        "question_type": "open" if options == "[]" else "multiple-choice",
        "subfield": "Colours",
        **other,
    }


def exams(name, *rows):
    write(f"mmmu/{name}", rows, {f"image_{i}": IMAGE for i in range(1, 8)})


TWO = "['red', \"it's blue\"]"
exams("Art/dev", mmmu("dev_Art_1", "<image 1> Which?", "A", TWO, [RED]))
exams(
    "Art/validation",
    mmmu("validation_Art_1", "What colour is <image 1>?", "A", TWO, [RED]),
    mmmu("validation_Art_2", "<image 1>\nWhich is like it?", "B", "['<image 2>', '<image 1>']", [BLUE, RED]),
)
exams(
    "Economics/validation",
    mmmu("validation_Economics_1", "How much is <image 1>?", "['2.5', '5/2']", images=[RED]),
    mmmu("validation_Economics_2", "Name it: <image 2>", "[0, 1)", images=[None, BLUE]),
)
exams(
    "Math/validation",
    mmmu("missing", "<image 1> and <image 2>?", "A", TWO, [RED]),
    mmmu("eighth", "<image 8>?", "A", TWO, [RED]),
    mmmu("outside", "<image 1>?", "C", TWO, [RED]),
    mmmu("call", "<image 1>?", "A", "__import__('os').system('true')", [RED]),
    mmmu("numbers", "<image 1>?", "A", "[1, 2]", [RED]),
    mmmu("many", "<image 1>?", "A", repr(list("abcdefghij")), [RED]),
    mmmu("none", "<image 1>?", "A", images=[RED], question_type="multiple-choice"),
    mmmu("kind", "<image 1>?", "A", TWO, [RED], question_type="essay"),
    mmmu("list", "<image 1>?", "['2.5', 3]", images=[RED]),
    mmmu("empty", "<image 1>?", "A", TWO, [b""]),
    mmmu("damaged", "<image 1>?", "A", TWO, [RED[:60]]),
    mmmu("text", "<image 1>?", "A", TWO, [b"no image"]),
    mmmu("often", "<image 1>?" * 65, "A", TWO, [RED]),
)
