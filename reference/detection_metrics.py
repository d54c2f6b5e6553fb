"""Average precision of random detections by COCO's own evaluation.

Writes test/fixtures/metrics/detection.json: the objects of each image, found and true, and AP, AP50
and AP75 of them.

    pip install pycocotools==2.0.11 numpy
    python reference/detection_metrics.py
"""

import contextlib
import io
import json
import random
from pathlib import Path

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

OUT = Path(__file__).parent.parent / "test/fixtures/metrics/detection.json"
LABELS = ["circle", "square", "star"]


def case(seed, images, scored):
    """Objects, and found ones that are moved, doubled, mislabelled or missing."""
    rng = random.Random(seed)
    found, truth = [], []
    for _ in range(images):
        objects, guesses = [], []
        for _ in range(rng.randint(0, 4)):
            left, top = rng.randint(0, 60), rng.randint(0, 60)
            box = [left, top, left + rng.randint(5, 40), top + rng.randint(5, 40)]
            label = rng.choice(LABELS)
            objects.append({"box": box, "label": label})
            for _ in range(rng.choice([0, 1, 1, 1, 2])):
                moved = [side + rng.randint(-3, 3) for side in box]
                moved[2], moved[3] = max(moved[2], moved[0] + 1), max(moved[3], moved[1] + 1)
                named = label if rng.random() < 0.8 else rng.choice(LABELS + ["cross"])
                guess = {"box": moved, "label": named}
                if scored:
                    guess["score"] = rng.randint(1, 9) / 10
                guesses.append(guess)
        rng.shuffle(guesses)
        found.append(guesses)
        truth.append(objects)
    return {"found": found, "truth": truth}


def evaluate(found, truth):
    names = LABELS + ["cross"]
    size = lambda box: [box[0], box[1], box[2] - box[0], box[3] - box[1]]
    annotations, results = [], []
    for image, objects in enumerate(truth):
        for each in objects:
            _, _, w, h = bbox = size(each["box"])
            category = names.index(each["label"]) + 1
            annotations.append({"id": len(annotations) + 1, "image_id": image + 1, "bbox": bbox,
                                "area": w * h, "iscrowd": 0, "category_id": category})
        for each in found[image]:
            category = names.index(each["label"]) + 1
            results.append({"image_id": image + 1, "bbox": size(each["box"]),
                            "category_id": category, "score": each.get("score", 1.0)})
    with contextlib.redirect_stdout(io.StringIO()):
        gold = COCO()
        gold.dataset = {
            "images": [{"id": i + 1} for i in range(len(truth))],
            "categories": [{"id": i + 1, "name": name} for i, name in enumerate(names)],
            "annotations": annotations,
        }
        gold.createIndex()
        run = COCOeval(gold, gold.loadRes(results), "bbox")
        run.evaluate()
        run.accumulate()
        run.summarize()
    return {"ap": run.stats[0], "ap50": run.stats[1], "ap75": run.stats[2]}


cases = [case(seed, images, scored) for seed, images, scored in
         [(1, 6, True), (2, 10, False), (3, 25, True), (4, 25, False)]]
OUT.write_text(json.dumps([{**each, **evaluate(**each)} for each in cases]) + "\n")
