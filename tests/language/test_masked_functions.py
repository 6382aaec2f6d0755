"""Every elementwise function of a masked value, with the mask outside and inside."""

from __future__ import annotations

import pytest
import torch

from tests.language.helpers import check, mask, randn

X = randn(4, 3, seed=1)
M = mask([1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0])  # one row without a valid element
XM = {"x": "real[batch, feature]", "m": "mask[batch, feature]"}


@pytest.mark.parametrize(
    "function",
    [
        "log(x)",
        "log1p(x)",
        "sqrt(x)",
        "1/x",
        "x/(x+1)",
        "exp(x)",
        "exp(100*x)",
        "expm1(x)",
        "x^2",
        "x^3",
        "x^-1",
        "x^0.5",
        "x^x",
        "recip(x)",
        "square(x)",
        "xlogy(x, x)",
        "log(log(x + 2))",
        "exp(exp(x))",
        "log(exp(x) - 0.5)",
        "sqrt(log(x + 1))",
        "tanh(x)",
        "sigmoid(x)",
        "softplus(x)",
        "relu(x)",
        "erf(x)",
        "lgamma(x)",
        "digamma(x + 1)",
        "sin(x)",
        "cos(x)",
        "acos(x / 10)",
        "atan2(x, x + 1)",
        "abs(x)",
        "clamp(x, 0, 1)",
        "max(x, 0.5)",
        "min(x, exp(x))",
        "log(sigmoid(x))",
        "exp(-x) / (1 + exp(-x))",
        "x * exp(x) - exp(x) * x^2",
        "where(x > 1, log(x), x)",
        "x / sum[feature](x where m)",
        "x - max[feature](x where m)",
        "exp(x - logsumexp[feature](x where m))",
    ],
)
def test_every_function_of_a_masked_value(function: str) -> None:
    x = X.abs() + 0.3
    e, t = torch.exp, torch
    safe = {
        "log": t.log,
        "log1p": t.log1p,
        "sqrt": t.sqrt,
        "exp": e,
        "expm1": t.expm1,
        "recip": t.reciprocal,
        "square": t.square,
        "xlogy": t.xlogy,
        "tanh": t.tanh,
        "sigmoid": t.sigmoid,
        "softplus": lambda v: t.log1p(v.exp()),
        "relu": t.relu,
        "erf": t.erf,
        "lgamma": t.lgamma,
        "digamma": t.digamma,
        "sin": t.sin,
        "cos": t.cos,
        "acos": t.acos,
        "atan2": t.atan2,
        "abs": t.abs,
        "clamp": lambda v, a, b: v.clamp(a, b),
        "max": lambda v, w: t.maximum(v, t.as_tensor(w, dtype=v.dtype)),
        "min": t.minimum,
        "where": t.where,
    }

    def reference(x, m):  # type: ignore[no-untyped-def]
        total, n = 0.0, 0
        for row, keep in zip(x, m, strict=True):
            if not keep.any():
                continue
            v = row[keep]
            text = function.replace("^", "**").replace("sum[feature](x where m)", "v.sum()")
            text = text.replace("logsumexp[feature](x where m)", "v.logsumexp(0)").replace(
                "max[feature](x where m)", "v.max()"
            )
            total, n = total + eval(text, {**safe, "x": v, "v": v}).sum(), n + int(keep.sum())  # noqa: S307
        return total / n

    assert torch.isfinite(reference(x, M))
    check(XM, f"mean({function} where m)", {"x": x, "m": M}, reference, poison={"x": ~M})
    # The same with the mask on the value, before the function sees it.
    masked = function.replace("x where m", "XM").replace("exp", "EXP").replace("max", "MAX").replace("xlogy", "XL")
    masked = masked.replace("x", "(x where m)").replace("EXP", "exp").replace("MAX", "max").replace("XL", "xlogy")
    check(XM, f"mean({masked.replace('XM', 'x where m')})", {"x": x, "m": M}, reference, poison={"x": ~M})
