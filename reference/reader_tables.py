"""Small Parquet files in the formats of data sets on the hub, for the tests of src/task/readers.

Writes test/fixtures/readers/*.parquet with pyarrow 25.0.1. The rows are made up; the columns are
those of nyu-mll/glue (mnli), ILSVRC/imagenet-1k and lmms-lab/RefCOCO.

    python reference/reader_tables.py
"""

import base64
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

OUT = Path(__file__).parent.parent / "test/fixtures/readers"
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def write(name, columns):
    pq.write_table(pa.table(columns), OUT / f"{name}.parquet", compression="snappy")


write(
    "glue-mnli",
    {
        "premise": ["A man naps.", "Birds sing.", "Snow fell."],
        "hypothesis": ["A man is asleep.", "It is spring.", "It was hot."],
        "label": pa.array([0, 1, 2], pa.int64()),
        "idx": pa.array([0, 1, 2], pa.int32()),
    },
)
image = [{"bytes": DOT, "path": None}]
write("imagenet", {"image": pa.array(image * 2, IMAGE), "label": pa.array([1, 0], pa.int64())})
write(
    "refcoco",
    {
        "question_id": ["1"],
        "image": pa.array(image, IMAGE),
        "question": ["Please provide a short description for this region."],
        "answer": pa.array([["left dot", "the red one"]]),
        "bbox": pa.array([[1.5, 2.0, 3.0, 4.0]], pa.list_(pa.float32())),
        "file_name": ["COCO_train2014_000000000001_0.jpg"],
    },
)
