"""Masks: which elements take part, and that nothing in the others reaches a value or a gradient."""

from __future__ import annotations

import pytest
import torch

from tests.language.helpers import check, mask, randn

X = randn(4, 3, seed=1)
Y = randn(4, 3, seed=2)
M = mask([1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0])  # one row without a valid element
ROWS = torch.tensor([True, False, True, False])
XM = {"x": "real[batch, feature]", "m": "mask[batch, feature]"}
XR = {"x": "real[batch, feature]", "rows": "mask[batch]"}


@pytest.mark.parametrize(
    ("loss", "reference"),
    [
        ("sum(x where m)", lambda x, m: x[m].sum()),
        ("mean(x where m)", lambda x, m: x[m].mean()),
        ("max(x where m)", lambda x, m: x[m].max()),
        ("min(x where m)", lambda x, m: x[m].min()),
        ("prod(x where m)", lambda x, m: x[m].prod()),
        ("norm(x where m)", lambda x, m: x[m].norm()),
        ("logsumexp[batch, feature](x where m)", lambda x, m: x[m].logsumexp(0)),
        ("x^2 where m", lambda x, m: (x[m] ** 2).mean()),
        ("sum(mean[feature](x where m)^2)", lambda x, m: ((x * m).sum(1) / m.sum(1).clamp(min=1)).square().sum()),
        ("sum(mean[batch](x where m)^2)", lambda x, m: ((x * m).sum(0) / m.sum(0).clamp(min=1)).square().sum()),
        # A set without a valid element gives a valid 0 for the mean and an invalid element for the maximum.
        ("mean(mean[feature](x where m))", lambda x, m: ((x * m).sum(1) / m.sum(1).clamp(min=1)).sum() / 4),
        ("mean(max[feature](x where m))", lambda x, m: sum(x[i][m[i]].max() for i in (0, 2, 3)) / 3),
        ("mean(min[feature](x where m, empty=7))", lambda x, m: (sum(x[i][m[i]].min() for i in (0, 2, 3)) + 7) / 4),
        ("mean(logsumexp[feature](x where m))", lambda x, m: sum(x[i][m[i]].logsumexp(0) for i in (0, 2, 3)) / 3),
        (
            "mean(logsumexp[feature](x where m, empty=-1))",
            lambda x, m: (sum(x[i][m[i]].logsumexp(0) for i in (0, 2, 3)) - 1) / 4,
        ),
        ("mean(norm[feature](x where m))", lambda x, m: sum(x[i][m[i]].norm() for i in (0, 2, 3)) / 3),
        ("mean(prod[feature](x where m, empty=1))", lambda x, m: (sum(x[i][m[i]].prod() for i in (0, 2, 3)) + 1) / 4),
        ("sum(softmax[feature](x where m)^2)", lambda x, m: sum((x[i][m[i]].softmax(0) ** 2).sum() for i in (0, 2, 3))),
        (
            "mean(log_softmax[feature](x where m))",
            lambda x, m: torch.cat([x[i][m[i]].log_softmax(0) for i in (0, 2, 3)]).mean(),
        ),
        ("sum(softmax[batch, feature](x where m)^2)", lambda x, m: (x[m].softmax(0) ** 2).sum()),
        ("sum(cumsum[feature](x where m)^2 where m)", lambda x, m: (((x * m).cumsum(1) * m) ** 2).sum()),
        ("count(x where m) * sum(x where m)", lambda x, m: x[m].sum() * 6),
        ("mean(count[feature](x where m)) * sum(x where m)", lambda x, m: x[m].sum() * 6 / 4),
    ],
)
def test_masked_elements_take_no_part(loss: str, reference) -> None:  # type: ignore[no-untyped-def]
    check(XM, loss, {"x": X, "m": M}, reference, poison={"x": ~M})


