"""Laws of masks: chains and conjunctions, rows that stay masked, sums over nothing."""

import pytest
import torch

from tests.language.helpers import module, randn

X = randn(4, 3, seed=1)
ROWS = torch.tensor([True, False, True, True])
M = torch.tensor([[True, False, True], [True, True, True], [False, False, False], [True, True, False]])
INPUTS = {"x": "real[b, k]", "rows": "mask[b]", "m": "mask[b, k]", "cols": "mask[k]"}
COLS = torch.tensor([True, True, False])


def value(expression: str) -> torch.Tensor:
    used = {"x": X, "rows": ROWS, "m": M, "cols": COLS}
    return module(INPUTS, expression)(used).loss


@pytest.mark.parametrize(
    "inner", ["mean[k]({})", "sum[k]({})", "max[k]({})", "logsumexp[k]({})", "entropy(softmax[k]({}))"]
)
@pytest.mark.parametrize("masks", [("rows", "m"), ("rows", "cols"), ("m", "cols")])
def test_a_chain_is_a_conjunction(inner: str, masks: tuple[str, str]) -> None:
    a, b = masks
    chain = value(f"mean({inner.format(f'x where {a} where {b}')})")
    both = value(f"mean({inner.format(f'x where {a} and {b}')})")
    swapped = value(f"mean({inner.format(f'x where {b} and {a}')})")
    torch.testing.assert_close(chain, both, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(both, swapped, rtol=1e-12, atol=1e-12)


def test_masked_rows_leave_the_mean_and_empty_rows_count_0() -> None:
    rows = [X[i][M[i]].mean() if M[i].any() else X.new_zeros(()) for i in range(4)]
    torch.testing.assert_close(value("mean(mean[k](x where m))"), torch.stack(rows).mean())
    kept = torch.stack([r for r, keep in zip(rows, ROWS, strict=True) if keep])
    torch.testing.assert_close(value("mean(mean[k](x where m and rows))"), kept.mean())


def test_entropy_of_a_row_without_valid_classes_is_a_sum_over_nothing() -> None:
    def entropy(z: torch.Tensor) -> torch.Tensor:
        return -(z.softmax(-1) * z.log_softmax(-1)).sum() if z.numel() else X.new_zeros(())

    wanted = torch.stack([entropy(X[i][M[i]]) for i in range(4)]).mean()
    torch.testing.assert_close(value("mean(entropy(softmax[k](x where m)))"), wanted)


def test_valid_is_the_mask() -> None:
    torch.testing.assert_close(value("sum(valid(x where m and rows))"), (M & ROWS[:, None]).sum().to(X.dtype))
    torch.testing.assert_close(value("mean(1 * (k + 1) where valid(x where m))"), value("mean((k + 1) where m)"))
