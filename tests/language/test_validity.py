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
        ("mean(logsumexp[feature](x where m, empty=-1))",
         lambda x, m: (sum(x[i][m[i]].logsumexp(0) for i in (0, 2, 3)) - 1) / 4),
        ("mean(norm[feature](x where m))", lambda x, m: sum(x[i][m[i]].norm() for i in (0, 2, 3)) / 3),
        ("mean(prod[feature](x where m, empty=1))", lambda x, m: (sum(x[i][m[i]].prod() for i in (0, 2, 3)) + 1) / 4),
        ("sum(softmax[feature](x where m)^2)", lambda x, m: sum((x[i][m[i]].softmax(0) ** 2).sum() for i in (0, 2, 3))),
        ("mean(log_softmax[feature](x where m))",
         lambda x, m: torch.cat([x[i][m[i]].log_softmax(0) for i in (0, 2, 3)]).mean()),
        ("sum(softmax[batch, feature](x where m)^2)", lambda x, m: (x[m].softmax(0) ** 2).sum()),
        ("sum(cumsum[feature](x where m)^2 where m)", lambda x, m: (((x * m).cumsum(1) * m) ** 2).sum()),
        ("count(x where m) * sum(x where m)", lambda x, m: x[m].sum() * 6),
        ("mean(count[feature](x where m)) * sum(x where m)", lambda x, m: x[m].sum() * 6 / 4),
    ],
)
def test_masked_elements_take_no_part(loss: str, reference) -> None:  # type: ignore[no-untyped-def]
    check(XM, loss, {"x": X, "m": M}, reference, poison={"x": ~M})


@pytest.mark.parametrize("function", [
    "log(x)", "log1p(x)", "sqrt(x)", "1/x", "x/(x+1)", "exp(x)", "exp(100*x)", "expm1(x)", "x^2", "x^3", "x^-1", "x^0.5", "x^x",
    "recip(x)", "square(x)", "xlogy(x, x)", "log(log(x + 2))", "exp(exp(x))", "log(exp(x) - 0.5)", "sqrt(log(x + 1))",
    "tanh(x)", "sigmoid(x)", "softplus(x)", "relu(x)", "erf(x)", "lgamma(x)", "digamma(x + 1)", "sin(x)", "cos(x)",
    "acos(x / 10)", "atan2(x, x + 1)", "abs(x)", "clamp(x, 0, 1)", "max(x, 0.5)", "min(x, exp(x))", "log(sigmoid(x))",
    "exp(-x) / (1 + exp(-x))", "x * exp(x) - exp(x) * x^2", "where(x > 1, log(x), x)", "x / sum[feature](x where m)",
    "x - max[feature](x where m)", "exp(x - logsumexp[feature](x where m))",
])  # fmt: skip
def test_every_function_of_a_masked_value(function: str) -> None:
    from math import isfinite

    x = X.abs() + 0.3
    e, t = torch.exp, torch
    safe = {
        "log": t.log, "log1p": t.log1p, "sqrt": t.sqrt, "exp": e, "expm1": t.expm1, "recip": t.reciprocal, "square": t.square,
        "xlogy": t.xlogy, "tanh": t.tanh, "sigmoid": t.sigmoid, "softplus": lambda v: t.log1p(v.exp()), "relu": t.relu,
        "erf": t.erf, "lgamma": t.lgamma, "digamma": t.digamma, "sin": t.sin, "cos": t.cos, "acos": t.acos,
        "atan2": t.atan2, "abs": t.abs, "clamp": lambda v, a, b: v.clamp(a, b),
        "max": lambda v, w: t.maximum(v, t.as_tensor(w, dtype=v.dtype)), "min": t.minimum, "where": t.where,
    }  # fmt: skip

    def reference(x, m):  # type: ignore[no-untyped-def]
        total, n = 0.0, 0
        for row, keep in zip(x, m, strict=True):
            if not keep.any():
                continue
            v = row[keep]
            text = function.replace("^", "**").replace("sum[feature](x where m)", "v.sum()")
            text = text.replace("logsumexp[feature](x where m)", "v.logsumexp(0)").replace("max[feature](x where m)", "v.max()")
            total, n = total + eval(text, {**safe, "x": v, "v": v}).sum(), n + int(keep.sum())  # noqa: S307
        return total / n

    assert isfinite(float(reference(x.double(), M)))
    check(XM, f"mean({function} where m)", {"x": x, "m": M}, reference, poison={"x": ~M})
    # The same with the mask on the value, before the function sees it.
    masked = function.replace("x where m", "XM").replace("exp", "EXP").replace("max", "MAX").replace("xlogy", "XL")
    masked = masked.replace("x", "(x where m)").replace("EXP", "exp").replace("MAX", "max").replace("XL", "xlogy")
    check(XM, f"mean({masked.replace('XM', 'x where m')})", {"x": x, "m": M}, reference, poison={"x": ~M})


