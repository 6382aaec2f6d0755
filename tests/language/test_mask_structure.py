"""Masks through contractions, selections, renames, nested reductions, branches and defaults."""

from __future__ import annotations

import torch

from tests.language.helpers import check, mask, randn

X = randn(4, 3, seed=1)
Y = randn(4, 3, seed=2)
M = mask([1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0])  # one row without a valid element
ROWS = torch.tensor([True, False, True, False])
XM = {"x": "real[batch, feature]", "m": "mask[batch, feature]"}
XR = {"x": "real[batch, feature]", "rows": "mask[batch]"}


def test_dot_leaves_out_products_with_an_invalid_factor() -> None:
    check(XM, "sum(dot[feature](x where m, x'))", {"x": X, "m": M}, lambda x, m: ((x * m) @ x.T).sum())
    check(
        {**XM, "y": "real[batch, feature]"},
        "mean(dot[feature](x where m, y)^2)",
        {"x": X, "y": Y, "m": M},
        lambda x, y, m: ((x * y * m).sum(1) ** 2).mean(),
        poison={"x": ~M, "y": ~M},
    )


def test_pairwise_dot_with_rows_masked_on_both_sides() -> None:
    bad = {"x": ~ROWS[:, None].expand(4, 3)}
    given = {"x": X, "rows": ROWS}
    check(
        XR,
        "mean(dot[feature](x, x') where rows and rows')",
        given,
        lambda x, rows: (x[rows] @ x[rows].T).mean(),
        poison=bad,
    )
    check(
        XR,
        "mean(mean[batch'](dot[feature](x, x') where rows') where rows)",
        given,
        lambda x, rows: (x[rows] @ x[rows].T).mean(),
        poison=bad,
    )
    check(
        XR,
        "mean(logsumexp[batch'](dot[feature](x, x') where rows and rows') where rows)",
        given,
        lambda x, rows: (x[rows] @ x[rows].T).logsumexp(1).mean(),
        poison=bad,
    )
    define = {"u": "x / norm[feature](x)", "s": "dot[feature](u, u') / 0.5"}
    unit = lambda x: x / x.norm(dim=1, keepdim=True)  # noqa: E731
    check(
        XR,
        "mean(softmax[batch'](s where rows') where rows and rows')",
        given,
        lambda x, rows: ((unit(x[rows]) @ unit(x[rows]).T) / 0.5).softmax(1).mean(),
        poison=bad,
        define=define,
    )


def test_mask_before_the_gram_matrix() -> None:
    bad = {"x": ~ROWS[:, None].expand(4, 3)}
    check(
        XR,
        "mean(exp(dot[feature](xm, xm')))",
        {"x": X, "rows": ROWS},
        lambda x, rows: (x[rows] @ x[rows].T).exp().mean(),
        poison=bad,
        define={"xm": "x where rows"},
    )


def test_unselected_branches_do_not_poison() -> None:
    check(
        {"x": "real[b, f]"},
        "mean(where(x > 0, log(x), x))",
        {"x": X},
        lambda x: (x[x > 0].log().sum() + x[x <= 0].sum()) / 12,
    )
    check(
        {"x": "real[b, f]"},
        "mean(where(x > 0, sqrt(x), exp(-1/x)))",
        {"x": X},
        lambda x: (x[x > 0].sqrt().sum() + (-1 / x[x <= 0]).exp().sum()) / 12,
    )
    check(XM, "mean(where(m, 1/x, 0))", {"x": X, "m": M}, lambda x, m: (1 / x[m]).sum() / 12, poison={"x": ~M})
    check(
        XM,
        "mean(where(m, x, where(x > 0, log(x), 2)))",
        {"x": X, "m": M},
        lambda x, m: (x[m].sum() + x[~m & (x > 0)].log().sum() + 2 * (~m & (x <= 0)).sum()) / 12,
    )
    check(
        XM,
        "mean(where(not m, 0, log(x)))",
        {"x": X.abs(), "m": M},
        lambda x, m: x[m].log().sum() / 12,
        poison={"x": ~M},
    )


def test_a_masked_branch_is_valid_where_it_is_selected() -> None:
    # `where` picks elements: an element is valid if the branch it comes from is.
    check(XM, "mean(where(m, x where m, 0))", {"x": X, "m": M}, lambda x, m: x[m].sum() / 12, poison={"x": ~M})


