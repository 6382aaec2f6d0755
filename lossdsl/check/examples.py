"""The examples that a spec gives: value, terms and gradients, to the digits written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from lossdsl.check.report import Row
from lossdsl.check.values import first_line
from lossdsl.runtime.module import LossModule
from lossdsl.spec.model import Example, Spec
from lossdsl.types.kind import INDEX, MASK

LEAST = 1e-6  # relative


def check(spec: Spec, params: Mapping[str, Any]) -> list[Row]:
    rows = []
    for number, example in enumerate(spec.examples, 1):
        name = f"example {number}"
        try:
            rows += run(spec, example, name, {**params, **example.params})
        except Exception as problem:  # an example that does not run is a finding
            rows.append(Row("examples", name, False, note=f"{type(problem).__name__}: {first_line(problem)}"))
    return rows


def run(spec: Spec, example: Example, name: str, params: Mapping[str, Any]) -> list[Row]:
    module = LossModule(spec, params, compile=False).eval()
    for key, value in example.state.items():
        module.state[key] = torch.as_tensor(value, dtype=torch.float64)
    inputs = {k: tensor(module, k, v) for k, v in example.given.items()}
    output = module(inputs)
    rows = []
    if example.loss is not None:
        rows.append(compared(name, "loss", output.loss.item(), example.loss))
    for key, expected in example.terms.items():
        rows.append(compared(name, f"term {key}", output.terms[key].item(), expected))
    if example.grad:
        leaves = [inputs[k] if k in inputs else module.params[k] for k in example.grad]
        grads = torch.autograd.grad(output.loss, leaves, allow_unused=True)
        for key, grad, leaf in zip(example.grad, grads, leaves, strict=True):
            actual = torch.zeros_like(leaf) if grad is None else grad
            rows.append(compared(name, f"gradient of {key}", actual.detach().tolist(), example.grad[key]))
    return rows


def tensor(module: LossModule, name: str, value: Any) -> torch.Tensor:
    info = module.inputs.get(name)
    kind = info.kind if info is not None else ""
    dtype = torch.bool if kind == MASK else torch.long if kind == INDEX else torch.float64
    made = torch.as_tensor(value, dtype=dtype)
    if info is not None and made.ndim < len(info.axes) and not made.numel():
        made = made.reshape([0] * len(info.axes))
    return made.requires_grad_() if made.is_floating_point() else made


def compared(name: str, what: str, actual: Any, expected: Any) -> Row:
    have, want = np.asarray(actual, dtype=float), np.asarray(expected, dtype=float)
    if have.shape != want.shape:
        return Row("examples", name, False, note=f"{what} has shape {list(have.shape)}, the example {list(want.shape)}")
    flat = list(zip(have.ravel(), want.ravel(), strict=True))
    bounds = [tolerance(w) for _, w in flat]
    off = [0.0 if h == w or (h != h and w != w) else abs(h - w) for h, w in flat]
    ok = all(o <= b for o, b in zip(off, bounds, strict=True))
    note = "" if ok else f"{what} is {shown(have)}, the example says {shown(want)}"
    worst = max(range(len(flat)), key=lambda i: off[i] / bounds[i], default=None)
    figures = (0.0, LEAST) if worst is None else (off[worst], bounds[worst])
    return Row("examples", name, ok, *figures, "", note)


def tolerance(value: float) -> float:
    """Half a unit of the last digit written; a whole number is meant exactly."""
    if not np.isfinite(value):
        return LEAST
    digits, _, exponent = repr(float(value)).partition("e")
    fraction = digits.partition(".")[2].rstrip("0")
    written = 0.5 * 10.0 ** (int(exponent or 0) - len(fraction)) if fraction else 0.0
    return max(written * 1.001, LEAST * abs(value), 1e-12)


def shown(values: np.ndarray) -> str:
    if not values.ndim:
        return f"{float(values):.9g}"
    return np.array2string(values, precision=7, separator=", ", threshold=20)
