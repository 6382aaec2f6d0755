"""Masks inside and across loops."""

from __future__ import annotations

import torch

from tests.language.helpers import check, randn

X = randn(3, 5, seed=1)
M = randn(3, 5, seed=2) > 0
ROWS = torch.tensor([True, False, True])


def discounted(r: torch.Tensor) -> torch.Tensor:
    total, seen = torch.zeros(len(r), dtype=r.dtype), []
    for t in range(r.shape[1]):
        total = 0.9 * total + r[:, t]
        seen.append(total)
    return torch.stack(seen, 1)


def test_masked_elements_inside_a_scan() -> None:
    define = {
        "returns(r)": {
            "scan": "time",
            "start": {"h": "0"},
            "step": {"h": "0.9*prev.h + where(m, log(r^2), 0)"},
            "give": "mean(h)",
        }
    }
    check(
        {"x": "real[batch, time]", "m": "mask[batch, time]"},
        "returns(x)",
        {"x": X, "m": M},
        lambda x, m: discounted(torch.where(m, (x**2).log(), 0.0)).mean(),
        poison={"x": ~M},
        define=define,
    )


def test_rows_masked_after_a_scan() -> None:
    define = {
        "returns(r)": {
            "scan": "time",
            "start": {"h": "0"},
            "step": {"h": "0.9*prev.h + r"},
            "give": "mean(h where rows)",
        }
    }
    check(
        {"x": "real[batch, time]", "rows": "mask[batch]"},
        "returns(x)",
        {"x": X, "rows": ROWS},
        lambda x, rows: discounted(x[rows]).mean(),
        poison={"x": ~ROWS[:, None].expand(3, 5)},
        define=define,
    )


def test_masked_rows_of_a_repeat() -> None:
    define = {
        "settle(c)": {"repeat": 3, "start": {"f": "0"}, "step": {"f": "logsumexp[time](c + f/2)"}, "give": "mean(f)"}
    }

    def reference(x, m):  # type: ignore[no-untyped-def]
        f = torch.zeros(3, dtype=x.dtype)
        for _ in range(3):
            f = (x.masked_fill(~m, float("-inf")) + f[:, None] / 2).logsumexp(1)
        return f[m.any(1)].mean()

    check(
        {"x": "real[batch, time]", "m": "mask[batch, time]"},
        "settle(x where m)",
        {"x": X, "m": M},
        reference,
        poison={"x": ~M},
        define=define,
    )


def test_a_mask_that_changes_from_step_to_step() -> None:
    define = {
        "above(c)": {"repeat": 3, "start": {"f": "0"}, "step": {"f": "mean[time](c where c > f)"}, "give": "mean(f)"}
    }

    def reference(x):  # type: ignore[no-untyped-def]
        f = torch.zeros(3, dtype=x.dtype)
        for _ in range(3):
            keep = x > f[:, None]
            f = (x * keep).sum(1) / keep.sum(1).clamp(min=1)
        return f.mean() + x[x > 0].mean()

    check({"x": "real[batch, time]"}, "above(x) + mean(x where x > 0)", {"x": X}, reference, define=define)
