"""Leaves, and operations on axes alone: what is done to a value is done to each of its masks."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lossdsl.check.array import Array, Mask, array, full, spread, union

if TYPE_CHECKING:
    from lossdsl.check.reference import Evaluation
    from lossdsl.elaborate.typed import Typed

Change = Callable[[Any, tuple[str, ...]], tuple[Any, tuple[str, ...]]]


def changed(run: Evaluation, x: Array, what: Hashable, axes: set[str], change: Change) -> Array:
    """x after a change of the axes named, and each mask that has one of them after the same change."""
    masks = []
    for mask in x.masks:
        if set(mask.axes) & axes:
            key = (what, mask)
            if key not in run.derived:
                holds, own = change(mask.holds, mask.axes)
                run.derived[key] = Mask(own, holds)
            mask = run.derived[key]
        masks.append(mask)
    values, own = change(x.values, x.axes)
    return array(own, values, masks)


def leaf(run: Evaluation, node: Typed, args: Sequence[Array]) -> Array:
    if node.op == "clock":
        return array((), run.numbers(run.leaves.clocks.get(node.attr("name"), 0)))
    values = getattr(run.leaves, {"input": "inputs", "param": "params", "state": "state"}[node.op])[node.attr("name")]
    if node.type.is_mask or node.type.is_integer:
        return array(node.type.names, values)
    numbers = run.numbers(values)
    return array(node.type.names, numbers if node.op == "input" else stored(run, numbers))


def const(run: Evaluation, node: Typed, args: Sequence[Array]) -> Array:
    value = node.attr("value")
    return array((), np.asarray(value) if isinstance(value, bool) else stored(run, run.numbers(float(value))))


def stored(run: Evaluation, numbers: Any) -> Any:
    return numbers if run.rounding is None else run.rounding.stored(numbers)


def size(run: Evaluation, node: Typed, args: Sequence[Array]) -> Array:
    return array((), run.numbers(float(node.attr("length").evaluate(run.leaves.sizes))))


def position(run: Evaluation, node: Typed, args: Sequence[Array]) -> Array:
    return array(node.type.names, np.arange(node.attr("length").evaluate(run.leaves.sizes)))


def same(run: Evaluation, node: Typed, args: Sequence[Array]) -> Array:
    x = args[0]
    exact = node.type.is_mask or node.type.is_integer
    return array(x.axes, x.values if exact else run.numbers(x.values), x.masks)


def mask_by(run: Evaluation, node: Typed, args: Sequence[Array]) -> Array:
    """`x where m`."""
    x, m = args
    masks = [*x.masks, *m.masks]
    for part in parts(node.args[1]):
        key = ("value", part.id, run.path)
        if key not in run.derived:
            run.derived[key] = Mask(run[part].axes, run[part].values)
        masks.append(run.derived[key])
    axes, sizes = union(args)
    return array(axes, full(x, axes, sizes), masks)


def parts(mask: Typed) -> list[Typed]:
    """The masks that an `and` joins, each of which stays in force by itself."""
    found, stack = [], [mask]
    while stack:
        part = stack.pop()
        if part.op == "and":
            stack.extend(part.args)
        else:
            found.append(part)
    return found


def rename(run: Evaluation, node: Typed, args: Sequence[Array]) -> Array:
    names = dict(node.attr("names"))
    return changed(
        run,
        args[0],
        ("rename", node.attr("names")),
        set(names),
        lambda v, axes: (v, tuple(names.get(a, a) for a in axes)),
    )


def pick(run: Evaluation, node: Typed, args: Sequence[Array]) -> Array:
    axis, index = node.attr("axis"), node.attr("index")
    return changed(
        run,
        args[0],
        ("pick", axis, index),
        {axis},
        lambda v, axes: (np.take(v, index, axis=axes.index(axis)), tuple(a for a in axes if a != axis)),
    )


def cut(run: Evaluation, node: Typed, args: Sequence[Array]) -> Array:
    axis, start, stop = (node.attr(k) for k in ("axis", "start", "stop"))

    def change(v: Any, axes: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
        return v[tuple(slice(start, stop) if a == axis else slice(None) for a in axes)], axes

    return changed(run, args[0], ("slice", axis, start, stop), {axis}, change)


def flip(run: Evaluation, node: Typed, x: Array, axes: tuple[str, ...]) -> Array:
    def change(v: Any, have: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
        return v[tuple(slice(None, None, -1) if a in axes else slice(None) for a in have)], have

    return changed(run, x, ("flip", axes), set(axes), change)


def gather(run: Evaluation, node: Typed, args: Sequence[Array]) -> Array:
    """Element by element: what stands at the position that the index names."""
    x, index = args
    axis = node.attr("axis")
    length = x.sizes[axis]

    def change(v: Any, have: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
        rest = tuple(a for a in have if a != axis)
        axes = tuple(dict.fromkeys((*rest, *index.axes)))
        sizes = {**dict(zip(have, v.shape, strict=True)), **index.sizes}
        shape = tuple(sizes[a] for a in axes)
        places = full(index, axes, sizes)
        out = np.zeros(shape, dtype=v.dtype)
        source = spread(v, have, (*rest, axis))
        for at in np.ndindex(*shape):
            where = dict(zip(axes, at, strict=True))
            place = int(places[at])
            # An ignored index names no position; the result is invalid there.
            out[at] = source[(*(where[a] for a in rest), place if 0 <= place < length else 0)] if length else 0
        return out, axes

    result = changed(run, x, ("gather", axis, node.args[1].id, run.path), {axis}, change)
    return array(result.axes, result.values, [*result.masks, *index.masks])


def expand(run: Evaluation, node: Typed, args: Sequence[Array]) -> Array:
    x = args[0]
    sizes = {a.name: a.length.evaluate(run.leaves.sizes) for a in node.type.axes}
    values = full(x, node.type.names, {**sizes, **x.sizes})
    exact = node.type.is_mask or node.type.is_integer
    if node.type.is_integer and values.dtype != np.int64:
        values = values.astype(float).astype(np.int64)
    return array(node.type.names, values if exact else run.numbers(values), x.masks)


def count_valid(run: Evaluation, node: Typed, args: Sequence[Array]) -> Array:
    """Over everything that the mean or sum behind a term ran over."""
    return array((), run.numbers(int(args[0].valid.sum())))


SPECIAL: dict[str, Any] = {
    **dict.fromkeys(("input", "param", "state", "clock"), leaf),
    **dict.fromkeys(("cast", "sg"), same),
    "const": const,
    "size": size,
    "position": position,
    "mask_by": mask_by,
    "rename": rename,
    "pick": pick,
    "slice": cut,
    "gather": gather,
    "expand": expand,
    "count_valid": count_valid,
}
