"""The value and the gradients of one expression on given tensors."""

from __future__ import annotations

from typing import Any

import torch

import lossdsl


def evaluate(
    expression: str, over: str, inputs: dict[str, tuple[str, Any]], *, compile: bool = False, **spec: Any
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The value, over the axes `over`, and the gradients of its sum; `inputs` holds declaration and data."""
    tensors = {n: torch.as_tensor(d) for n, (_, d) in inputs.items()}
    tensors = {n: t.clone().requires_grad_() if t.is_floating_point() else t for n, t in tensors.items()}
    declared = {n: d for n, (d, _) in inputs.items()}
    params = spec.pop("given", None)
    module = lossdsl.load(
        {
            "lossdsl": 1,
            "name": "one",
            "inputs": {**declared, "weight": f"real[{over}]"},
            "loss": f"sum(weight * ({expression}))",
            **spec,
        },
        params=params,
        compile=compile,
    )
    weight = torch.ones(shape(module, over, tensors), dtype=torch.float64, requires_grad=True)
    module(tensors, weight=weight).loss.backward()
    assert weight.grad is not None
    gradients = {n: t.grad if t.grad is not None else torch.zeros_like(t)
                 for n, t in tensors.items() if t.is_floating_point()}  # fmt: skip
    return weight.grad, gradients


def shape(module: Any, over: str, tensors: dict[str, torch.Tensor]) -> list[int]:
    """The size of each axis, read off the data."""
    sizes: dict[str, int] = {}
    for name, info in module.inputs.items():
        if name in tensors:
            sizes.update(zip((a.rstrip("'") for a in info.axes), tensors[name].shape, strict=True))
    known = {n: length.value for n, length in module.program.lengths.items() if length.value is not None}
    return [known.get(a, sizes.get(a, 0)) for a in (a.strip().rstrip("'") for a in over.split(",")) if a]
