"""Specs in short, and the reference interpreter on them."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossdsl.api import find_spec
from lossdsl.check.array import spread
from lossdsl.check.reference import Leaves, Reference
from lossdsl.elaborate.program import elaborate


def spec(inputs: dict[str, str], loss: Any, **more: Any) -> dict[str, Any]:
    return {"lossdsl": 1, "name": "t", "inputs": inputs, "loss": loss, **more}


def interpret(expression: str, inputs: dict[str, tuple[str, Any]], order: str = "", **more: Any) -> Any:
    """The value of an expression by the reference, 0 where it is invalid, with its axes in the order given."""
    declared = {n: d for n, (d, _) in inputs.items()}
    define = {**more.pop("define", {}), "value": expression}
    program = elaborate(find_spec(spec(declared, "mean(value)", define=define, **more)))
    arrays = {n: np.asarray(v) for n, (_, v) in inputs.items()}
    sizes: dict[str, int] = {}
    for name, info in program.inputs.items():
        sizes.update({a.base: s for a, s in zip(info.leaf.type.axes, arrays[name].shape, strict=True)})
    root = program.definitions["value"]
    run = Reference([root]).evaluate(Leaves(arrays, program.values, {}, sizes))
    value = run[root]
    wanted = tuple(a.strip() for a in order.split(",") if a.strip())
    assert set(wanted) == set(value.axes), value.axes
    filled = np.where(value.valid, value.values, 0)
    return spread(filled, value.axes, wanted)
