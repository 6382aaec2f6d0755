"""What is right passes, on ordinary and on extreme inputs."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

import lossdsl
from lossdsl.check import check
from tests.check.support import spec

L = "logits[batch, class]"
SUPCON = spec(
    {"proj": "real[view, batch, feature]", "labels": "index[batch] of class", "labeled": "mask[batch]"},
    "-mean(mean[view', batch'](logp where other and labels == labels[batch']) where labeled)",
    axes={"view": 2},
    params={"tau": 0.07},
    define={
        "u": "normalise[feature](proj)",
        "s": "dot[feature](u, u[view', batch', feature]) / tau",
        "other": "labeled and labeled[batch'] and not (view == view' and batch == batch')",
        "logp": "s - logsumexp[view', batch'](s where other)",
    },
)
GRPO = spec(
    {
        "hidden": "real[token, feature]",
        "head": "real[vocab, feature]",
        "tokens": "index[token] of vocab ignore -100",
        "old": "real[token] fixed",
        "adv": "real[token] fixed",
    },
    "-min(ratio * adv, clamp(ratio, 0.8, 1.2) * adv)",
    define={"ratio": "exp(log_softmax[vocab](linear(hidden, head))[vocab=tokens] - old)"},
)
RETURNS = {"returns(x, g)": {"scan": "time", "start": {"h": 0}, "step": {"h": "g * prev.h + x"}, "give": "h"}}
DESCENT = {
    "inner(x)": {
        "repeat": 12,
        "start": {"y": 0},
        "step": {"y": "y - 0.2*(4*y - 2*x)"},
        "give": "(y - x)^2 + y^2",
        "gradient": "envelope",
    }
}
FIXED = {
    "inner(x)": {
        "repeat": 60,
        "until": 1e-14,
        "start": {"y": 0},
        "step": {"y": "0.5*cos(y + x)"},
        "give": "y^2",
        "gradient": "implicit",
    }
}

SPECS: dict[str, dict[str, Any]] = {
    "labels ignored": spec({"x": L, "y": "index[batch] of class ignore -100"}, "ce(x, y) + 0.1*entropy(x)"),
    "distributions": spec({"p": "probs[batch, class]", "q": L}, "kl(p || q) + js(p || q)"),
    "contrast": SUPCON,
    "policy": GRPO,
    "log-odds": spec({"x": "score[batch, k]", "y": "mask[batch, k]", "w": "mask[batch]"}, "bce(x, y) where w"),
    "padding": spec({"x": "real[batch, time]", "pad": "mask[batch, time]"}, "mean(mean[time](huber(x, 0) where pad))"),
    "shifted": spec(
        {"x": "logits[batch, time, vocab]", "y": "index[batch, time] of vocab ignore -1"},
        "ce(x[time=..-1], y[time=1..])",
    ),
    "class means": spec(
        {"f": "real[batch, feature]", "y": "index[batch] of class"},
        "mean(square(mean[batch](f where y == class)))",
        axes={"class": 3},
    ),
    "order": spec(
        {"x": "real[batch, k]", "m": "mask[batch, k]"},
        "sum(k * sort[k](x where m)) + quantile[k](x where m, q=0.3) + max[k](x where m, empty=0)",
    ),
    "branches": spec({"x": "real[batch]", "m": "mask[batch]"}, "where(x > 0, log(x) where m, square(x))"),
    "matrices": spec(
        {"z": "real[batch, f]", "ok": "mask[f]"},
        "logdet[f, f']((dot[batch](z, z[batch, f']) + 2*one_hot[f'](f)) where ok and ok[f'])",
    ),
    "straight-through": spec(
        {"x": "real[batch]", "y": "real[batch]"}, "square(with_gradient(round(x), x) - sg(y)) + y*y"
    ),
    "scan": spec({"x": "real[batch, time]", "g": "real[] in [0, 1]"}, "returns(x, g)", define=RETURNS),
    "envelope": spec({"x": "real[batch]"}, "sum(inner(x))", define=DESCENT),
    "implicit": spec({"x": "real[batch]"}, "sum(inner(x))", define=FIXED),
    "state": spec(
        {"z": "real[batch, f]"},
        "mean(square(z - mu))",
        state={"mu": {"start": 0, "is": "real[f]", "update": "0.9*mu + 0.1*mean[batch](sg(z))"}},
    ),
    "learned": spec(
        {"a": "real[batch]"},
        {"a": "exp(-s) * mean(square(a)) + s", "w": "ramp * mean(abs(a))"},
        params={"s": {"learn": 0.1}, "ramp": "cosine(1.0, 0.1, steps=100)"},
    ),
    "naive": spec({"x": L, "s": "score[batch]"}, "-log(softmax(x))[class=0] + log(1 + exp(s)) - log(sigmoid(s))"),
    "optional": spec({"p": "real[batch, k]", "w": "real[batch] >= 0 fixed = 1"}, "w * norm[k](p)"),
    "gradient penalty": spec({"x": "real[batch, k]"}, "square(norm[k](grad(sum[k](x^3), x)) - 1)"),
    "positive numbers": spec({"x": "real[batch]"}, "log(x) + sqrt(x)"),
    "required": spec(
        {"x": "real[batch]"}, "tau * mean(x^n)", params={"tau": {"required": "float"}, "n": {"required": "int"}}
    ),
}


@pytest.mark.parametrize("name", SPECS)
def test_a_right_loss_passes(name: str) -> None:
    report = check(SPECS[name])
    assert report.ok, str(report)
    assert {row.what for row in report.rows} >= {"value, float64", "value, float32", "terms add up"}


def test_a_game_is_checked_loss_by_loss() -> None:
    game = {"lossdsl": 1, "name": "g", "inputs": {"r": "score[batch]", "f": "score[batch]"},
            "losses": {"generator": "softplus(-f)", "critic": {"r": "softplus(-r)", "f": "softplus(f)"}}}  # fmt: skip
    report = check(game)
    assert report.ok, str(report)
    assert "gradient of critic, differences" in {row.what for row in report.rows}


def test_the_packaged_example_passes() -> None:
    report = lossdsl.check("examples/digits")
    assert report.ok, str(report)


def test_an_import_loads_nothing_heavy() -> None:
    code = "import sys, lossdsl; lossdsl.check; print([m for m in ('torch', 'numpy', 'mpmath') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


@pytest.mark.slow
def test_the_compiled_module_agrees() -> None:
    report = check(SPECS["labels ignored"], compiled=True)
    assert report.ok, str(report)
    assert any(row.what == "value, compiled" for row in report.rows)
