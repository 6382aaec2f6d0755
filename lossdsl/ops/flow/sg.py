"""Stop-gradient: the value, with no gradient. No rewrite looks through it."""

from __future__ import annotations

from lossdsl.ops.op import Special

OP = Special(
    name="sg",
    doc="The value with no gradient.",
    latex=r"\operatorname{{sg}}({0})",
    torch="{0}.detach()",
    reference=lambda np, x: x,
    form="flow",
    differentiable=False,
)
