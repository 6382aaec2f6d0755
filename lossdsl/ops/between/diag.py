"""The diagonal of a matrix."""

from __future__ import annotations

from dataclasses import replace

from lossdsl.ops.op import Batched
from lossdsl.types.kind import LOGITS, LOGPROBS, PROB, PROBS, REAL
from lossdsl.types.value import ValueType


def rule(x: ValueType) -> ValueType:
    if x.kind in (LOGITS, LOGPROBS, PROBS):
        return ValueType(PROB if x.kind == PROBS else REAL, low=x.low, high=x.high)
    return replace(x, axes=())


OP = Batched(
    name="diag",
    doc="The diagonal of a matrix.",
    latex=r"\operatorname{{diag}}_{{{axes}}}({0})",
    torch="torch.diagonal({0}, dim1=-2, dim2=-1)",
    reference=lambda np, m: np.diagonal(m, axis1=-2, axis2=-1),
    signature="(i,j)->(i)",
    rule=rule,
    operands="any",
)
