"""Writes test/fixtures/text/qwen-v1/qwen.tiktoken, a small made-up vocabulary in the format of the
first Qwen generation, and goldens.json: ids of texts, and prompts with their ids.

The encoder below follows tiktoken's documented behaviour (rank of the joined bytes, lowest first,
leftmost first) over Python's `regex`; prompts are put together as the checkpoints' code does, each
content encoded on its own without special tokens.

Versions: Python 3.11, regex 2026.9.29. Command: python reference/qwen_tiktoken.py
"""

import base64
import collections
import json
import os
import unicodedata

import regex

OUT = "test/fixtures/text/qwen-v1"
SPLIT = regex.compile(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"] + [f"<|extra_{i}|>" for i in range(205)]
CORPUS = """You are a helpful assistant. The user asks what the weather is; the assistant answers.
user assistant system It's what we'll do: they've said I'm late, you'd know. 你好，请问今天天气怎么样？天气很好，谢谢你。
def main(argv):\n    print("hello, world")\n    return 0\n\n\nnaïve café Ünïcödé 12 345 6789 --- ... !!! aaaa aaaaaaa abababab
""" * 3


def train(size):
    words = collections.Counter(SPLIT.findall(unicodedata.normalize("NFC", CORPUS)))
    pieces = {word: [bytes([b]) for b in word.encode()] for word in words}
    ranks = {bytes([b]): b for b in range(256)}
    while len(ranks) < size:
        pairs = collections.Counter()
        for word, parts in pieces.items():
            for pair in zip(parts, parts[1:]):
                pairs[pair] += words[word]
        if not pairs:
            break
        left, right = min(pairs, key=lambda pair: (-pairs[pair], pair))
        ranks.setdefault(left + right, len(ranks))
        for word, parts in pieces.items():
            i = 0
            while i + 1 < len(parts):
                if (parts[i], parts[i + 1]) == (left, right):
                    parts[i : i + 2] = [left + right]
                i += 1
    return ranks


def merge(ranks, piece):
    parts = [bytes([b]) for b in piece]
    while True:
        best = None
        for i in range(len(parts) - 1):
            rank = ranks.get(parts[i] + parts[i + 1])
            if rank is not None and (best is None or rank < best[0]):
                best = (rank, i)
        if best is None:
            return [ranks[part] for part in parts]
        i = best[1]
        parts[i : i + 2] = [parts[i] + parts[i + 1]]


def encode(ranks, text, specials=True):
    text = unicodedata.normalize("NFC", text)
    ids = []
    chunks = regex.split("(" + "|".join(regex.escape(s) for s in SPECIALS) + ")", text) if specials else [text]
    for chunk in chunks:
        if specials and chunk in SPECIALS:
            ids.append(len(ranks) + SPECIALS.index(chunk))
            continue
        for piece in SPLIT.findall(chunk):
            raw = piece.encode()
            ids += [ranks[raw]] if raw in ranks else merge(ranks, raw)
    return ids


def prompt(ranks, messages):
    """Text and ids; messages begin with the system's."""
    start, end, line = [len(ranks) + 1], [len(ranks) + 2], encode(ranks, "\n")
    text, ids = "", []
    for message in messages:
        role, content = message["role"], message["content"]
        text += f"<|im_start|>{role}\n{content}<|im_end|>\n"
        ids += start + encode(ranks, role, False) + line + encode(ranks, content, False) + end + line
    return text + "<|im_start|>assistant\n", ids + start + encode(ranks, "assistant", False) + line


def main():
    ranks = train(700)
    os.makedirs(OUT, exist_ok=True)
    with open(f"{OUT}/qwen.tiktoken", "wb") as file:
        for token, rank in ranks.items():
            file.write(base64.b64encode(token) + b" " + str(rank).encode() + b"\n")
    texts = [
        "", "hello, world", "You are a helpful assistant.", "It's what WE'LL do: they've", "你好，请问天气 😀 👨‍👩‍👧",
        "a\u0301 caf\u00e9 cafe\u0301 naïve", "   leading and trailing   ", "\n\n\r\n\tx\n  y \n", "1234567 12.5e3",
        "aaaaaaaaaaaaa abababababab", "<|im_start|>user\nhi<|im_end|><|endoftext|><|extra_204|>x<|extra_205|>",
        "def main(argv):\n    return 0  # ok\n", "\u0000\ufeff\u200b zero width", "ᄒ\u1161\u11ab 한국어 עברית العربية ไทย",
    ]
    system = {"role": "system", "content": "You are a helpful assistant."}
    conversations = [
        [{"role": "user", "content": "你好"}],
        [{"role": "system", "content": "Be terse."}, {"role": "user", "content": "What is 12 + 5?"}],
        [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "Hello!"},
         {"role": "user", "content": "It's late."}],
    ]
    prompts = []
    for messages in conversations:
        whole = messages if messages[0]["role"] == "system" else [system, *messages]
        text, ids = prompt(ranks, whole)
        prompts.append({"messages": messages, "text": text, "ids": ids})
    goldens = {"texts": [{"text": text, "ids": encode(ranks, text)} for text in texts], "prompts": prompts}
    with open(f"{OUT}/goldens.json", "w", encoding="utf-8") as file:
        json.dump(goldens, file, ensure_ascii=True, indent=1)
        file.write("\n")


main()