def test_slices_selects_and_renames_carry_their_masks() -> None:
    given = {"x": X, "m": M}
    for loss, ref in [
        ("mean(log(x^2)[batch=1..] where m[batch=1..])", lambda x, m: (x[1:] ** 2).log()[m[1:]].mean()),
        ("mean(xm[batch=1..] * 2)", lambda x, m: x[1:][m[1:]].mean() * 2),
        ("mean(xm[batch=2])", lambda x, m: x[2][m[2]].mean()),
        ("mean(xm[other, feature])", lambda x, m: x[m].mean()),
        ("mean((xm[batch=1..] - xm[batch=..-1])^2)", lambda x, m: (x[1:] - x[:-1])[m[1:] & m[:-1]].square().mean()),
        ("mean(xm[feature=0] * xm[feature=2])", lambda x, m: (x[:, 0] * x[:, 2])[m[:, 0] & m[:, 2]].mean()),
    ]:
        needed = "batch=1.." in loss or "xm[feature" in loss or "batch=2" in loss
        check(XM, loss, given, ref, poison={"x": ~M} if not needed or True else None, define={"xm": "x where m"})


def test_gather_from_a_masked_value() -> None:
    y = torch.tensor([1, 0, 2, 1])
    chosen = M[torch.arange(4), y]
    check(
        {**XM, "y": "index[batch] of feature"},
        "mean(xm[feature=y]^2)",
        {"x": X, "m": M, "y": y},
        lambda x, m, y: (x[torch.arange(4), y] ** 2)[chosen].mean(),
        poison={"x": ~M},
        define={"xm": "x where m"},
    )


def test_nested_reductions_with_nested_masks() -> None:
    x = randn(3, 4, 5, seed=11)
    m, n = randn(3, 4, 5, seed=12) > 0, mask([1, 0, 1, 1], [1, 1, 1, 1], [0, 0, 1, 1])
    check(
        {"x": "real[a, b, c]", "m": "mask[a, b, c]", "n": "mask[a, b]", "k": "mask[a]"},
        "mean(mean[b](logsumexp[c](x where m) where n) where k)",
        {"x": x, "m": m, "n": n, "k": mask([1, 0, 1])},
        lambda x, m, n, k: (
            sum(
                torch.stack([x[i, j][m[i, j]].logsumexp(0) for j in range(4) if n[i, j] and m[i, j].any()]).mean()
                for i in (0, 2)
            )
            / 2
        ),
        poison={"x": ~(m & n[:, :, None] & mask([1, 0, 1])[:, None, None])},
    )


def test_optional_inputs() -> None:
    inputs = {"x": "real[batch]", "weight": "real[batch] >= 0 fixed = 1", "old": "real[batch] fixed = sg(x)"}
    x, w = X[:, 0].contiguous(), Y[:, 0].abs()
    check(inputs, "mean(weight * exp(x - old))", {"x": x}, lambda x: (x - x.detach()).exp().mean())
    check(
        inputs,
        "mean(weight * exp(x - old))",
        {"x": x, "weight": w},
        lambda x, weight: (weight * (x - x.detach()).exp()).mean(),
        no_gradient=("weight",),
    )
    check(
        inputs,
        "mean(weight * exp(x - old))",
        {"x": x, "weight": w, "old": w},
        lambda x, weight, old: (weight * (x - old).exp()).mean(),
        no_gradient=("weight", "old"),
    )


def test_optional_mask() -> None:
    inputs = {"x": "real[batch, feature]", "m": "mask[batch] = true"}
    check(inputs, "mean(x where m)", {"x": X}, lambda x: x.mean())
    check(
        inputs,
        "mean(x where m)",
        {"x": X, "m": ROWS},
        lambda x, m: x[m].mean(),
        poison={"x": ~ROWS[:, None].expand(4, 3)},
    )


def test_masked_softmax_over_two_axes() -> None:
    x = randn(3, 4, 5, seed=13)
    m = randn(3, 4, 5, seed=14) > 0
    check(
        {"x": "real[a, b, c]", "m": "mask[a, b, c]"},
        "sum(softmax[b, c](x where m)^2 * (b + c))",
        {"x": x, "m": m},
        lambda x, m: (
            x.masked_fill(~m, float("-inf")).flatten(1).softmax(1).unflatten(1, (4, 5)) ** 2
            * (torch.arange(4)[:, None] + torch.arange(5))
        ).sum(),
        poison={"x": ~m},
    )


def test_entropy_over_valid_classes_only() -> None:
    keep = mask([1, 0, 1], [1, 1, 0], [1, 1, 1], [0, 1, 1])
    check(
        {"z": "logits[batch, class]", "m": "mask[batch, class]"},
        "entropy(z where m)",
        {"z": X, "m": keep},
        lambda z, m: torch.distributions.Categorical(logits=z.masked_fill(~m, -1e30)).entropy().mean(),
        poison={"z": ~keep},
    )
