"""Runs one expression through the whole compiler and compares value and gradient with a reference.

The loss is `sum(weight * (expression))`, so the gradient of `weight` is the value of the expression, element
by element, with 0 where it is invalid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch

import lossdsl

Arrays = Mapping[str, np.ndarray]
STEP = 1e-5


@dataclass
class Case:
    """An expression, its inputs, and what it means; `invalid` says which elements of an input do not count."""

    expression: str
    declarations: Mapping[str, str]
    arrays: Arrays
    axes: str  # of the result
    reference: Callable[[Arrays], np.ndarray]  # 0 where the result is invalid
    invalid: Arrays = field(default_factory=dict)
    differentiable: bool = True
    sizes: Mapping[str, int] = field(default_factory=dict)  # facts about axes

    def module(self) -> lossdsl.runtime.module.LossModule:
        return lossdsl.load(
            {
                "lossdsl": 1,
                "name": "generic",
                "inputs": {**self.declarations, "weight": f"real[{self.axes}]"},
                "axes": dict(self.sizes),
                "loss": f"sum(weight * ({self.expression}))",
            },
            compile=False,
        )

    def run(
        self, arrays: Arrays, weight: np.ndarray, dtype: torch.dtype
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The loss and the gradient of every floating point input, `weight` among them."""
        tensors = {}
        for name, array in {**arrays, "weight": weight}.items():
            tensor = torch.from_numpy(np.array(array))
            floating = tensor.is_floating_point()
            tensors[name] = tensor.to(dtype).requires_grad_() if floating else tensor
        loss = self.module()(tensors).loss
        if loss.requires_grad:
            loss.backward()
        gradients = {n: zeros_if_none(t) for n, t in tensors.items() if t.is_floating_point()}
        return loss, gradients

    def poisoned(self, value: float) -> dict[str, np.ndarray]:
        """The inputs with every element that does not count replaced."""
        return {
            n: np.where(self.invalid[n], value, a) if n in self.invalid else a for n, a in self.arrays.items()
        }


def zeros_if_none(tensor: torch.Tensor) -> torch.Tensor:
    return torch.zeros_like(tensor) if tensor.grad is None else tensor.grad


def agree(case: Case) -> None:
    """Value against the reference, gradient against central differences of the reference, in float64."""
    expected = np.asarray(case.reference(case.arrays), dtype=float)
    weight = np.random.default_rng(1).uniform(0.5, 1.5, expected.shape)
    fills = [np.nan, np.inf] if case.invalid else [0.0]
    for fill in fills:
        loss, gradients = case.run(case.poisoned(fill), weight, torch.float64)
        value = gradients.pop("weight").numpy()
        np.testing.assert_allclose(value, expected, rtol=1e-9, atol=1e-9, err_msg=case.expression)
        np.testing.assert_allclose(loss.item(), np.sum(weight * expected), rtol=1e-9, atol=1e-9)
        for name, gradient in gradients.items():
            outside = case.invalid.get(name, np.zeros(gradient.shape, dtype=bool))
            assert (gradient.numpy()[outside] == 0).all(), (
                f"{case.expression}: a gradient in invalid `{name}`"
            )
            wanted = slopes(case, name, weight) if case.differentiable else np.zeros(gradient.shape)
            np.testing.assert_allclose(gradient.numpy(), np.where(outside, 0.0, wanted), rtol=1e-6, atol=1e-7,
                                       err_msg=f"{case.expression}: gradient of {name}")  # fmt: skip


def slopes(case: Case, name: str, weight: np.ndarray) -> np.ndarray:
    """Central differences of the weighted sum of the reference."""
    result = np.zeros(case.arrays[name].shape)
    for place in np.ndindex(result.shape):
        ends = []
        for step in (STEP, -STEP):
            moved = case.arrays[name].copy()
            moved[place] += step
            ends.append(np.sum(weight * case.reference({**case.arrays, name: moved})))
        result[place] = (ends[0] - ends[1]) / (2 * STEP)
    return result


def half_precision(case: Case) -> None:
    """bfloat16 inputs: computed in float32, gradients in bfloat16."""
    rounded = {n: a if a.dtype.kind != "f" else to_half(a) for n, a in case.arrays.items()}
    expected = np.asarray(case.reference(rounded), dtype=float)
    weight = to_half(np.random.default_rng(1).uniform(0.5, 1.5, expected.shape))
    loss, gradients = case.run(rounded, weight, torch.bfloat16)
    assert loss.dtype == torch.float32
    np.testing.assert_allclose(
        loss.item(), np.sum(weight * expected), rtol=1e-4, atol=1e-4, err_msg=case.expression
    )
    for name, gradient in gradients.items():
        assert gradient.dtype == torch.bfloat16, name
        assert torch.isfinite(gradient).all(), name


def to_half(array: np.ndarray) -> np.ndarray:
    return torch.from_numpy(np.asarray(array)).to(torch.bfloat16).double().numpy()


def empty_batch(case: Case) -> None:
    """A batch without elements gives a finite loss and empty gradients."""
    none = {n: a[:0] if "[batch" in case.declarations[n] else a for n, a in case.arrays.items()}
    weight = np.ones(np.asarray(case.reference(case.arrays)).shape)
    loss, gradients = case.run(none, weight[:0] if case.axes.startswith("batch") else weight, torch.float64)
    assert torch.isfinite(loss), case.expression
    assert all(torch.isfinite(g).all() for g in gradients.values())
