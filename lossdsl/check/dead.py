"""Learned inputs and params whose gradient is zero wherever one looks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from lossdsl.check.draw import Case
from lossdsl.check.gradients import gradients
from lossdsl.check.report import Row
from lossdsl.check.subject import Subject
from lossdsl.elaborate.typed import Typed, reachable
from lossdsl.ops.op import Along
from lossdsl.ops.registry import table


def check(subject: Subject, cases: list[Case]) -> list[Row]:
    """Learned inputs whose gradient is zero everywhere: by their place in the loss, or in spite of it."""
    rows = []
    program = subject.module.program
    live = reached(program.losses)
    found = {n: 0.0 for n, info in program.inputs.items() if info.role == "learned"}
    found.update({n: 0.0 for n, p in subject.module.params.items() if isinstance(p, torch.nn.Parameter)})
    for case in cases:
        for loss in subject.totals(program):
            grads, total, _ = gradients(subject, case, loss)
            if math.isfinite(total):
                for name in found:
                    if name in grads:
                        found[name] = max(found[name], float(np.max(np.abs(grads[name]), initial=0.0)))
    for name, size in found.items():
        note = ""
        if name not in live:
            note = f"`{name}` is learned, but no gradient can reach it; declare it fixed"
        elif size == 0:
            note = f"the gradient of `{name}` is zero in every ordinary case"
        rows.append(Row("gradient is alive", name, size > 0 or name not in live, note=note))
    return rows


def reached(losses: Mapping[Any, Any]) -> set[str]:
    """The names of the inputs and params that a gradient can flow to."""
    found: set[str] = set()
    seen: set[int] = set()
    stack = [loss.total for loss in losses.values()]
    everything = {n.id: n for n in reachable(stack)}
    while stack:
        node = stack.pop()
        if node.id in seen:
            continue
        seen.add(node.id)
        if node.op in ("input", "param"):
            found.add(node.attr("name"))
        stop = node.op == "sg" or node.type.is_mask or node.type.is_integer
        if not stop and getattr(table().get(node.op), "differentiable", True):
            stack.extend(everything[a.id] for a in carrying(node))
    return found


def carrying(node: Typed) -> Sequence[Typed]:
    """The arguments that a gradient of the value flows to."""
    if node.op == "with_gradient":
        return node.args[1:]
    op = table().get(node.op)
    if isinstance(op, Along) and op.values:  # other values only say in which order
        return [node.args[0], *(a for a, role in zip(node.args[1:], dict(node.attrs).get("roles", ()), strict=False)
                                if role not in op.values)]  # fmt: skip
    return node.args