def test_rows_stay_invalid_under_a_reduction_along_the_row() -> None:
    given = {"x": X, "rows": ROWS}
    bad = {"x": ~ROWS[:, None].expand(4, 3)}
    check(XR, "mean(sum[feature](x where rows))", given, lambda x, rows: x[rows].sum(1).mean(), poison=bad)
    check(XR, "mean(logsumexp[feature](x where rows))", given, lambda x, rows: x[rows].logsumexp(1).mean(), poison=bad)
    check(XR, "mean(norm[feature](x where rows))", given, lambda x, rows: x[rows].norm(dim=1).mean(), poison=bad)
    check(XR, "mean(max[feature](softmax[feature](x where rows)))", given,
          lambda x, rows: x[rows].softmax(1).amax(1).mean(), poison=bad)
    check(XR, "sum(mean[batch](x where rows)^2)", given, lambda x, rows: x[rows].mean(0).square().sum(), poison=bad)


def test_two_masks_one_of_rows_one_of_elements() -> None:
    keep = M & ROWS[:, None]
    inputs = {**XM, "rows": "mask[batch]"}
    given = {"x": X, "m": M, "rows": ROWS}
    rows = lambda x, m: [x[i][m[i]] for i in (0, 2)]  # noqa: E731
    check(inputs, "mean(mean[feature](x where m where rows))", given,
          lambda x, m, rows=None: sum(r.mean() for r in [x[0][m[0]], x[2][m[2]]]) / 2, poison={"x": ~keep})
    check(inputs, "mean(logsumexp[feature]((x where rows) where m))", given,
          lambda x, m, **_: sum(r.logsumexp(0) for r in rows(x, m)) / 2, poison={"x": ~keep})
    check(inputs, "mean(mean[feature](x where m) where rows)", given,
          lambda x, m, **_: sum(r.mean() for r in rows(x, m)) / 2, poison={"x": ~keep})


def test_mask_with_more_axes_than_the_value() -> None:
    x, m = X[:, 0].contiguous(), M
    inputs = {"x": "real[batch]", "m": "mask[batch, feature]"}
    used = m.any(1)
    check(inputs, "sum(mean[batch](x where m)^2)", {"x": x, "m": m},
          lambda x, m: ((x[:, None] * m).sum(0) / m.sum(0).clamp(min=1)).square().sum(), poison={"x": ~used})
    check(inputs, "sum(logsumexp[batch](log(x^2) where m))", {"x": x, "m": m},
          lambda x, m: sum(((x**2).log()[m[:, j]]).logsumexp(0) for j in range(3)), poison={"x": ~used})
    check(inputs, "mean(x where m)", {"x": x, "m": m}, lambda x, m: (x[:, None] * m).sum() / m.sum(), poison={"x": ~used})


def test_empty_mask_gives_zero_value_and_gradient() -> None:
    none = torch.zeros(4, 3, dtype=torch.bool)
    everywhere = torch.ones(4, 3, dtype=torch.bool)
    zero = lambda x, m: x.sum() * 0  # noqa: E731
    for loss in ("x where m", "mean(log(x) where m)", "sum(x where m)", "max(x where m)", "logsumexp[batch, feature](x where m)",
                 "sum(softmax[feature](x where m))", "mean(max[feature](x where m))", "norm(x where m)", "min(x where m, empty=0)",
                 "mean(log_softmax[feature](x where m))", "mean(logsumexp[feature](x where m))", "prod(x where m)",
                 "sum(x / sum[feature](x where m) where m)", "mean(1 / mean(x where m) where m)"):  # fmt: skip
        out = check(XM, loss, {"x": X, "m": none}, zero, poison={"x": everywhere})
        assert all(torch.isfinite(v).all() for v in out.terms.values())
    assert check(XM, "x where m", {"x": X, "m": none}, zero).counts["x"] == 0


