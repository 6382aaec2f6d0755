"""Matching, folding, guards that rewrites see through, products with infinities."""

from __future__ import annotations

import pytest
import torch

from tests.language.helpers import check, mask, module, randn

X = randn(4, 3, seed=1)
M = mask([1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0])
INPUTS = {"x": "real[batch, k]", "m": "mask[batch, k]", "y": "index[batch] of k ignore -100", "w": "real[batch, k]"}


def source(loss: str) -> str:
    return module(INPUTS, loss).source


@pytest.mark.parametrize(("loss", "has", "lacks"), [
    ("mean(log(softmax[k](x)))", "log_softmax", "torch.log("),
    ("mean(log(exp(x) / sum[k](exp(x))))", "log_softmax", "torch.exp("),
    ("mean(-log(exp(x[k=0]) / sum[k](exp(x))))", "logsumexp", "torch.exp("),
    ("mean(log(sum[k](exp(x) where m)))", "logsumexp", "torch.log("),
    ("mean(log(sigmoid(x)) where m)", "logsigmoid", "torch.log("),
    ("mean(log(1 - sigmoid(x)) where m)", "logsigmoid", "torch.log("),
    ("mean(log(softmax[k](x where m)) where m)", "log_softmax", "torch.log("),
    ("mean(log(1 + exp(x)) where m)", "logsigmoid", "torch.log("),
    ("mean(sqrt(sum[k](x^2)))", "vector_norm", "torch.sqrt("),
    ("mean(x^2)", "torch.square", "torch.pow"),
    ("mean(2^3 * x / exp(0) + 0)", "8.0", "exp"),
    ("mean(--x * 1)", "torch.sum(x", "-x"),
])  # fmt: skip
def test_stable_forms(loss: str, has: str, lacks: str) -> None:
    text = source(loss).split('"""')[2]
    assert has in text and lacks not in text, text


def test_a_name_used_twice_must_be_one_value() -> None:
    assert "softmax" not in source("mean(exp(x) / sum[k](exp(w)))").split('"""')[2]
    check(
        {"x": "real[batch, k]", "w": "real[batch, k]"},
        "mean(exp(x) / sum[k](exp(w)))",
        {"x": X, "w": X.flip(0)},
        lambda x, w: (x.exp() / w.exp().sum(1, keepdim=True)).mean(),
    )


def test_axes_of_a_pattern_must_agree() -> None:
    check({"x": "real[batch, k]"}, "mean(exp(x) / sum[batch](exp(x)))", {"x": X}, lambda x: x.softmax(0).mean())
    check(
        {"x": "real[batch, k]"},
        "mean(log_softmax[batch](log_softmax[k](x)) * k)",
        {"x": X},
        lambda x: (x.log_softmax(1).log_softmax(0) * torch.arange(3)).mean(),
    )
    check(
        {"x": "real[batch, k]"},
        "mean(log(softmax[batch](x)) * log_softmax[k](x))",
        {"x": X},
        lambda x: (x.log_softmax(0) * x.log_softmax(1)).mean(),
    )


def test_a_choice_by_the_author_keeps_its_other_branch() -> None:
    check(
        {"x": "real[batch, k]", "m": "mask[batch, k]"},
        "mean(log(where(m, softmax[k](x), 0.25)))",
        {"x": X, "m": M},
        lambda x, m: torch.where(m, x.log_softmax(1), torch.tensor(0.25).double().log()).mean(),
    )
    check(
        {"x": "real[batch, k]", "m": "mask[batch, k]"},
        "mean(log(where(m, sigmoid(x), 2)))",
        {"x": X, "m": M},
        lambda x, m: torch.where(m, x.sigmoid().log(), torch.tensor(2.0).double().log()).mean(),
    )


@pytest.mark.parametrize("scale", [1.0, 1e3])
def test_stable_under_masks(scale: float) -> None:
    f = torch.nn.functional
    inputs = {"x": "real[batch, k]", "m": "mask[batch, k]"}
    given = {"x": X * scale, "m": M}
    check(inputs, "mean(log(sigmoid(x)) where m)", given, lambda x, m: f.logsigmoid(x)[m].mean(), poison={"x": ~M})
    check(inputs, "mean(log(1 - sigmoid(x)) where m)", given, lambda x, m: f.logsigmoid(-x)[m].mean(), poison={"x": ~M})
    check(
        inputs,
        "mean(log(exp(x) / (1 + exp(x))) where m)",
        given,
        lambda x, m: f.logsigmoid(x)[m].mean(),
        poison={"x": ~M},
    )
    check(
        inputs,
        "mean(log(softmax[k](x where m)))",
        given,
        lambda x, m: torch.cat([x[i][m[i]].log_softmax(0) for i in (0, 2, 3)]).mean(),
        poison={"x": ~M},
    )
    check(
        inputs,
        "sum(log(sum[k](exp(x) where m)) where any[k](m))",
        given,
        lambda x, m: sum(x[i][m[i]].logsumexp(0) for i in (0, 2, 3)),
        poison={"x": ~M},
    )


def test_stable_behind_ignored_labels() -> None:
    y = torch.tensor([2, -100, 0, -100])
    given = {"x": X * 500, "y": y}
    bad = (y < 0)[:, None].expand(4, 3)
    for loss in (
        "-mean(log(exp(x[k=y]) / sum[k](exp(x))))",
        "-mean(log(softmax[k](x)[k=y]))",
        "-mean(log(softmax[k](x))[k=y])",
    ):
        check(
            {"x": "real[batch, k]", "y": "index[batch] of k ignore -100"},
            loss,
            given,
            lambda x, y: torch.nn.functional.cross_entropy(x, y),
            poison={"x": bad},
        )
