"""Generated source, word for word. `UPDATE_GOLDEN=1 pytest tests/emit` writes the files anew."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.language.helpers import module

FOLDER = Path(__file__).parent / "golden"

# Bodies are spelt out here, so that a change of the standard library does not change what this test is about.
SPECS: dict[str, dict[str, Any]] = {
    "masked_mean": {
        "inputs": {"x": "real[batch, time]", "pad": "mask[batch, time]"},
        "loss": "mean(mean[time](log(x) where pad))",
    },
    "label_picked": {
        "inputs": {"z": "logits[batch, class]", "y": "index[batch] of class ignore -100"},
        "loss": {"nll": "-log_softmax(z)[class=y]", "entropy": "0.1 * sum[class](softmax(z) * log(softmax(z)))"},
    },
    "supcon": {
        "inputs": {
            "proj": "real[view, batch, feature]",
            "labels": "index[batch] of class",
            "labeled": "mask[batch]",
            "c": "real[class] = 0",
        },
        "params": {"tau": 0.07},
        "define": {
            "u": "proj / max(norm[feature](proj), 1e-12)",
            "s": "dot[feature](u, u[view', batch', feature]) / tau",
            "other": "labeled and labeled[batch'] and not (view == view' and batch == batch')",
            "logp": "s - logsumexp[view', batch'](s where other)",
        },
        "loss": "-mean(mean[view', batch'](logp where other and labels == labels[batch']) where labeled)",
    },
    "class_means": {
        "inputs": {"feat": "real[batch, feature]", "y": "index[batch] of class", "proto": "real[class, feature]"},
        "define": {"mu": "mean[batch](feat where y == class)"},
        "loss": "mean((mu - proto)^2)",
    },
    "token_policy": {
        "inputs": {
            "hidden": "real[token, feature]",
            "head": "real[vocab, feature]",
            "tokens": "index[token] of vocab ignore -100",
            "old": "real[token] fixed",
            "adv": "real[token] fixed",
        },
        "params": {"eps": 0.2},
        "define": {"logp": "log_softmax[vocab](linear(hidden, head))[vocab=tokens]", "ratio": "exp(logp - old)"},
        "loss": {"policy": "-min(ratio * adv, clamp(ratio, 1 - eps, 1 + eps) * adv)"},
    },
}


@pytest.mark.parametrize("name", SPECS)
def test_source(name: str) -> None:
    spec = dict(SPECS[name])
    source = module(spec.pop("inputs"), spec.pop("loss"), **spec).source
    path = FOLDER / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_text(source, encoding="utf-8")
    assert source == path.read_text(encoding="utf-8"), f"UPDATE_GOLDEN=1 writes {path.name} anew"