def test_empty_batch_gives_zero() -> None:
    for loss in ("x", "mean(x^2)", "sum(x)", "mean(logsumexp[feature](x))", "mean(softmax[feature](x))", "mean(max[feature](x))",
                 "mean(dot[feature](x, x'))", "mean(mean[batch'](x[batch', feature]) - x)"):  # fmt: skip
        check({"x": "real[batch, feature]"}, loss, {"x": torch.zeros(0, 3, dtype=torch.float64)}, lambda x: x.sum())
    check({"z": "logits[batch, class]", "y": "index[batch] of class"}, "ce(z, y) + entropy(z)",
          {"z": torch.zeros(0, 3, dtype=torch.float64), "y": torch.zeros(0, dtype=torch.long)}, lambda z, y: z.sum())


def test_ignored_labels() -> None:
    y = torch.tensor([2, -100, 0, -100])
    inputs = {"z": "logits[batch, class]", "y": "index[batch] of class ignore -100"}
    ignored = (y == -100)[:, None].expand(4, 3)
    f = torch.nn.functional
    out = check(inputs, "ce(z, y)", {"z": X, "y": y}, lambda z, y: f.cross_entropy(z, y), poison={"z": ignored})
    assert out.counts["ce"] == 2
    check(inputs, "sum(z[class=y]^2)", {"z": X, "y": y}, lambda z, y: z[0, 2] ** 2 + z[2, 0] ** 2, poison={"z": ignored})
    check(inputs, "mean(z where y == class)", {"z": X, "y": y}, lambda z, y: (z[0, 2] + z[2, 0]) / 2, poison={"z": ignored})
    check(inputs, "mean(sum[class](z * (y == class)))", {"z": X, "y": y}, lambda z, y: (z[0, 2] + z[2, 0]) / 2,
          poison={"z": ignored})
    none = torch.full((4,), -100)
    out = check(inputs, "ce(z, y)", {"z": X, "y": none}, lambda z, y: z.sum() * 0, poison={"z": torch.ones_like(ignored)})
    assert out.counts["ce"] == 0


def test_ignored_rows_of_an_embedding() -> None:
    ids = torch.tensor([[1, -1, 0], [-1, -1, -1]])
    table = randn(3, 2, seed=5)
    check({"t": "real[word, feature]", "ids": "index[batch, slot] of word ignore -1"},
          "mean(sum[feature](mean[slot](t[word=ids])^2))", {"t": table, "ids": ids},
          lambda t, ids: ((t[1] + t[0]) / 2).square().sum() / 2)


def test_where_in_a_declaration() -> None:
    inputs = {"x": "real[batch, time] where pad", "pad": "mask[batch, time]", "adv": "real[batch, time] fixed where pad"}
    given = {"x": X, "adv": Y, "pad": M}
    check(inputs, "mean(log(x^2) * adv)", given, lambda x, adv, pad: ((x**2).log() * adv)[pad].mean(),
          poison={"x": ~M, "adv": ~M}, no_gradient=("adv",))
    check(inputs, "mean(mean[time](x * adv))", given,
          lambda x, adv, pad: (torch.where(pad, x * adv, 0.0).sum(1) / pad.sum(1).clamp(min=1)).mean(),
          poison={"x": ~M, "adv": ~M}, no_gradient=("adv",))


def test_masks_of_both_operands_are_joined() -> None:
    n = randn(4, 3, seed=9) > 0
    check({"x": "real[b, f] where m", "y": "real[b, f] where n", "m": "mask[b, f]", "n": "mask[b, f]"}, "mean(x / y)",
          {"x": X, "y": Y, "m": M, "n": n}, lambda x, y, m, n: (x / y)[m & n].mean(), poison={"x": ~(M & n), "y": ~(M & n)})


