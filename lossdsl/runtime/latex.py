"""A loss as a LaTeX formula, put together from the formulas of its primitives."""

from __future__ import annotations

from lossdsl.elaborate.typed import Typed, reachable
from lossdsl.ops.op import Elementwise
from lossdsl.ops.registry import table

GREEK = {
    "alpha", "beta", "gamma", "delta", "epsilon", "eta", "theta", "kappa", "lambda", "mu", "nu", "pi", "rho", "sigma",
    "tau", "phi", "chi", "psi", "omega",
}  # fmt: skip
SUMS = {"add", "sub"}
PRODUCTS = {"mul", "mul0", "neg", *SUMS}


def latex_of(root: Typed) -> str:
    """The formula of a value; what the author named stays a name, the rest is written out."""
    text: dict[int, str] = {}
    for node in reachable([root]):
        text[node.id] = one(node, text)
    return text[root.id]


def one(node: Typed, text: dict[int, str]) -> str:
    if node.op in ("input", "param", "state", "clock"):
        return name(str(node.attr("name")))
    if node.op == "const":
        return f"{node.attr('value'):g}" if not isinstance(node.attr("value"), bool) else str(node.attr("value"))
    if node.op == "position":
        return name(str(node.attr("axis")))
    if node.op == "size":
        return f"|{node.attr('length')}|"
    args = [text[a.id] for a in node.args]
    op = table().get(node.op)
    if node.op in ("rename", "cast", "expand"):
        return args[0]
    if node.op == "mask_by":
        return f"\\left.{args[0]}\\right|_{{{args[1]}}}"
    if node.op == "gather":
        return f"\\left({args[0]}\\right)_{{{args[1]}}}"
    if op is None:
        return f"\\operatorname{{{node.op.replace('_', ' ')}}}({', '.join(args)})"
    if isinstance(op, Elementwise):
        args = [bracketed(node, i, a) for i, a in enumerate(args)]
    axes = ", ".join(name(a) for a in dict(node.attrs).get("axes") or ())
    return op.latex.format(*args, axes=axes)


def bracketed(node: Typed, position: int, text: str) -> str:
    """An operand in parentheses where its own operator binds less tightly."""
    inner = node.args[position].op
    looser = inner in SUMS and (node.op in ("mul", "mul0", "neg", "square", "pow") or node.op == "sub" and position)
    tight = node.op in ("square", "pow") and position == 0 and inner in PRODUCTS
    return f"\\left({text}\\right)" if looser or tight else text


def name(text: str) -> str:
    """A name as LaTeX sets it: Greek letters as letters, longer words upright."""
    base = text.rstrip("'")
    primes = "'" * (len(text) - len(base))
    if base in GREEK:
        return f"\\{base}{primes}"
    if len(base) == 1:
        return base + primes
    return f"\\mathrm{{{base.replace('_', chr(92) + '_')}}}{primes}"
