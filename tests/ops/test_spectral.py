"""Functions of eigenvalues and singular values where these are equal or zero; matrices with invalid rows."""

from __future__ import annotations

import pytest
import torch

import lossdsl
from lossdsl import LossDSLError
from tests.ops.evaluate import evaluate

XLOGX = {"xlogx(t)": "xlogy(t, t)"}


def square(matrix: torch.Tensor) -> dict[str, tuple[str, torch.Tensor]]:
    return {"a": ("real[i, i']", matrix.double())}


def test_equal_eigenvalues_have_a_finite_and_right_gradient() -> None:
    _, gradients = evaluate("spectral_sum[i, i'](xlogx, a)", "", square(torch.eye(3) / 3), define=XLOGX)
    torch.testing.assert_close(
        gradients["a"], torch.eye(3).double() * (1 - torch.log(torch.tensor(3.0)).double())
    )
    _, gradients = evaluate("spectral_sum[i, i'](exp, a)", "", square(torch.zeros(3, 3)))
    torch.testing.assert_close(gradients["a"], torch.eye(3).double())


def test_spectral_sum_agrees_with_the_trace_of_a_matrix_function() -> None:
    torch.manual_seed(0)
    b = torch.randn(4, 4).double()
    b = b + b.T
    value, gradients = evaluate("spectral_sum[i, i'](exp, a)", "", square(b))
    torch.testing.assert_close(value, torch.linalg.matrix_exp(b).trace())
    torch.testing.assert_close(gradients["a"], torch.linalg.matrix_exp(b))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_entropy_of_a_rank_deficient_matrix_is_finite(dtype: torch.dtype) -> None:
    torch.manual_seed(1)
    z = torch.nn.functional.normalize(torch.randn(3, 16, dtype=dtype), dim=1).requires_grad_()
    spec = {"lossdsl": 1, "name": "entropy", "inputs": {"z": "real[n, d]"}, "define": XLOGX,
            "loss": "-spectral_sum[d, d'](xlogx, dot[n](z, z[n, d']) / size[n])"}  # fmt: skip
    loss = lossdsl.load(spec, compile=False)(z=z).loss
    loss.backward()
    gram = torch.linalg.eigvalsh((z @ z.T / 3).detach())
    assert loss.item() == pytest.approx(-(gram * gram.log()).sum().item(), rel=1e-4)
    assert torch.isfinite(z.grad).all()


def test_singular_values_take_the_first_axis() -> None:
    torch.manual_seed(2)
    data = torch.randn(3, 5).double()
    spec = {"lossdsl": 1, "name": "nuclear", "inputs": {"a": "real[i, j]"}, "loss": "{}"}
    for expression, expected in (
        ("mean(svdvals[i, j](a))", torch.linalg.svdvals(data).mean()),
        ("mean[j](svdvals[j, i](a))", torch.linalg.svdvals(data).mean()),
        ("sum[i](svdvals[i, j](a))", torch.linalg.svdvals(data).sum()),
        ("svdvals[i, j](a)[i=0]", torch.linalg.svdvals(data)[0]),
    ):
        loss = lossdsl.load({**spec, "loss": expression}, compile=False)
        torch.testing.assert_close(loss(a=data).loss, expected)
        loss = lossdsl.load({**spec, "loss": expression, "axes": {"i": 3, "j": 5}}, compile=False)
        torch.testing.assert_close(loss(a=data).loss, expected)
    value, _ = evaluate("svdvals[i, j](a)", "i", {"a": ("real[i, j]", data)}, axes={"i": 3, "j": 5})
    torch.testing.assert_close(value, torch.linalg.svdvals(data))


def test_nuclear_norm_has_a_subgradient_at_zero_and_at_equal_values() -> None:
    inputs = {"a": ("real[i, j]", torch.zeros(3, 3).double())}
    _, gradients = evaluate("sum[i](svdvals[i, j](a))", "", inputs)
    assert (gradients["a"] == 0).all()
    _, gradients = evaluate("sum[i](svdvals[i, j](a))", "", {"a": ("real[i, j]", 2 * torch.eye(3).double())})
    torch.testing.assert_close(gradients["a"], torch.eye(3).double())


def test_solve_contracts_the_second_axis() -> None:
    torch.manual_seed(3)
    inputs = square(torch.randn(4, 4) + 3 * torch.eye(4)) | {
        "b": ("real[i, column]", torch.randn(4, 2).double())
    }
    value, _ = evaluate("dot[i'](a, solve[i, i'](a, b)) - b", "i, column", inputs)
    torch.testing.assert_close(value, torch.zeros(4, 2).double())
    value, _ = evaluate("dot[i'](a, inv[i, i'](a)[i', i'']) - (i == i'')", "i, i''", inputs)
    torch.testing.assert_close(value, torch.zeros(4, 4).double())


def test_one_factorisation_serves_all_columns() -> None:
    torch.manual_seed(4)
    a, b = torch.randn(2, 3, 3).double() + 3 * torch.eye(3).double(), torch.randn(5, 3, 2).double()
    inputs = {"a": ("real[head, i, i']", a), "b": ("real[row, i, head]", b)}
    value, _ = evaluate("solve[i, i'](a, b)", "head, i', row", inputs)
    expected = torch.linalg.solve(a, b.permute(2, 1, 0))
    torch.testing.assert_close(value, expected)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("logdet(a)", "works on two axes"),
        ("logdet[i](a)", "works on two axes"),
        ("logdet[i, j](c)", "has length"),
        ("trace[i](a)", "works on two axes"),
        ("trace[i, z](a)", "no such axis"),
        ("solve[i, i'](a)", "takes 2 values"),
        ("solve[i, i'](a, a)", "has already"),
        ("inv[i, i'](a, lower=1)", "no argument `lower`"),
        ("spectral_sum[i, i'](1, a)", "name of a function"),
        ("spectral_sum[i, i'](nothing_like_it, a)", "no function `nothing_like_it`"),
        ("spectral_sum[i, i'](atan2, a)", "function of one number"),
        ("spectral_sum[i, i'](total, a)", "element by element"),
        ("one_hot[j](a)", "expects an index"),
        ("one_hot[j](y)", "no position along `j`"),
        ("one_hot[i](y)", "itself"),
        ("select(c, y)", "exactly one axis"),
    ],
)
def test_wrong_calls_are_explained(expression: str, message: str) -> None:
    inputs = {"a": "real[i, i']", "c": "real[i, j]", "y": "index[i] of i"}
    spec = {
        "lossdsl": 1,
        "name": "wrong",
        "inputs": inputs,
        "define": {"total(t)": "sum(t)"},
        "loss": expression,
    }
    with pytest.raises(LossDSLError, match=message):
        lossdsl.load(spec, compile=False)