def test_dot_leaves_out_products_with_an_invalid_factor() -> None:
    check(XM, "sum(dot[feature](x where m, x'))", {"x": X, "m": M}, lambda x, m: ((x * m) @ x.T).sum())
    check({**XM, "y": "real[batch, feature]"}, "mean(dot[feature](x where m, y)^2)", {"x": X, "y": Y, "m": M},
          lambda x, y, m: ((x * y * m).sum(1) ** 2).mean(), poison={"x": ~M, "y": ~M})


def test_pairwise_dot_with_rows_masked_on_both_sides() -> None:
    bad = {"x": ~ROWS[:, None].expand(4, 3)}
    given = {"x": X, "rows": ROWS}
    check(XR, "mean(dot[feature](x, x') where rows and rows')", given, lambda x, rows: (x[rows] @ x[rows].T).mean(), poison=bad)
    check(XR, "mean(mean[batch'](dot[feature](x, x') where rows') where rows)", given,
          lambda x, rows: (x[rows] @ x[rows].T).mean(), poison=bad)
    check(XR, "mean(logsumexp[batch'](dot[feature](x, x') where rows and rows') where rows)", given,
          lambda x, rows: (x[rows] @ x[rows].T).logsumexp(1).mean(), poison=bad)
    define = {"u": "x / norm[feature](x)", "s": "dot[feature](u, u') / 0.5"}
    unit = lambda x: x / x.norm(dim=1, keepdim=True)  # noqa: E731
    check(XR, "mean(softmax[batch'](s where rows') where rows and rows')", given,
          lambda x, rows: ((unit(x[rows]) @ unit(x[rows]).T) / 0.5).softmax(1).mean(), poison=bad, define=define)


def test_mask_before_the_gram_matrix() -> None:
    bad = {"x": ~ROWS[:, None].expand(4, 3)}
    check(XR, "mean(exp(dot[feature](xm, xm')))", {"x": X, "rows": ROWS}, lambda x, rows: (x[rows] @ x[rows].T).exp().mean(),
          poison=bad, define={"xm": "x where rows"})


@pytest.mark.parametrize(("loss", "reference"), [
    ("mean(log(x) where x > 0)", lambda x: x[x > 0].log().mean()),
    ("mean(sqrt(x) * w where x > 0)", None),
    ("mean(1 / x where x != 0)", lambda x: (1 / x).mean()),
    ("mean(x^2 where x < 100)", lambda x: x.square().mean()),
    ("mean(exp(x) where x < 100)", lambda x: x.exp().mean()),
    ("mean(log(x) where exp(x) > 1)", lambda x: x[x > 0].log().mean()),
])  # fmt: skip
def test_mask_computed_from_the_masked_value(loss: str, reference) -> None:  # type: ignore[no-untyped-def]
    if reference is None:
        check({"x": "real[batch, feature]", "w": "real[]"}, loss, {"x": X, "w": randn(seed=4)},
              lambda x, w: (x[x > 0].sqrt() * w).mean())
    else:
        check({"x": "real[batch, feature]"}, loss, {"x": X}, reference)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 1e200])
