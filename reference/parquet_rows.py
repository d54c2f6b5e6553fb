"""Parquet files as Hugging Face data sets hold them, for the reader's tests.

Writes test/fixtures/train/parquet/*.parquet with pyarrow 25.0.1, the writer that the `datasets`
package uses, and rows.json with what they hold (nulls of structs left out).

    python reference/parquet_rows.py
"""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

OUT = Path(__file__).parent.parent / "test/fixtures/train/parquet"

CALL = pa.struct(
    [
        ("id", pa.string()),
        ("type", pa.string()),
        ("function", pa.struct([("name", pa.string()), ("arguments", pa.string())])),
    ]
)
MESSAGE = pa.struct(
    [
        ("role", pa.string()),
        ("content", pa.string()),
        ("reasoning_content", pa.string()),
        ("tool_calls", pa.list_(CALL)),
    ]
)


def rows():
    """Seven conversations: plain ones, and every other one with thinking or a tool call."""
    for i in range(7):
        question = {"role": "user", "content": f"{i} + 1? é ✓"}
        answer = {"role": "assistant", "content": f"{i + 1}"}
        if i % 3 == 1:
            answer["reasoning_content"] = f"{i} and one more"
        messages = [question, answer]
        if i % 3 == 2:
            call = {
                "id": f"c{i}",
                "type": "function",
                "function": {"name": "add", "arguments": json.dumps({"a": i, "b": 1})},
            }
            messages = [
                question,
                {"role": "assistant", "tool_calls": [call]},
                {"role": "tool", "content": f"{i + 1}"},
                answer,
            ]
        yield {"id": i, "messages": messages, "weight": 0.5 if i == 3 else None}


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    data = list(rows())
    schema = pa.schema(
        [("id", pa.int64()), ("messages", pa.list_(MESSAGE)), ("weight", pa.float64())]
    )
    table = pa.Table.from_pylist(data, schema=schema)
    for codec in ["none", "snappy", "gzip", "brotli", "zstd"]:
        pq.write_table(table, OUT / f"chat-{codec}.parquet", compression=codec, row_group_size=3)
    kept = [{k: v for k, v in row.items() if v is not None} for row in data]
    (OUT / "rows.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")

    texts = pa.table({"text": pa.array(["one", "two", "three"], pa.large_string())})
    pq.write_table(texts, OUT / "text.parquet")
    # Arrow does not look into the bytes of a string column; neither do many writers.
    raw = pa.array([b"fine", b"\xff\xfe", b"fine"], pa.binary())
    bad = pa.Array.from_buffers(pa.string(), 3, raw.buffers())
    pq.write_table(pa.table({"text": bad}), OUT / "invalid-utf8.parquet")


main()
