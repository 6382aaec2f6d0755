"""Masks computed from the values that they mask, values masked by each other, masks of metrics."""

from __future__ import annotations

import pytest
import torch

from tests.language.helpers import check, differentiated, gradients, mask, module, randn, run, same

X = randn(4, 3, seed=1)
Y = randn(4, 3, seed=2)
M = mask([1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0])  # one row without a valid element
ROWS = torch.tensor([True, False, True, False])
XM = {"x": "real[batch, feature]", "m": "mask[batch, feature]"}
HOLE = mask([0, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 0])


@pytest.mark.parametrize(
    ("loss", "reference"),
    [
        ("mean(log(x) where x > 0)", lambda x: x[x > 0].log().mean()),
        ("mean(sqrt(x) * w where x > 0)", None),
        ("mean(1 / x where x != 0)", lambda x: (1 / x).mean()),
        ("mean(x^2 where x < 100)", lambda x: x.square().mean()),
        ("mean(exp(x) where x < 100)", lambda x: x.exp().mean()),
        ("mean(log(x) where exp(x) > 1)", lambda x: x[x > 0].log().mean()),
    ],
)
def test_mask_computed_from_the_masked_value(loss: str, reference) -> None:  # type: ignore[no-untyped-def]
    if reference is None:
        check(
            {"x": "real[batch, feature]", "w": "real[]"},
            loss,
            {"x": X, "w": randn(seed=4)},
            lambda x, w: (x[x > 0].sqrt() * w).mean(),
        )
    else:
        check({"x": "real[batch, feature]"}, loss, {"x": X}, reference)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
@pytest.mark.parametrize(
    ("loss", "reference"),
    [
        ("mean(x^2 where x < 100)", lambda x, w: (x**2).sum() / 11),
        ("mean(x * w where x < 100)", lambda x, w: (x * w).sum() / 11),
        ("mean(x * x * w where x < 100)", lambda x, w: (x * x * w).sum() / 11),
        ("mean(exp(x) where x < 100)", lambda x, w: (x.exp().sum() - 1) / 11),
        ("mean(sum[feature](x * w where x < 100))", lambda x, w: (x * w).sum() / 4),
        (
            "sum(softmax[feature](x where x < 100) * w * feature)",
            lambda x, w: (x.masked_fill(HOLE, float("-inf")).softmax(1) * w * torch.arange(3)).sum(),
        ),
        ("mean(ent(x) where ent(x) < 100)", lambda x, w: (-(x.softmax(1) * x.log_softmax(1)).sum(1))[[0, 2, 3]].mean()),
    ],
)
def test_what_a_mask_of_itself_leaves_out_is_harmless(loss: str, reference, bad: float) -> None:  # type: ignore[no-untyped-def]
    inputs = {"x": "real[batch, feature]", "w": "real[]"}
    poison = HOLE if "ent" not in loss else HOLE.any(1, keepdim=True).expand(4, 3)
    clean, w = X.masked_fill(HOLE, 0.0), randn(seed=4)
    copies, leaves = differentiated({"x": clean, "w": w})
    wanted = reference(**copies)
    expected = gradients(wanted, leaves)
    expected["x"] = expected["x"].masked_fill(poison, 0.0)
    out, found = run(
        module(inputs, loss, define={"ent(z)": "entropy(as_logits[feature](z))"}),
        {"x": clean.masked_fill(HOLE, bad), "w": w},
    )
    same(out.loss.detach(), wanted.detach(), "value", 1e-9)
    same(found["x"], expected["x"], "gradient of x", 1e-8)
    same(found["w"], expected["w"], "gradient of w", 1e-8)


def test_two_values_masked_by_each_other() -> None:
    x, y = X, Y
    check(
        {"x": "real[b, f]", "y": "real[b, f]"},
        "mean(log(x) where y > 0) + mean(log(y) where x > 0 and y > 0)",
        {"x": x.abs(), "y": y},
        lambda x, y: x[y > 0].log().mean() + y[(x > 0) & (y > 0)].log().mean(),
    )
    check(
        {"x": "real[b, f]", "y": "real[b, f]"},
        "mean(log(x) where y > 0 and x > 0) + mean(log(y) where x > 0 and y > 0)",
        {"x": x, "y": y},
        lambda x, y: x[(y > 0) & (x > 0)].log().mean() + y[(x > 0) & (y > 0)].log().mean(),
    )


def test_masks_in_metrics_do_not_disturb_the_loss() -> None:
    given = {"x": X, "w": randn(seed=3), "m": M}
    out = check(
        {**XM, "w": "real[]"},
        "mean(log(x^2) * w where m)",
        given,
        lambda x, w, m: ((x**2).log() * w)[m].mean(),
        poison={"x": ~M},
        metrics={"all": "mean(x)", "bad": "count(x != x)", "other": "mean(x where not m)", "big": "max(x)"},
    )
    torch.testing.assert_close(out.metrics["all"], X.mean())
    torch.testing.assert_close(out.metrics["other"], X[~M].mean())
    torch.testing.assert_close(out.metrics["big"], X.max())
    assert out.metrics["bad"] == 0 and not out.metrics["all"].requires_grad


def test_two_uses_with_different_masks() -> None:
    n = ~M
    check(
        {**XM, "n": "mask[batch, feature]"},
        "mean(log(x) where m) + mean(x^2 where n)",
        {"x": X.abs(), "m": M, "n": n & ROWS[:, None]},
        lambda x, m, n: x[m].log().mean() + (x[n] ** 2).mean(),
        poison={"x": ~(M | (n & ROWS[:, None]))},
    )
    check(
        XM,
        "mean(log(x) where m) + mean(x^2 where not m)",
        {"x": torch.where(M, X.abs(), X), "m": M},
        lambda x, m: x[m].log().mean() + (x[~m] ** 2).mean(),
    )
