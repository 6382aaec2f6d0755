"""Ties, stability and invalid elements in the ops that order; quantiles; projection on the simplex."""

from __future__ import annotations

import pytest
import torch

import lossdsl
from lossdsl import LossDSLError
from tests.ops.evaluate import evaluate

INF = torch.inf


def x(*values: float) -> tuple[str, torch.Tensor]:
    return "real[k]", torch.tensor(values, dtype=torch.float64)


def m(*values: int) -> tuple[str, torch.Tensor]:
    return "mask[k]", torch.tensor(values, dtype=torch.bool)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("argsort[k](x)", [1, 3, 0, 2, 4]),
        ("rank[k](x)", [2, 0, 3, 1, 4]),
        ("is_top[k](x, 2)", [1, 0, 0, 0, 1]),
        ("is_top[k](x, k=4)", [1, 1, 1, 0, 1]),
        ("is_top[k](x, 0)", [0, 0, 0, 0, 0]),
        ("is_top[k](x, 9)", [1, 1, 1, 1, 1]),
        ("flip[k](x)", [3, 1, 2, 1, 2]),
        ("argmax[k](x) + 0*k", [4] * 5),
        ("argmin[k](x) + 0*k", [1] * 5),
        ("x[k=argsort[k](x)] - sort[k](x)", [0] * 5),
        ("sort[k](x)[k=rank_]", [2, 1, 2, 1, 3]),
    ],
)
def test_ties_go_to_the_lowest_position(expression: str, expected: list[float]) -> None:
    inputs = {"x": x(2, 1, 2, 1, 3), "rank_": ("index[k] of k", torch.tensor([2, 0, 3, 1, 4]))}
    value, _ = evaluate(expression, "k", inputs)
    assert value.tolist() == expected


def test_sorting_by_another_value_is_stable() -> None:
    inputs = {"x": x(10, 20, 30, 40, 50), "y": x(1, 0, 1, 0, 1)}
    value, gradients = evaluate("sort[k](x, by=y) * k", "k", inputs)
    assert value.tolist() == [0, 40, 20, 90, 200]
    assert gradients["x"].tolist() == [2, 0, 3, 1, 4]
    assert gradients["y"].tolist() == [0] * 5


def test_equal_elements_keep_their_gradients_apart() -> None:
    _, gradients = evaluate("sort[k](x) * k", "k", {"x": x(7, 7, 5)})
    assert gradients["x"].tolist() == [1, 2, 0]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("sort[k](x where m)", [-INF, 2, INF, 0, 0]),
        ("rank[k](x where m)", [2, 0, 0, 1, 0]),
        ("is_top[k](x where m, 2)", [1, 0, 0, 1, 0]),
        ("argsort[k](x where m)", [1, 3, 0, 0, 0]),
    ],
)
def test_invalid_elements_come_after_valid_infinities(expression: str, expected: list[float]) -> None:
    inputs = {"x": x(INF, -INF, torch.nan, 2, INF), "m": m(1, 1, 0, 1, 0)}
    value, gradients = evaluate(expression, "k", inputs)
    assert value.tolist() == expected
    assert (gradients["x"][[2, 4]] == 0).all()


def test_validity_of_a_sorted_value_is_a_prefix() -> None:
    inputs = {"x": x(5, 4, 3, 2), "m": m(1, 0, 1, 0)}
    value, _ = evaluate("count[k](sort[k](x where m)) + 0*mean[k](x)", "", inputs)
    assert value.item() == 2
    value, _ = evaluate("mean[k](flip[k](x where m) * k)", "", inputs)
    assert value.item() == (3 * 1 + 5 * 3) / 2


def test_several_axes_are_one_axis_in_the_given_order() -> None:
    data = torch.tensor([[3.0, 1.0, 2.0], [0.0, 5.0, 4.0]], dtype=torch.float64)
    inputs = {"x": ("real[i, j]", data)}
    value, _ = evaluate("sort[i, j](x)", "i, j", inputs)
    assert value.tolist() == [[0, 1, 2], [3, 4, 5]]
    value, _ = evaluate("sort[j, i](x)", "i, j", inputs)
    assert value.tolist() == [[0, 2, 4], [1, 3, 5]]
    value, _ = evaluate("is_top[i, j](x, 2)", "i, j", inputs)
    assert value.tolist() == [[0, 0, 0], [0, 1, 1]]
    value, _ = evaluate("sort[i, j](x where j < 2)", "i, j", inputs)
    assert value.tolist() == [[0, 1, 3], [5, 0, 0]]


