"""Event files as TensorBoard itself writes them: test/fixtures/tensorboard/.

pip install tensorboard==2.21.0
python reference/tensorboard_events.py
"""

import json
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c
from tensorboard.summary.writer.record_writer import RecordWriter

OUT = Path(__file__).parent.parent / "test" / "fixtures" / "tensorboard"
STEPS = [
    (1, 1700000000.25, {"train/loss": 3.5, "train/learning_rate": 1e-4}),
    (300, 1700000060.5, {"train/loss": 2.25, "metrics/reward/exact": 0.0}),
    (2**31 + 5, 1700000120.0, {"eval/loss": -1.5}),
]

OUT.mkdir(parents=True, exist_ok=True)
with open(OUT / "events.bin", "wb") as file:
    writer = RecordWriter(file)
    writer.write(Event(wall_time=1700000000.0, file_version="brain.Event:2").SerializeToString())
    for step, seconds, scalars in STEPS:
        values = [Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]
        event = Event(wall_time=seconds, step=step, summary=Summary(value=values))
        writer.write(event.SerializeToString())
    writer.flush()

texts = ["", "123456789", "onefold", "a" * 1000]
crcs = {text: masked_crc32c(text.encode()) for text in texts}
(OUT / "crcs.json").write_text(json.dumps(crcs) + "\n")
