"""The gradient of one value with respect to an input, through whatever made the value outside the loss."""

from __future__ import annotations

from lossdsl.ops.op import Special

HELPER = """
def grad(y, x):
    (g,) = torch.autograd.grad(torch.sum(y), (x,), create_graph=True, allow_unused=True)
    return torch.zeros_like(x) if g is None else g
"""

OP = Special(
    name="grad",
    doc="The gradient of the sum of the valid elements of y with respect to the input x; differentiable.",
    latex=r"\nabla_{{{1}}} \sum {0}",
    torch="grad({0}, {1})",
    reference=lambda np, y, x: np.zeros_like(x),
    helper=HELPER,
    form="flow",
)
