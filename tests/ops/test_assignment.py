"""The optimal assignment against trying them all."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
import torch

import lossdsl
from tests.ops.evaluate import evaluate


def total(cost: np.ndarray, index: np.ndarray) -> float:
    return float(cost[np.arange(len(index)), index].sum())


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("size", [(1, 1), (3, 3), (5, 5), (2, 6), (4, 7)])
def test_it_is_the_cheapest_of_all(seed: int, size: tuple[int, int]) -> None:
    rng = np.random.default_rng(seed)
    # Whole numbers have many ties, and negative costs are costs.
    cost = rng.integers(-4, 5, size).astype(float) if seed % 2 else rng.normal(size=size) * 10.0**seed
    value, gradients = evaluate("assignment[i, j](c)", "i", {"c": ("real[i, j]", cost)})
    index = value.numpy().astype(int)
    assert len(set(index)) == len(index)
    best = min(total(cost, np.array(p)) for p in permutations(range(size[1]), size[0]))
    assert total(cost, index) == pytest.approx(best, rel=1e-12)
    assert (gradients["c"] == 0).all()


def test_batches_and_use_as_an_index() -> None:
    rng = np.random.default_rng(0)
    cost = torch.from_numpy(rng.normal(size=(3, 2, 4)))
    inputs = {
        "c": ("real[batch, i, j]", cost),
        "x": ("real[batch, j]", torch.from_numpy(rng.normal(size=(3, 4)))),
    }
    value, gradients = evaluate("x[j=assignment[i, j](c)]", "batch, i", inputs)
    for row in range(3):
        best = min(permutations(range(4), 2), key=lambda p: total(cost[row].numpy(), np.array(p)))
        assert value[row].tolist() == inputs["x"][1][row][list(best)].tolist()
    assert gradients["x"].sum() == 6


def test_forbidden_pairs_and_rows_without_a_partner() -> None:
    cost = torch.tensor([[1.0, 2.0, 0.0], [0.0, 9.0, torch.nan], [5.0, 5.0, 5.0]]).double()
    allowed = torch.tensor([[1, 1, 1], [1, 0, 0], [0, 0, 0]], dtype=torch.bool)
    inputs = {"c": ("real[i, j]", cost), "m": ("mask[i, j]", allowed)}
    value, _ = evaluate("assignment[i, j](c where m) + 10", "i", inputs)
    assert value.tolist() == [12, 10, 0]
    tall = {"c": ("real[i, j]", torch.tensor([[3.0], [1.0], [2.0]]).double())}
    value, _ = evaluate("assignment[i, j](c) + 10", "i", tall)
    assert value.tolist() == [0, 10, 0]


def test_it_is_one_graph_under_compilation() -> None:
    spec = {"lossdsl": 1, "name": "matched", "inputs": {"c": "real[i, j]", "x": "real[j]"},
            "loss": "sum(x[j=assignment[i, j](c)])"}  # fmt: skip
    cost, x = torch.randn(3, 5), torch.randn(5, requires_grad=True)
    plain = lossdsl.load(spec, compile=False)(c=cost, x=x).loss
    compiled = lossdsl.load(spec)(c=cost, x=x).loss
    torch.testing.assert_close(plain, compiled)
