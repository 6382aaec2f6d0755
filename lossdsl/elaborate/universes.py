"""Which conventional inputs of a bare expression meet in a term, and so must agree on the lengths of their axes."""

from __future__ import annotations

from lossdsl.elaborate.stdlib import conventions
from lossdsl.elaborate.terms import split
from lossdsl.spec.model import Spec
from lossdsl.syntax import ast
from lossdsl.syntax.parse import parse_expression


def universes(spec: Spec) -> dict[str, str]:
    """For each conventional input the first one that it meets, directly or through others.

    Empty for a spec with declarations of its own, where an axis has one length throughout.
    """
    if spec.inputs.keys() - conventions()[0].keys() or spec.define or None not in spec.losses:
        return {}
    leader: dict[str, str] = {}

    def find(name: str) -> str:
        while leader.setdefault(name, name) != name:
            name = leader[name]
        return name

    for entry in spec.losses[None]:
        for _, part, _ in split(parse_expression(entry.expression)):
            met = mentioned(part)
            for other in met:
                leader[find(other)] = find(met[0])
    return {name: find(name) for name in leader}


def mentioned(node: ast.Node) -> list[str]:
    """The conventional inputs that an expression names, also through a loss named without arguments."""
    inputs, calls = conventions()
    found: list[str] = []
    stack = [node]
    while stack:
        node = stack.pop()
        match node:
            case ast.Name():
                found.extend([node.id] if node.id in inputs else calls.get(node.id, ()))
            case ast.Call():
                stack.extend([*node.args, *(v for _, v in node.kwargs)])
            case ast.Binary() | ast.Pair():
                stack.extend([node.left, node.right])
            case ast.Unary():
                stack.append(node.operand)
            case ast.Where():
                stack.extend([node.value, node.mask])
            case ast.Rename() | ast.Prime():
                stack.append(node.value)
            case ast.Select():
                stack.extend([node.value, *(i for _, i in node.items)])
            case ast.Slice():
                stack.extend(n for n in (node.start, node.stop) if n is not None)
    return found