def test_rows_stay_invalid_under_a_reduction_along_the_row() -> None:
    given = {"x": X, "rows": ROWS}
    bad = {"x": ~ROWS[:, None].expand(4, 3)}
    check(XR, "mean(sum[feature](x where rows))", given, lambda x, rows: x[rows].sum(1).mean(), poison=bad)
    check(XR, "mean(logsumexp[feature](x where rows))", given, lambda x, rows: x[rows].logsumexp(1).mean(), poison=bad)
    check(XR, "mean(norm[feature](x where rows))", given, lambda x, rows: x[rows].norm(dim=1).mean(), poison=bad)
    check(
        XR,
        "mean(max[feature](softmax[feature](x where rows)))",
        given,
        lambda x, rows: x[rows].softmax(1).amax(1).mean(),
        poison=bad,
    )
    check(XR, "sum(mean[batch](x where rows)^2)", given, lambda x, rows: x[rows].mean(0).square().sum(), poison=bad)


def test_two_masks_one_of_rows_one_of_elements() -> None:
    keep = M & ROWS[:, None]
    inputs = {**XM, "rows": "mask[batch]"}
    given = {"x": X, "m": M, "rows": ROWS}
    rows = lambda x, m: [x[i][m[i]] for i in (0, 2)]  # noqa: E731
    check(
        inputs,
        "mean(mean[feature](x where m where rows))",
        given,
        lambda x, m, rows=None: sum(r.mean() for r in [x[0][m[0]], x[2][m[2]]]) / 2,
        poison={"x": ~keep},
    )
    check(
        inputs,
        "mean(logsumexp[feature]((x where rows) where m))",
        given,
        lambda x, m, **_: sum(r.logsumexp(0) for r in rows(x, m)) / 2,
        poison={"x": ~keep},
    )
    check(
        inputs,
        "mean(mean[feature](x where m) where rows)",
        given,
        lambda x, m, **_: sum(r.mean() for r in rows(x, m)) / 2,
        poison={"x": ~keep},
    )


def test_mask_with_more_axes_than_the_value() -> None:
    x, m = X[:, 0].contiguous(), M
    inputs = {"x": "real[batch]", "m": "mask[batch, feature]"}
    used = m.any(1)
    check(
        inputs,
        "sum(mean[batch](x where m)^2)",
        {"x": x, "m": m},
        lambda x, m: ((x[:, None] * m).sum(0) / m.sum(0).clamp(min=1)).square().sum(),
        poison={"x": ~used},
    )
    check(
        inputs,
        "sum(logsumexp[batch](log(x^2) where m))",
        {"x": x, "m": m},
        lambda x, m: sum(((x**2).log()[m[:, j]]).logsumexp(0) for j in range(3)),
        poison={"x": ~used},
    )
    check(
        inputs, "mean(x where m)", {"x": x, "m": m}, lambda x, m: (x[:, None] * m).sum() / m.sum(), poison={"x": ~used}
    )


def test_empty_mask_gives_zero_value_and_gradient() -> None:
    none = torch.zeros(4, 3, dtype=torch.bool)
    everywhere = torch.ones(4, 3, dtype=torch.bool)
    zero = lambda x, m: x.sum() * 0  # noqa: E731
    for loss in (
        "x where m",
        "mean(log(x) where m)",
        "sum(x where m)",
        "max(x where m)",
        "logsumexp[batch, feature](x where m)",
        "sum(softmax[feature](x where m))",
        "mean(max[feature](x where m))",
        "norm(x where m)",
        "min(x where m, empty=0)",
        "mean(log_softmax[feature](x where m))",
        "mean(logsumexp[feature](x where m))",
        "prod(x where m)",
        "sum(x / sum[feature](x where m) where m)",
        "mean(1 / mean(x where m) where m)",
    ):
        out = check(XM, loss, {"x": X, "m": none}, zero, poison={"x": everywhere})
        assert all(torch.isfinite(v).all() for v in out.terms.values())
    assert check(XM, "x where m", {"x": X, "m": none}, zero).counts["x"] == 0


