"""Mistakes planted in the compiler are found, each by the comparison that is there for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import lossdsl.runtime.module as runtime
from lossdsl.check import check
from lossdsl.check.report import Report
from lossdsl.ops.registry import table
from tests.check.support import spec

L = "logits[batch, class]"
ROWS = {"x": "real[batch, k]", "m": "mask[batch, k]"}
LABELS = {"x": L, "y": "index[batch] of class ignore -100"}

# What torch is told to compute, in place of what is right: the primitive, its new template, a loss, what finds it.
TEMPLATES: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "value a little off": (
        "log_softmax",
        "torch.log_softmax({x}, dim={dim}) * (1 + 1e-12)",
        spec(LABELS, "ce(x, y)"),
        "value, float64",
    ),
    "sign": ("neg", "+{0}", spec(LABELS, "ce(x, y)"), "value, float64"),
    "wrong direction": (
        "cumsum",
        "torch.cumsum(({x}).flip({dim}), dim={dim})",
        spec(ROWS, "sum(k * cumsum[k](x))"),
        "value, float64",
    ),
    "one too few": ("count", "(torch.sum({x}, dim={dim}) - 1)", spec(ROWS, "mean(x where m)"), "value, float64"),
    "strict comparison": ("less", "{0} <= {1}", spec(ROWS, "mean(where(x < 0, 1, x))"), "value, float64"),
    "overflow": (
        "logsumexp",
        "torch.log(torch.exp({x}).sum(dim={dim}))",
        spec({"x": L}, "logsumexp(x)"),
        "value, float64",
    ),
    "no slope": ("tanh", "torch.tanh({0}).detach()", spec(ROWS, "tanh(x)"), "gradient, differences"),
    "half the slope": ("square", "({0} * ({0}).detach())", spec(ROWS, "square(x)"), "gradient, differences"),
    "slope of another": (
        "exp",
        "(torch.exp({0}).detach() + {0} - ({0}).detach())",
        spec(ROWS, "exp(x)"),
        "gradient, differences",
    ),
    "no slope at a kink": (
        "norm",
        "torch.sqrt((({x})**2).sum(dim={dim}))",
        spec(ROWS, "norm[k](x)"),
        "gradient is a number",
    ),
    "overflowing slope": (
        "sigmoid",
        "(1 / (1 + torch.exp(-({0}))))",
        spec({"s": "score[batch]"}, "sigmoid(s)"),
        "gradient is a number",
    ),
    "masked by a product": (
        "where",
        "({0} * ({1}) + ~({0}) * ({2}))",
        spec(ROWS, "mean(x where m)"),
        "masked elements",
    ),
    "0 log 0": ("xlogy", "({0}) * torch.log({1})", spec({"p": "prob[batch]"}, "xlogy(p, p)"), "value, float64"),
}


def failing(report: Report) -> set[str]:
    return {row.what for row in report.failures}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_wrong_primitive_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    op, template, loss, what = TEMPLATES[name]
    assert check(loss).ok
    monkeypatch.setitem(table(), op, replace(table()[op], torch=template))
    report = check(loss)
    assert what in failing(report), str(report)
    assert report.failing, "the failing inputs are shown"


# What the generated source says, in place of what is right.
SOURCES: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "dropped stop-gradient": (
        "sg = y.detach()",
        "sg = y",
        spec({"x": "real[batch]", "y": "real[batch]"}, "square(x - sg(y)) + y"),
        "gradient, differences",
    ),
    "fixed input left attached": (
        "q.detach()",
        "q",
        spec({"p": L, "q": L + " fixed"}, "kl(p || q)"),
        "gradient, q is fixed",
    ),
    "missing mask": ("torch.where(m, x, 0.0)", "x", spec(ROWS, "sum(x where m)"), "value, float64"),
    "wrong axis": ("dim=1", "dim=0", spec({"x": "real[batch, k]"}, "square(sum[k](x))"), "value, float64"),
    "local count": (
        "batch.to(dtype)",
        "(batch * 0 + n_batch).to(dtype)",
        spec({"x": L}, "logsumexp(x)"),
        "micro-batches add up",
    ),
    "count of a piece": (
        "/ max(n_batch, 1)",
        "/ max(n_batch - 1, 1)",
        spec({"x": L}, "logsumexp(x)"),
        "value, float64",
    ),
}


def rewriting(old: str, new: str) -> Callable[..., Any]:
    original = runtime.load_function

    def load(source: str, name: str) -> Any:
        return original(source.replace(old, new), name)

    return load


@pytest.mark.parametrize("name", SOURCES)
def test_a_wrong_source_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new, loss, what = SOURCES[name]
    assert check(loss).ok
    monkeypatch.setattr(runtime, "load_function", rewriting(old, new))
    report = check(loss)
    assert what in failing(report), str(report)


def test_a_dead_gradient_is_told_from_one_that_cannot_be() -> None:
    dead = check(spec({"x": "real[batch] in [0, 1]"}, "mean(max(x, 2)) + 0"))
    assert "gradient is alive" in failing(dead)
    by_design = check(spec({"x": "real[batch]", "y": "real[batch]"}, "square(x - sg(y))"))
    assert by_design.ok
    assert "`y` is learned, but no gradient can reach it; declare it fixed" in str(by_design)


def test_a_kink_is_named_and_not_tolerated() -> None:
    report = check(spec({"x": "real[batch]"}, "relu(x)"))
    assert report.ok
    assert "at a kink of relu" in str(report)


def test_failing_inputs_are_reduced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(table(), "exp", replace(table()["exp"], torch="torch.exp({0}) + 1e-3"))
    report = check(spec({"x": "real[batch, k]"}, "exp(x)"))
    (line,) = [x for x in report.failing.splitlines() if x.startswith("  x = ")]
    assert line.count(",") == 0, "one element is enough to show it"