@pytest.mark.parametrize("q", [0.0, 0.1, 0.5, 0.77, 1.0])
def test_quantile_is_that_of_torch(q: float) -> None:
    torch.manual_seed(0)
    data = torch.randn(5, 7, dtype=torch.float64)
    held = torch.rand(5, 7) < 0.6
    value, gradients = evaluate(f"quantile[k](x, {q})", "batch", {"x": ("real[batch, k]", data)})
    reference = data.clone().requires_grad_()
    expected = torch.quantile(reference, q, dim=1)
    expected.sum().backward()
    torch.testing.assert_close(value, expected.detach())
    torch.testing.assert_close(gradients["x"], reference.grad)
    inputs = {"x": ("real[batch, k]", data), "m": ("mask[batch, k]", held)}
    value, _ = evaluate(f"quantile[k](x where m, {q})", "batch", inputs)
    expected = torch.stack([torch.quantile(r[h], q) for r, h in zip(data, held, strict=True)])
    torch.testing.assert_close(value, expected)


def test_quantile_at_a_parameter_and_over_no_element() -> None:
    inputs = {"x": x(4, 1, 2, 3, 0), "m": m(0, 0, 0, 0, 0)}
    assert evaluate("quantile[k](x, level)", "", inputs, params={"level": 0.5})[0].item() == 2
    assert evaluate("quantile[k](x where m, 0.5)", "", inputs)[0].item() == 0
    assert evaluate("quantile[k](x where m, 0.5, empty=7)", "", inputs)[0].item() == 7


def test_the_number_of_top_elements_is_an_integer_parameter() -> None:
    spec = {"lossdsl": 1, "name": "top", "inputs": {"x": "real[k]"}, "params": {"n": 1},
            "loss": "sum(x where is_top[k](x, n))"}  # fmt: skip
    loss = lossdsl.load(spec, compile=False)
    data = torch.tensor([3.0, 1.0, 2.0])
    assert loss(x=data).loss.item() == 3
    loss.params["n"] = 2
    assert loss(x=data).loss.item() == 5


def test_projection_on_the_simplex() -> None:
    value, gradients = evaluate("project_simplex[k](x) * k", "k", {"x": x(0.1, 0.2, 0.3, 0.4)})
    torch.testing.assert_close(value, torch.tensor([0, 0.2, 0.6, 1.2], dtype=torch.float64))
    torch.testing.assert_close(gradients["x"], torch.arange(4).double() - 1.5)
    value, gradients = evaluate("project_simplex[k](x)", "k", {"x": x(3, 5, -9, 5)})
    assert value.tolist() == [0, 0.5, 0, 0.5]
    assert gradients["x"].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("argsort[i, j](a)", "exactly one axis"),
        ("sort(a)", "needs its axis named"),
        ("sort[z](a)", "no such axis"),
        ("is_top[i](a)", "needs its argument `k`"),
        ("is_top[i](a, a)", "whole number that is known when the spec is loaded"),
        ("is_top[i](a, 1.5)", "whole number"),
        ("quantile[i](a)", "needs its argument `q`"),
        ("quantile[i](a, 2)", "between 0 and 1"),
        ("quantile[i](a, a)", "is a scalar"),
        ("rank[i](a, 1)", "takes one value"),
        ("sort[i](a, by=a, descending=1)", "no argument `descending`"),
        ("sort[i](a, by=sum(a))", "no such axis"),
    ],
)
def test_wrong_calls_are_explained(expression: str, message: str) -> None:
    spec = {"lossdsl": 1, "name": "wrong", "inputs": {"a": "real[i, j]"}, "loss": expression}
    with pytest.raises(LossDSLError, match=message):
        lossdsl.load(spec, compile=False)
