"""The elements in reverse order."""

from __future__ import annotations

from dataclasses import replace

from lossdsl.ops.op import Along
from lossdsl.types.value import ValueType


def rule(x: ValueType, axes: tuple[str, ...]) -> ValueType:
    return replace(x, axes=())


OP = Along(
    name="flip",
    doc="The elements in reverse order.",
    latex=r"\operatorname{{flip}}_{{{axes}}}({0})",
    torch="torch.flip({x}, dims=({dim},))",
    many="torch.flip({x}, dims={dim})",
    reference=lambda np, x, axis: np.flip(x, axis=axis),
    rule=rule,
    neutral=0.0,
    validity="moved",
    operands="any",
)
