"""Source of the operations that move elements: gathers, slices, contractions, expansions."""

from __future__ import annotations

from string import ascii_letters

from lossdsl.emit.layout import aligned, permuted
from lossdsl.ir.node import Node


def gather(node: Node, x: str, index: str) -> str:
    """The elements of x along an axis that an index names."""
    source, chosen = node.args
    axis = node.attr("axis")
    k = source.names.index(axis)
    shared = [n for n in chosen.names if n in source.names and n != axis]
    new = [n for n in chosen.names if n not in shared]
    rest = [n for n in source.names if n != axis]
    if not chosen.names:
        text, produced = f"{x}.index_select({k}, {index}.reshape(1)).squeeze({k})", rest
    elif not shared:
        text = f"{x}.index_select({k}, {index}.reshape(-1))"
        if len(new) > 1:
            text += f".unflatten({k}, {index}.shape)"
        produced = [*source.names[:k], *new, *source.names[k + 1 :]]
    else:
        # The gathered axis keeps its place with size 1; new axes come last. take_along_dim would broadcast by
        # itself, but torch.compile takes it for a reason to fix every size.
        held = [*source.names[:k], "", *source.names[k + 1 :], *new]
        wide = f"{x}[..., {', '.join(['None'] * len(new))}]" if new else x
        at = index_aligned(index, chosen.names, held)
        if new:
            sizes = [f"{index}.shape[{chosen.names.index(n)}]" for n in new]
            wide = f"{wide}.expand({', '.join(['-1'] * len(source.names) + sizes)})"
        if set(held) - {""} - set(chosen.names):
            sizes = ["-1" if n in chosen.names or not n else f"{x}.shape[{i}]" for i, n in enumerate(held)]
            at = f"{at}.expand({', '.join(sizes)})"
        text, produced = f"torch.gather({wide}, {k}, {at}).squeeze({k})", [*rest, *new]
    return permuted(text, produced, node.names)


def index_aligned(index: str, have: tuple[str, ...], held: list[str]) -> str:
    """The index with every dimension of the value it selects from, as torch.gather wants it."""
    text = permuted(index, have, [n for n in held if n in have])
    return f"{text}[{', '.join(':' if n in have else 'None' for n in held)}]"


def slice_(node: Node, x: str) -> str:
    start, stop = node.attr("start"), node.attr("stop")
    k = node.args[0].names.index(node.attr("axis"))
    length = node.axes[node.names.index(node.attr("axis"))].length.value
    if length is not None and node.args[0].axes[k].length.value is None:
        # An axis that is too short for the slice is an error; torch's brackets would give what there is.
        first = start if start is not None else 0 if stop >= 0 else stop - length
        return permuted(f"{x}.narrow({k}, {first}, {length})", node.args[0].names, node.names)
    bounds = f"{'' if start is None else start}:{'' if stop is None else stop}"
    return permuted(f"{x}[{', '.join([':'] * k + [bounds])}]", node.args[0].names, node.names)


def pad(node: Node, x: str, length: str) -> str:
    """A mask of a slice as a mask of the whole axis, whose length is given."""
    start, stop = node.attr("start") or 0, node.attr("stop")
    k = node.args[0].names.index(node.attr("axis"))
    before = str(start) if start >= 0 else f"{length} - {-start}"
    after = "0" if stop is None else str(-stop) if stop < 0 else f"{length} - {stop}"
    sides = ", ".join(["0, 0"] * (len(node.names) - 1 - k) + [f"{before}, {after}"])
    return permuted(f"torch.nn.functional.pad({x}, ({sides}))", node.args[0].names, node.names)


def pick(node: Node, x: str) -> str:
    source = node.args[0]
    k = source.names.index(node.attr("axis"))
    rest = [n for n in source.names if n != node.attr("axis")]
    return permuted(f"{x}.select({k}, {node.attr('index')})", rest, node.names)


def dot(node: Node, args: list[str]) -> str:
    """A contraction as an einsum."""
    letters: dict[str, str] = {}
    for arg in node.args:
        for name in arg.names:
            letters.setdefault(name, ascii_letters[len(letters)])
    operands = ",".join("".join(letters[n] for n in a.names) for a in node.args)
    result = "".join(letters[n] for n in node.names)
    return f'torch.einsum("{operands}->{result}", {", ".join(args)})'


def expand(node: Node, x: str, sizes: list[str]) -> str:
    return f"{aligned(x, node.args[0].names, node.names)}.expand({', '.join(sizes)})"
