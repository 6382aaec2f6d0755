"""The value of one expression with the gradient of another: the straight-through estimator."""

from __future__ import annotations

from lossdsl.ops.op import Special

HELPER = """
def with_gradient(value, of):
    return value.detach() + (of - of.detach())
"""

OP = Special(
    name="with_gradient",
    doc="The value of the first argument, the gradient of the second.",
    latex=r"{0}",
    torch="with_gradient({0}, {1})",
    reference=lambda np, value, of: value,
    helper=HELPER,
    form="flow",
)
