"""Writes trainer/src/suspects/golden.json: what cleanlab says of some made-up predictions.

    python3 -m venv /tmp/cleanlab && /tmp/cleanlab/bin/pip install cleanlab==2.9.0
    /tmp/cleanlab/bin/python scripts/golden/suspects.py

Run by hand when a case is added; tests read the file and need no Python.
Probabilities are whole thousandths, so that both sides have the very same numbers.
"""

import json
import pathlib
import warnings

import numpy as np
from cleanlab.count import compute_confident_joint, get_confident_thresholds
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores

TARGET = pathlib.Path(__file__).resolve().parents[2] / "trainer/src/suspects/golden.json"


def made_up(count, every, sure, wrong):
    """Rows of a model that is `sure` thousandths right on the whole; every n-th row shows
    the topic, and every `wrong`-th label is flipped."""
    labels, thousandths = [], []
    for row in range(count):
        topic = row % every == 0
        noise = row * 7919 % 401 - 200
        thousandths.append(min(1000, max(0, (sure if topic else 1000 - sure) + noise)))
        labels.append(int(topic != (row % wrong == wrong - 1)))
    return labels, thousandths


def ties(count):
    """Only four probabilities, so that most rows tie."""
    thousandths = [(100, 400, 600, 900)[row % 4] for row in range(count)]
    return [int(row % 4 > 1) ^ int(row % 9 == 0) for row in range(count)], thousandths


CASES = {
    "even classes": made_up(120, 2, 850, 23),
    "few topics": made_up(200, 12, 800, 31),
    "few others": made_up(150, 1, 780, 14),
    "a weak model": made_up(100, 2, 560, 10),
    "half the labels wrong": made_up(60, 3, 900, 2),
    "no errors": made_up(40, 2, 900, 1000),
    "ties": ties(80),
    "all alike": ([0, 1] * 10, [500] * 20),
    "one topic": ([1] + [0] * 29, [200] + [row * 31 % 700 for row in range(29)]),
    "one class": ([0] * 12, [row * 83 % 1000 for row in range(12)]),
    "nobody is confident": ([0, 0, 1, 1], [0, 1000, 1000, 0]),
}


def judged(labels, thousandths):
    labels = np.array(labels)
    topic = np.array(thousandths) / 1000
    told = np.stack([1 - topic, topic], axis=1)
    issues = find_label_issues(labels, told, n_jobs=1)
    quality = {
        method: get_label_quality_scores(labels, told, method=method)
        for method in ("self_confidence", "normalized_margin")
    }
    # With two classes both rankings are one: what the label is believed.
    assert np.allclose(quality["self_confidence"], quality["normalized_margin"])
    return {
        "labels": "".join(map(str, labels)),
        "thousandths": [int(value) for value in thousandths],
        "thresholds": get_confident_thresholds(labels, told).tolist(),
        "confident": compute_confident_joint(labels, told, calibrate=False).tolist(),
        "joint": compute_confident_joint(labels, told).tolist(),
        "issues": np.flatnonzero(issues).tolist(),
    }


warnings.simplefilter("ignore")
cases = [{"case": name, **judged(*rows)} for name, rows in CASES.items()]
lines = ",\n".join(json.dumps(case) for case in cases)
TARGET.write_text(f"[\n{lines}\n]\n")
for case in cases:
    print(case["case"], case["confident"], case["joint"], len(case["issues"]))
