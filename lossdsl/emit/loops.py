"""Source of loops: the step as a function inside the function, and the helper that drives it."""

from __future__ import annotations

from collections.abc import Sequence

from lossdsl.ir.node import Node

REPEAT = '''
def repeat(step, values, count):
    for _ in range(count):
        values = step(*values)
    return values
'''

REPEAT_UNTIL = '''
def repeat_until(step, values, count, tolerance):
    # Stopping is written as freezing, so that the loop has no branch that depends on data.
    running = torch.ones((), dtype=torch.bool, device=values[0].device)
    for _ in range(count):
        new = step(*values)
        change = torch.stack([torch.amax(torch.abs(n - v)) for n, v in zip(new, values)]).amax().detach()
        values = tuple(torch.where(running, n, v) for n, v in zip(new, values))
        running = running & (change > tolerance)
    return values
'''

SETTLED = '''
def settled(step, values, count, tolerance):
    for _ in range(count):
        new = step(*values)
        change = max(float(torch.amax(torch.abs(n - v))) for n, v in zip(new, values))
        values = new
        if tolerance is not None and change <= tolerance:
            break
    return values
'''

ENVELOPE = '''
def envelope(step, values, count, tolerance):
    with torch.no_grad():
        return settled(step, values, count, tolerance)
'''

FIXED_POINT = '''
def fixed_point(step, values, count, tolerance):
    with torch.no_grad():
        values = settled(step, values, count, tolerance)
    if not torch.is_grad_enabled():
        return values
    values = tuple(v.detach().requires_grad_() for v in values)
    return Adjoint.apply(values, step(*values), *step(*values))


class Adjoint(torch.autograd.Function):
    # Turns the gradient g of a fixed point into the solution v of v = g + J^T v.

    @staticmethod
    def forward(ctx, values, again, *fixed):
        ctx.values, ctx.again = values, again
        return fixed

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, *g):
        v = g
        for _ in range(10000):
            pulled = torch.autograd.grad(ctx.again, ctx.values, v, retain_graph=True, allow_unused=True)
            new = tuple(a if p is None else a + p for a, p in zip(g, pulled))
            change = max(float(torch.amax(torch.abs(n - o))) for n, o in zip(new, v))
            size = max(float(torch.amax(torch.abs(n))) for n in new)
            v = new
            if change <= 1e-14 * size:
                break
        return (None, None, *v)
'''

SCAN = '''
def scan(step, values, count):
    history = []
    for t in range(count):
        values = step(t, *values)
        history.append(values)
    if not history:
        return tuple(v[None][:0] for v in values)
    return tuple(torch.stack(list(column)) for column in zip(*history))
'''

HELPERS: dict[str, tuple[str, ...]] = {
    "repeat": (REPEAT,),
    "repeat_until": (REPEAT_UNTIL,),
    "envelope": (SETTLED, ENVELOPE),
    "fixed_point": (SETTLED, FIXED_POINT),
    "scan": (SCAN,),
}
NAMES = ("repeat", "repeat_until", "settled", "envelope", "fixed_point", "Adjoint", "scan")


def driver(node: Node) -> str:
    """The helper that runs a loop."""
    if node.attr("length") is not None:
        return "scan"
    if node.attr("gradient") == "unrolled":
        return "repeat" if node.attr("until") is None else "repeat_until"
    return "envelope" if node.attr("gradient") == "envelope" else "fixed_point"


def call(node: Node, step: str, first: str, length: str) -> str:
    """The call of the helper."""
    name = driver(node)
    if name == "scan":
        return f"scan({step}, {first}, {length})"
    tolerance = "" if name == "repeat" else f", {node.attr('until')!r}"
    return f"{name}({step}, {first}, {node.attr('count')}{tolerance})"


def needs_eager(nodes: Sequence[Node]) -> bool:
    """Whether a loop stops by its data or solves for its gradient, or a gradient is taken through what made an input:
    one compiled graph cannot hold these."""
    return any(n.op == "grad" or n.op == "loop" and driver(n) in ("envelope", "fixed_point") for n in nodes)


def dependence(nodes: Sequence[Node]) -> dict[int, frozenset[int]]:
    """For each node the loops whose step it belongs to."""
    found: dict[int, frozenset[int]] = {}
    for node in nodes:
        loops = frozenset().union(*(found[a.id] for a in node.args))
        if node.op in ("loop_var", "at"):
            loops |= {node.attr("loop")}
        elif node.op == "loop":
            loops -= {node.attr("loop")}
        found[node.id] = loops
    return found
