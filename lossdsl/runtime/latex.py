"""A loss as a LaTeX formula, put together from the formulas of its primitives."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter

from lossdsl.elaborate.program import Program
from lossdsl.elaborate.typed import Typed, reachable
from lossdsl.ops.op import Elementwise
from lossdsl.ops.registry import table

GREEK = {
    "alpha", "beta", "gamma", "delta", "epsilon", "eta", "theta", "kappa", "lambda", "mu", "nu", "pi", "rho", "sigma",
    "tau", "phi", "chi", "psi", "omega",
}  # fmt: skip
LEAVES = ("input", "param", "state", "clock")
SUMS = {"add", "sub"}
PRODUCTS = {"mul", "mul0", "neg", *SUMS}


def latex_of(root: Typed, named: Mapping[int, str] | None = None) -> str:
    """The formula of a value. `named` holds values, by id, that stand under a name of their own."""
    text: dict[int, str] = {}
    for node in reachable([root]):
        known = (named or {}).get(node.id)
        text[node.id] = name(known) if known is not None and node is not root else one(node, text)
    return text[root.id]


def formulas(program: Program) -> dict[str, str]:
    """The formula of each named value that a loss uses, then of each term."""
    terms = {t.name: t.value for loss in program.losses.values() for t in loss.terms}
    used = {n.id for n in reachable(terms.values())}
    values = {n: v for n, v in program.definitions.items() if v.id in used and v.op not in LEAVES}
    named: dict[int, str] = {}
    for key, value in values.items():
        named.setdefault(value.id, key)
    return {key: latex_of(value, named) for key, value in {**values, **terms}.items()}


def one(node: Typed, text: dict[int, str]) -> str:
    if node.op in LEAVES:
        return name(str(node.attr("name")))
    if node.op == "const":
        return f"{node.attr('value'):g}" if not isinstance(node.attr("value"), bool) else str(node.attr("value"))
    if node.op == "position":
        return name(str(node.attr("axis")))
    if node.op == "size":
        return f"|{node.attr('length')}|"
    args = [text[a.id] for a in node.args]
    op = table().get(node.op)
    if node.op in ("rename", "cast", "expand") or node.op == "sg" and node.args[0].op == "input":
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
    return Formatter().vformat(op.latex, args, Attributes({**dict(node.attrs), "axes": axes}))


class Attributes(dict[str, object]):
    """What a formula may mention besides operands; a keyword that was not given stands for itself."""

    def __missing__(self, key: str) -> str:
        return key


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