@pytest.mark.parametrize(("loss", "reference"), [
    ("mean(x^2 where x < 100)", lambda x, w: (x**2).sum() / 11),
    ("mean(x * w where x < 100)", lambda x, w: (x * w).sum() / 11),
    ("mean(x * x * w where x < 100)", lambda x, w: (x * x * w).sum() / 11),
    ("mean(exp(x) where x < 100)", lambda x, w: (x.exp().sum() - 1) / 11),
    ("mean(sum[feature](x * w where x < 100))", lambda x, w: (x * w).sum() / 4),
    ("sum(softmax[feature](x where x < 100) * w * feature)",
     lambda x, w: (x.masked_fill(HOLE, float("-inf")).softmax(1) * w * torch.arange(3)).sum()),
    ("mean(ent(x) where ent(x) < 100)",
     lambda x, w: (-(x.softmax(1) * x.log_softmax(1)).sum(1))[[0, 2, 3]].mean()),
])  # fmt: skip
def test_what_a_mask_of_itself_leaves_out_is_harmless(loss: str, reference, bad: float) -> None:  # type: ignore[no-untyped-def]
    if "ent" in loss and bad == 1e200:
        pytest.skip("a finite logit is valid data: the entropy of its row is 0")
    inputs = {"x": "real[batch, feature]", "w": "real[]"}
    poison = HOLE if "ent" not in loss else HOLE.any(1, keepdim=True).expand(4, 3)
    from tests.language.helpers import differentiated, gradients, module, run, same

    clean, w = X.masked_fill(HOLE, 0.0), randn(seed=4)
    copies, leaves = differentiated({"x": clean, "w": w})
    wanted = reference(**copies)
    expected = gradients(wanted, leaves)
    expected["x"] = expected["x"].masked_fill(poison, 0.0)
    out, found = run(module(inputs, loss, define={"ent(z)": "entropy(as_logits[feature](z))"}),
                     {"x": clean.masked_fill(HOLE, bad), "w": w})
    same(out.loss.detach(), wanted.detach(), "value", 1e-9)
    same(found["x"], expected["x"], "gradient of x", 1e-8)
    same(found["w"], expected["w"], "gradient of w", 1e-8)


HOLE = mask([0, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 0])


def test_two_values_masked_by_each_other() -> None:
    x, y = X, Y
    check({"x": "real[b, f]", "y": "real[b, f]"}, "mean(log(x) where y > 0) + mean(log(y) where x > 0 and y > 0)", {"x": x.abs(), "y": y},
          lambda x, y: x[y > 0].log().mean() + y[(x > 0) & (y > 0)].log().mean())
    check({"x": "real[b, f]", "y": "real[b, f]"}, "mean(log(x) where y > 0 and x > 0) + mean(log(y) where x > 0 and y > 0)",
          {"x": x, "y": y}, lambda x, y: x[(y > 0) & (x > 0)].log().mean() + y[(x > 0) & (y > 0)].log().mean())


def test_masks_in_metrics_do_not_disturb_the_loss() -> None:
    given = {"x": X, "w": randn(seed=3), "m": M}
    out = check({**XM, "w": "real[]"}, "mean(log(x^2) * w where m)", given, lambda x, w, m: ((x**2).log() * w)[m].mean(),
                poison={"x": ~M}, metrics={"all": "mean(x)", "bad": "count(x != x)", "other": "mean(x where not m)", "big": "max(x)"})
    torch.testing.assert_close(out.metrics["all"], X.mean())
    torch.testing.assert_close(out.metrics["other"], X[~M].mean())
    torch.testing.assert_close(out.metrics["big"], X.max())
    assert out.metrics["bad"] == 0 and not out.metrics["all"].requires_grad


def test_two_uses_with_different_masks() -> None:
    n = ~M
    check({**XM, "n": "mask[batch, feature]"}, "mean(log(x) where m) + mean(x^2 where n)",
          {"x": X.abs(), "m": M, "n": n & ROWS[:, None]},
          lambda x, m, n: x[m].log().mean() + (x[n] ** 2).mean(), poison={"x": ~(M | (n & ROWS[:, None]))})
    check(XM, "mean(log(x) where m) + mean(x^2 where not m)", {"x": torch.where(M, X.abs(), X), "m": M},
          lambda x, m: x[m].log().mean() + (x[~m] ** 2).mean())


def test_unselected_branches_do_not_poison() -> None:
    check({"x": "real[b, f]"}, "mean(where(x > 0, log(x), x))", {"x": X},
          lambda x: (x[x > 0].log().sum() + x[x <= 0].sum()) / 12)
    check({"x": "real[b, f]"}, "mean(where(x > 0, sqrt(x), exp(-1/x)))", {"x": X},
          lambda x: (x[x > 0].sqrt().sum() + (-1 / x[x <= 0]).exp().sum()) / 12)
    check(XM, "mean(where(m, 1/x, 0))", {"x": X, "m": M}, lambda x, m: (1 / x[m]).sum() / 12, poison={"x": ~M})
    check(XM, "mean(where(m, x, where(x > 0, log(x), 2)))", {"x": X, "m": M},
          lambda x, m: (x[m].sum() + x[~m & (x > 0)].log().sum() + 2 * (~m & (x <= 0)).sum()) / 12)
    check(XM, "mean(where(not m, 0, log(x)))", {"x": X.abs(), "m": M}, lambda x, m: x[m].log().sum() / 12, poison={"x": ~M})


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
    ]:  # fmt: skip
        needed = "batch=1.." in loss or "xm[feature" in loss or "batch=2" in loss
        check(XM, loss, given, ref, poison={"x": ~M} if not needed or True else None, define={"xm": "x where m"})