def test_empty_batch_gives_zero() -> None:
    for loss in (
        "x",
        "mean(x^2)",
        "sum(x)",
        "mean(logsumexp[feature](x))",
        "mean(softmax[feature](x))",
        "mean(max[feature](x))",
        "mean(dot[feature](x, x'))",
        "mean(mean[batch'](x[batch', feature]) - x)",
    ):
        check({"x": "real[batch, feature]"}, loss, {"x": torch.zeros(0, 3, dtype=torch.float64)}, lambda x: x.sum())
    check(
        {"z": "logits[batch, class]", "y": "index[batch] of class"},
        "ce(z, y) + entropy(z)",
        {"z": torch.zeros(0, 3, dtype=torch.float64), "y": torch.zeros(0, dtype=torch.long)},
        lambda z, y: z.sum(),
    )


def test_ignored_labels() -> None:
    y = torch.tensor([2, -100, 0, -100])
    inputs = {"z": "logits[batch, class]", "y": "index[batch] of class ignore -100"}
    ignored = (y == -100)[:, None].expand(4, 3)
    f = torch.nn.functional
    out = check(inputs, "ce(z, y)", {"z": X, "y": y}, lambda z, y: f.cross_entropy(z, y), poison={"z": ignored})
    assert out.counts["ce"] == 2
    check(
        inputs, "sum(z[class=y]^2)", {"z": X, "y": y}, lambda z, y: z[0, 2] ** 2 + z[2, 0] ** 2, poison={"z": ignored}
    )
    check(
        inputs,
        "mean(z where y == class)",
        {"z": X, "y": y},
        lambda z, y: (z[0, 2] + z[2, 0]) / 2,
        poison={"z": ignored},
    )
    check(
        inputs,
        "mean(sum[class](z * (y == class)))",
        {"z": X, "y": y},
        lambda z, y: (z[0, 2] + z[2, 0]) / 2,
        poison={"z": ignored},
    )
    none = torch.full((4,), -100)
    out = check(
        inputs, "ce(z, y)", {"z": X, "y": none}, lambda z, y: z.sum() * 0, poison={"z": torch.ones_like(ignored)}
    )
    assert out.counts["ce"] == 0


def test_ignored_rows_of_an_embedding() -> None:
    ids = torch.tensor([[1, -1, 0], [-1, -1, -1]])
    table = randn(3, 2, seed=5)
    check(
        {"t": "real[word, feature]", "ids": "index[batch, slot] of word ignore -1"},
        "mean(sum[feature](mean[slot](t[word=ids])^2))",
        {"t": table, "ids": ids},
        lambda t, ids: ((t[1] + t[0]) / 2).square().sum() / 2,
    )


def test_where_in_a_declaration() -> None:
    inputs = {
        "x": "real[batch, time] where pad",
        "pad": "mask[batch, time]",
        "adv": "real[batch, time] fixed where pad",
    }
    given = {"x": X, "adv": Y, "pad": M}
    check(
        inputs,
        "mean(log(x^2) * adv)",
        given,
        lambda x, adv, pad: ((x**2).log() * adv)[pad].mean(),
        poison={"x": ~M, "adv": ~M},
        no_gradient=("adv",),
    )
    check(
        inputs,
        "mean(mean[time](x * adv))",
        given,
        lambda x, adv, pad: (torch.where(pad, x * adv, 0.0).sum(1) / pad.sum(1).clamp(min=1)).mean(),
        poison={"x": ~M, "adv": ~M},
        no_gradient=("adv",),
    )


def test_masks_of_both_operands_are_joined() -> None:
    n = randn(4, 3, seed=9) > 0
    check(
        {"x": "real[b, f] where m", "y": "real[b, f] where n", "m": "mask[b, f]", "n": "mask[b, f]"},
        "mean(x / y)",
        {"x": X, "y": Y, "m": M, "n": n},
        lambda x, y, m, n: (x / y)[m & n].mean(),
        poison={"x": ~(M & n), "y": ~(M & n)},
    )
