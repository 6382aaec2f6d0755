"""Precedence, each adjacent pair of levels, against Python's arithmetic on the same numbers."""

from __future__ import annotations

import pytest
import torch

from tests.language.helpers import check, finding, module, randn

X, Y = randn(5, seed=1).abs() + 0.5, randn(5, seed=2).abs() + 0.5


@pytest.mark.parametrize(("loss", "reference"), [
    ("sum(-x^2)", lambda x, y: -(x**2).sum()),
    ("sum((-x)^2)", lambda x, y: (x**2).sum()),
    ("sum(x^-2)", lambda x, y: (x**-2).sum()),
    ("sum(x^y^0.5)", lambda x, y: (x ** (y**0.5)).sum()),
    ("sum((x^y)^0.5)", lambda x, y: ((x**y) ** 0.5).sum()),
    ("sum(x**2)", lambda x, y: (x**2).sum()),
    ("sum(2^-x^2)", lambda x, y: (2 ** -(x**2)).sum()),
    ("sum(x * -y)", lambda x, y: -(x * y).sum()),
    ("sum(x - -y)", lambda x, y: (x + y).sum()),
    ("sum(--x)", lambda x, y: x.sum()),
    ("sum(x + y * x)", lambda x, y: (x + y * x).sum()),
    ("sum((x + y) * x)", lambda x, y: ((x + y) * x).sum()),
    ("sum(x / y / x)", lambda x, y: (1 / y).sum()),
    ("sum(x / (y / x))", lambda x, y: (x * x / y).sum()),
    ("sum(x - y - x)", lambda x, y: -y.sum()),
    ("sum(x - (y - x))", lambda x, y: (2 * x - y).sum()),
    ("sum(x * y^2 / x)", lambda x, y: (y**2).sum()),
    ("sum(-x * y)", lambda x, y: -(x * y).sum()),
    ("sum(-x / -y)", lambda x, y: (x / y).sum()),
    ("sum(x where x + 1 > y * 2)", lambda x, y: x[x + 1 > y * 2].sum()),
    ("sum(x where x > 1 and y > 1)", lambda x, y: x[(x > 1) & (y > 1)].sum()),
    ("sum(x where x > 1 and y > 1 or x > y)", lambda x, y: x[((x > 1) & (y > 1)) | (x > y)].sum()),
    ("sum(x where x > y or x > 1 and y > 1)", lambda x, y: x[(x > y) | ((x > 1) & (y > 1))].sum()),
    ("sum(x where (x > y or x > 1) and y > 1)", lambda x, y: x[((x > y) | (x > 1)) & (y > 1)].sum()),
    ("sum(x where not x > 1 and y > 0.6)", lambda x, y: x[~(x > 1) & (y > 0.6)].sum()),
    ("sum(x where not (x > 1 and y > 0.6))", lambda x, y: x[~((x > 1) & (y > 0.6))].sum()),
    ("sum(x where not not x > 1)", lambda x, y: x[x > 1].sum()),
    ("sum(x + y where x > 1)", lambda x, y: (x + y)[x > 1].sum()),
    ("sum(x * 2 where x > 1 where y > 1)", lambda x, y: 2 * x[(x > 1) & (y > 1)].sum()),
    ("sum((x where x > 1) + y)", lambda x, y: (x + y)[x > 1].sum()),
    ("sum(-x where x > 1)", lambda x, y: -x[x > 1].sum()),
    ("sum(x where x == y or x >= y or x <= 1 and x != y)", lambda x, y: x[(x >= y) | (x <= 1)].sum()),
    ("sum(x'^2)", lambda x, y: (x**2).sum()),
    ("sum(x[batch=0]^2)", lambda x, y: x[0] ** 2),
    ("sum(-x[batch=1..][batch=0])", lambda x, y: -x[1]),
    ("1e-3 * sum(x) + 1.5e2 * sum(y) + .5 * sum(x) + 2. * sum(y)", lambda x, y: 0.501 * x.sum() + 152 * y.sum()),
])  # fmt: skip
def test_levels(loss: str, reference) -> None:  # type: ignore[no-untyped-def]
    check({"x": "real[batch]", "y": "real[batch]"}, loss, {"x": X, "y": Y}, reference)


def test_comparisons_do_not_chain() -> None:
    d = finding({"x": "real[batch]"}, "mean(x where 0 < x < 1)")
    assert d.code == "LD001" and d.help is not None and "and" in d.help


def test_keywords_are_no_names() -> None:
    assert (
        module(
            {"nothing": "real[batch]", "order": "real[batch]", "whereas": "real[batch]"},
            "mean(nothing + order + whereas)",
        )(nothing=X, order=X, whereas=X).loss
        == (3 * X).mean()
    )


def test_long_chain_of_where() -> None:
    m = torch.ones(5, dtype=torch.bool)
    check(
        {"x": "real[batch]", "m": "mask[batch]"},
        "mean(x" + " where m" * 150 + ")",
        {"x": X, "m": m},
        lambda x, m: x.mean(),
    )