def test_gather_from_a_masked_value() -> None:
    y = torch.tensor([1, 0, 2, 1])
    chosen = M[torch.arange(4), y]
    check({**XM, "y": "index[batch] of feature"}, "mean(xm[feature=y]^2)", {"x": X, "m": M, "y": y},
          lambda x, m, y: (x[torch.arange(4), y] ** 2)[chosen].mean(), poison={"x": ~M}, define={"xm": "x where m"})


def test_nested_reductions_with_nested_masks() -> None:
    x = randn(3, 4, 5, seed=11)
    m, n = randn(3, 4, 5, seed=12) > 0, mask([1, 0, 1, 1], [1, 1, 1, 1], [0, 0, 1, 1])
    check({"x": "real[a, b, c]", "m": "mask[a, b, c]", "n": "mask[a, b]", "k": "mask[a]"},
          "mean(mean[b](logsumexp[c](x where m) where n) where k)",
          {"x": x, "m": m, "n": n, "k": mask([1, 0, 1])},
          lambda x, m, n, k: sum(
              torch.stack([x[i, j][m[i, j]].logsumexp(0) for j in range(4) if n[i, j] and m[i, j].any()]).mean() for i in (0, 2)
          ) / 2,
          poison={"x": ~(m & n[:, :, None] & mask([1, 0, 1])[:, None, None])})


def test_optional_inputs() -> None:
    inputs = {"x": "real[batch]", "weight": "real[batch] >= 0 fixed = 1", "old": "real[batch] fixed = sg(x)"}
    x, w = X[:, 0].contiguous(), Y[:, 0].abs()
    check(inputs, "mean(weight * exp(x - old))", {"x": x}, lambda x: (x - x.detach()).exp().mean())
    check(inputs, "mean(weight * exp(x - old))", {"x": x, "weight": w}, lambda x, weight: (weight * (x - x.detach()).exp()).mean(),
          no_gradient=("weight",))
    check(inputs, "mean(weight * exp(x - old))", {"x": x, "weight": w, "old": w},
          lambda x, weight, old: (weight * (x - old).exp()).mean(), no_gradient=("weight", "old"))


def test_optional_mask() -> None:
    inputs = {"x": "real[batch, feature]", "m": "mask[batch] = true"}
    check(inputs, "mean(x where m)", {"x": X}, lambda x: x.mean())
    check(inputs, "mean(x where m)", {"x": X, "m": ROWS}, lambda x, m: x[m].mean(), poison={"x": ~ROWS[:, None].expand(4, 3)})


def test_masked_softmax_over_two_axes() -> None:
    x = randn(3, 4, 5, seed=13)
    m = randn(3, 4, 5, seed=14) > 0
    check({"x": "real[a, b, c]", "m": "mask[a, b, c]"}, "sum(softmax[b, c](x where m)^2 * (b + c))", {"x": x, "m": m},
          lambda x, m: (x.masked_fill(~m, float("-inf")).flatten(1).softmax(1).unflatten(1, (4, 5)) ** 2
                        * (torch.arange(4)[:, None] + torch.arange(5))).sum(), poison={"x": ~m})


def test_entropy_over_valid_classes_only() -> None:
    keep = mask([1, 0, 1], [1, 1, 0], [1, 1, 1], [0, 1, 1])
    check({"z": "logits[batch, class]", "m": "mask[batch, class]"}, "entropy(z where m)", {"z": X, "m": keep},
          lambda z, m: torch.distributions.Categorical(logits=z.masked_fill(~m, -1e30)).entropy().mean(), poison={"z": ~keep})
