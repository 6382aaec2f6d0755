"""The conventions at the edges: ties, kinks, zeros, one-sided bounds."""

from __future__ import annotations

import pytest
import torch

import lossdsl
from lossdsl import LossDSLError
from tests.ops.evaluate import evaluate


def x(*values: float) -> dict[str, tuple[str, torch.Tensor]]:
    return {"x": ("real[k]", torch.tensor(values, dtype=torch.float64))}


@pytest.mark.parametrize(
    ("expression", "axes", "values", "value", "gradient"),
    [
        ("max[k](x)", "", (1, 3, 3, 0), 3, [0, 0.5, 0.5, 0]),
        ("min[k](x)", "", (1, 0, 0, 0), 0, [0, 1 / 3, 1 / 3, 1 / 3]),
        ("norm[k](x)", "", (0, 0, 0), 0, [0, 0, 0]),
        ("norm[k](x)", "", (3, 0, 4), 5, [0.6, 0, 0.8]),
        ("prod[k](x)", "", (2, 0, 5), 0, [0, 10, 0]),
        ("prod[k](x)", "", (0, 0, 5), 0, [0, 0, 0]),
        ("prod[k](x where x != 0)", "", (2, 0, 5), 10, [5, 0, 2]),
        ("abs(x)", "k", (-2, 0, 2), [2, 0, 2], [-1, 0, 1]),
        ("relu(x)", "k", (-2, 0, 2), [0, 0, 2], [0, 0, 1]),
        ("sign(x)", "k", (-2, 0, 2), [-1, 0, 1], [0, 0, 0]),
        ("xlogy(x, x)", "k", (0, 1), [0, 0], [0, 1]),
        ("clamp(x, min=0)", "k", (-2, 0, 2), [0, 0, 2], [0, 1, 1]),
        ("clamp(x, max=1)", "k", (-2, 1, 2), [-2, 1, 1], [1, 1, 0]),
        ("clamp(x, max=1, min=-1)", "k", (-2, 0, 2), [-1, 0, 1], [0, 1, 0]),
        ("clamp(x, -1, 1)", "k", (-2, 0, 2), [-1, 0, 1], [0, 1, 0]),
        ("x ** 2", "k", (-2, 0, 2), [4, 0, 4], [-4, 0, 4]),
        ("x ^ 3", "k", (-2, 0, 2), [-8, 0, 8], [12, 0, 12]),
        ("2 ^ x", "k", (0, 1), [1, 2], [0.6931471805599453, 1.3862943611198906]),
        ("xor(x > 0, x > 1) * x", "k", (0.5, 2, -1), [0.5, 0, 0], [1, 0, 0]),
        ("min(x, 1, 0.5)", "k", (0, 0.75, 2), [0, 0.5, 0.5], [1, 0, 0]),
        ("where(x > 0, x, 3 * x)", "k", (-1, 2), [-3, 2], [3, 1]),
        ("softplus(x)", "k", (-800, 0, 800), [0, 0.6931471805599453, 800], [0, 0.5, 1]),
        ("logsumexp[k](x where x > 5, empty=1)", "", (1, 2), 1, [0, 0]),
        ("softmax[k](x where x > 5)", "k", (1, 2), [0, 0], [0, 0]),
        ("cumlogsumexp[k](x where x > 0)", "k", (-1, -2, 3), [0, 0, 3], [0, 0, 1]),
        ("cumsum[k](x where x > 0)", "k", (-1, 2, 3), [0, 2, 5], [0, 2, 1]),
    ],
)
def test_edge(
    expression: str, axes: str, values: tuple[float, ...], value: object, gradient: list[float]
) -> None:
    found, gradients = evaluate(expression, axes, x(*values))
    assert found.tolist() == pytest.approx(value)
    assert gradients["x"].tolist() == pytest.approx(gradient)


def test_softmax_over_two_axes_is_one() -> None:
    torch.manual_seed(0)
    data = torch.randn(3, 4).double()
    value, _ = evaluate("softmax[i, j](a)", "i, j", {"a": ("real[i, j]", data)})
    torch.testing.assert_close(value, torch.softmax(data.flatten(), 0).view(3, 4))
    value, _ = evaluate(
        "log_softmax[i, j](a) - (a - logsumexp[i, j](a))", "i, j", {"a": ("real[i, j]", data)}
    )
    torch.testing.assert_close(value, torch.zeros(3, 4).double())


def test_straight_through() -> None:
    value, gradients = evaluate("st(round(x), x ^ 2)", "k", x(1.2, 2.7))
    assert value.tolist() == [1, 3]
    torch.testing.assert_close(gradients["x"], torch.tensor([2.4, 5.4]).double())


@pytest.mark.parametrize("expression", ["clamp(x)", "clamp(x, low=0)", "xor(x, x)", "exp(x, x)", "exp[k](x)"])
def test_wrong_calls_are_explained(expression: str) -> None:
    spec = {"lossdsl": 1, "name": "wrong", "inputs": {"x": "real[k]"}, "loss": expression}
    with pytest.raises(LossDSLError) as found:
        lossdsl.load(spec, compile=False)
    assert found.value.diagnostics[0].code == "LD003"
